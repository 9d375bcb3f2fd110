"""Place a Bundle in the file system of FreeBSD (hier(7)).

Decisions:

* ``/usr/local`` stands for ``/usr``, which belongs to the base system.
* npm's global packages stay in ``/usr/local``, beside the package's npm and not in it; what is
  installed there from a registry, the package does not own and does not remove.
* Configuration is below the prefix, ``/usr/local/etc/npmrc``, and a configuration file to pkg: it
  keeps what was changed, and merges what is new.
* Where the ports put them: documents in ``share/doc/<name>``, the licence in
  ``share/licenses/<name>-<version>``.
* ``rtinstall`` asks for the port lang/python3, which is a link to the default Python of the ports: 3.11
  since 2023, and never an older one since.
"""

from __future__ import annotations

from dataclasses import replace

from rtinstall.platforms.companion import FOLDERS, Companion, below, fitting, noted
from rtinstall.platforms.package import Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import builtin_npmrc, company_files, lay_out
from rtinstall.runtime_bundle.model import Bundle, Dependency, Entry, File, tree

STANDARD_PREFIX = "usr/local"
PYTHON = Dependency("package", "python3", "3_4", "lang/python3")
# Directories of the system, or that many packages share: no package says they are its own.
SHARED = frozenset(
    {
        "etc",
        "opt",
        "root",
        "usr",
        "usr/home",
        "usr/local",
        "usr/local/bin",
        "usr/local/etc",
        "usr/local/etc/rc.d",
        "usr/local/include",
        "usr/local/lib",
        "usr/local/lib/node_modules",
        "usr/local/libdata",
        "usr/local/libexec",
        "usr/local/sbin",
        "usr/local/share",
        "usr/local/share/bash-completion",
        "usr/local/share/fish",
        "usr/local/share/zsh",
        *(f"usr/local/{folder}" for folder in FOLDERS.values()),
        "usr/local/share/doc",
        "usr/local/share/licenses",
        "usr/local/share/man",
        "usr/local/share/man/man1",
        "usr/local/share/man/man5",
        "usr/local/share/man/man7",
        "var",
        "var/db",
        "var/log",
    }
)


def place(bundle: Bundle, settings: Settings, *, version: str, abi: str) -> Package:
    """Return the Package of ``bundle``, its version and ABI as pkg writes them."""
    name = settings.metadata.name
    prefix = prefix_of(settings)
    documents = f"{prefix}/share/doc/{name}"
    licenses = f"{prefix}/share/licenses/{name}-{version}"
    companion = fitting(settings.companions, bundle.target)
    if companion and companion.form == "zipapp":
        bundle = replace(bundle, dependencies=(*bundle.dependencies, PYTHON))
    entries = tree(
        [
            *lay_out(bundle, prefix, documents=documents, licenses=licenses),
            builtin_npmrc(prefix, globalconfig=f"{prefix}/etc/npmrc"),
            *company_files(settings, prefix),
            *_companion(companion, name, prefix, licenses),
            *settings.extra,
        ]
    )
    files = [entry for entry in entries if isinstance(entry, File)]
    settled = ("etc/", f"{prefix}/etc/", f"{STANDARD_PREFIX}/etc/")
    return Package(
        bundle=bundle,
        metadata=settings.metadata,
        format="freebsd",
        version=version,
        architecture=abi,
        entries=entries,
        config=frozenset(f.path for f in files if f.path.startswith(settled) and _is_text(f)),
        docs=frozenset(f.path for f in files if f.path.startswith(f"{documents}/")),
        licenses=frozenset(f.path for f in files if f.path.startswith(f"{licenses}/")),
        shared=SHARED,
        companion=str(companion or ""),
        time=bundle.released,
    )


def _companion(companion: Companion | None, name: str, prefix: str, licenses: str) -> list[Entry]:
    """Make what the package ``name`` has of ``rtinstall``, if it has one."""
    if companion is None:
        return []
    note = noted("freebsd", name)
    return [
        *below(companion, prefix, note=note, python=f"/{STANDARD_PREFIX}/bin/python3"),
        File.of(f"{licenses}/LICENSE.rtinstall", companion.licences),
    ]


def prefix_of(settings: Settings) -> str:
    """Return where the runtime goes, without a leading slash."""
    return STANDARD_PREFIX if settings.prefix == "usr" else settings.prefix


def _is_text(file: File) -> bool:
    """Tell whether pkg can merge ``file``, which it keeps as a C string."""
    return not any(b"\0" in chunk for chunk in file.content.chunks())
