"""Place a Bundle in a Linux file system, by the conventions of one package format.

What every distribution agrees on stands here: npm's global packages and configuration kept out of
the prefix, documents and licences where that distribution keeps them. What they differ in is a
:class:`Conventions` value beside each format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from rtinstall.platforms.companion import (
    FOLDERS,
    Companion,
    below,
    fitting,
    noted,
)
from rtinstall.platforms.package import Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import builtin_npmrc, lay_out
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, Entry, File, tree
from rtinstall.runtime_bundle.targets import Arch
from rtinstall.runtime_bundle.versions import Version

# Directories of the Filesystem Hierarchy Standard: they belong to the system, not to a package.
SHARED = frozenset(
    [
        "etc",
        "etc/profile.d",
        "opt",
        "usr",
        "usr/bin",
        "usr/include",
        "usr/lib",
        "usr/lib/node_modules",
        "usr/share",
        *(f"usr/{folder}" for folder in FOLDERS.values()),
        "usr/share/doc",
        "usr/share/licenses",
        "usr/share/man",
        "usr/share/man/man1",
        "usr/share/man/man5",
        "usr/share/man/man7",
        "usr/share/bash-completion",
        "usr/share/fish",
        "usr/share/zsh",
        "usr/share/zsh/vendor-completions",
        "usr/share/lintian",
        "usr/share/lintian/overrides",
        "usr/local",
        "usr/local/bin",
        "usr/local/lib",
        "usr/local/share",
    ]
)


@dataclass(frozen=True, slots=True)
class Relations:
    """Dependencies in a format's own syntax."""

    requires: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conventions:
    """What one format's users expect.

    ``documents`` and ``licenses`` are directories, without a leading slash; ``{name}`` is the
    package's. ``extra`` makes the files only this format has (Debian's copyright and changelog).
    ``python`` asks for Python 3.11 or newer, which an ``rtinstall`` without one of its own needs, and
    ``zlib`` for zlib, which a frozen one does, where that is no symbol as others (rpm);
    ``completions`` are the folders of the shells below the prefix.
    """

    format: str
    architectures: Mapping[Arch, str]
    version: Callable[[Version, int], str]
    relations: Callable[[Bundle, Metadata], Relations]
    python: str
    documents: str = "usr/share/doc/{name}"
    licenses: str = "usr/share/licenses/{name}"
    extra: Callable[[Bundle, Metadata, Companion | None], tuple[Entry, ...]] = (
        lambda bundle, metadata, companion: ()
    )
    zlib: str = ""
    completions: Mapping[str, str] = field(default_factory=lambda: FOLDERS)


def place(bundle: Bundle, settings: Settings, conventions: Conventions) -> Package:
    """Return the Package of ``bundle`` for the format of ``conventions``.

    Raises :class:`NotPublished` for an architecture the format has no name for.
    """
    metadata = settings.metadata
    architecture = conventions.architectures.get(bundle.target.arch)
    if architecture is None:
        raise NotPublished(f"{conventions.format} has no packages for {bundle.target}")
    documents = conventions.documents.format(name=metadata.name)
    licenses = conventions.licenses.format(name=metadata.name)
    companion = fitting(settings.companions, bundle.target)
    placed = [
        *lay_out(bundle, settings.prefix, documents=documents, licenses=licenses),
        *_configuration(settings),
        *conventions.extra(bundle, metadata, companion),
        *_companion(companion, settings, conventions, licenses),
        *settings.extra,
    ]
    entries = tree(placed)
    paths = [entry.path for entry in entries if isinstance(entry, File)]
    relations = conventions.relations(_older(bundle, companion), metadata)
    more = [conventions.python] if companion and companion.form == "zipapp" else []
    more += [conventions.zlib] if companion and companion.zlib and conventions.zlib else []
    return Package(
        bundle=bundle,
        metadata=metadata,
        format=conventions.format,
        version=conventions.version(bundle.version, metadata.revision),
        architecture=architecture,
        entries=entries,
        config=frozenset(path for path in paths if path.startswith("etc/")),
        docs=frozenset(path for path in paths if path.startswith(documents + "/")),
        licenses=frozenset(
            path for path in paths
            if path.startswith(licenses + "/") and (licenses != documents or "copyright" in path)
        ),
        shared=SHARED,
        requires=(*relations.requires, *(name for name in more if name not in relations.requires)),
        recommends=relations.recommends,
        provides=relations.provides,
        conflicts=relations.conflicts,
        replaces=relations.replaces,
        companion=str(companion or ""),
        time=bundle.released,
    )  # fmt: skip


def _companion(
    companion: Companion | None, settings: Settings, conventions: Conventions, licenses: str
) -> list[Entry]:
    """Make what a package has of ``rtinstall``, if it has one."""
    if companion is None:
        return []
    note = noted(conventions.format, settings.metadata.name)
    return [
        *below(companion, settings.prefix, note=note, folders=conventions.completions),
        File.of(f"{licenses}/LICENSE.rtinstall", companion.licences),
    ]


def _older(bundle: Bundle, companion: Companion | None) -> Bundle:
    """Return ``bundle`` with the glibc that it and ``companion`` need."""
    if companion is None or companion.glibc is None or bundle.glibc is None:
        return bundle
    return replace(bundle, glibc=max(bundle.glibc, companion.glibc))


def _configuration(settings: Settings) -> list[Entry]:
    """Make npm's built-in configuration, and what a company ships for everybody on the machine.

    Global packages go to /usr/local, as with Debian's and Fedora's own npm, so that ``npm install
    -g`` never writes among the files of a package. The machine's npmrc is /etc/npmrc.
    """
    found: list[Entry] = [builtin_npmrc(settings.prefix, globalconfig="etc/npmrc")]
    if settings.npmrc is not None:
        found.append(File.of("etc/npmrc", settings.npmrc))
    if settings.certificates is not None:
        name = settings.metadata.name
        bundle = f"/etc/{name}/ca-certificates.pem"
        script = (
            f"# Certificates that {name} trusts besides its own; an existing choice is kept.\n"
            f': "${{NODE_EXTRA_CA_CERTS:={bundle}}}"\n'
            "export NODE_EXTRA_CA_CERTS\n"
        )
        found.append(File.of(bundle[1:], settings.certificates))
        found.append(File.of(f"etc/profile.d/{name}-ca.sh", script.encode()))
    return found
