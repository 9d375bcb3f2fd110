"""Lay a runtime out below a prefix, as every Unix does it: what Linux, FreeBSD and macOS agree on.

The runtime below its prefix, documents and licences where the system keeps them, manual pages
compressed, npm's own configuration, and what a company ships for everybody on the machine.
"""

from __future__ import annotations

from io import BytesIO

from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Symlink

NPM = "lib/node_modules/npm"


def lay_out(bundle: Bundle, prefix: str, *, documents: str, licenses: str) -> list[Entry]:
    """Return the files and links of ``bundle`` at their places, manual pages among them.

    ``prefix`` and the two directories have no leading slash. Directories are left out: the files
    imply them, and upstream has no empty one.
    """
    moved = (_move(entry, prefix, documents, licenses) for entry in bundle.entries)
    return [*(entry for entry in moved if entry is not None), *manuals(bundle, prefix)]


def builtin_npmrc(prefix: str, *, globalconfig: str) -> File:
    """Make npm's built-in configuration: global packages below /usr/local, and where its own is.

    Whatever the package's prefix is, ``npm install -g`` keeps to the place of what an administrator
    installs. ``globalconfig`` has no leading slash.
    """
    text = f"prefix=/usr/local\nglobalconfig=/{globalconfig}\n"
    return File.of(f"{prefix}/{NPM}/npmrc", text.encode())


def company_files(settings: Settings, prefix: str) -> list[Entry]:
    """Make the npmrc and the certificates that a company ships, in ``etc`` below the prefix."""
    found: list[Entry] = []
    if settings.npmrc is not None:
        found.append(File.of(f"{prefix}/etc/npmrc", settings.npmrc))
    if settings.certificates is not None:
        place = certificates(prefix, settings.metadata.name)
        found.append(File.of(place, settings.certificates))
    return found


def certificates(prefix: str, name: str) -> str:
    """Return where the certificates of the package ``name`` go, in ``etc`` below the prefix."""
    return f"{prefix}/etc/{name}/ca-certificates.pem"


def _move(entry: Entry, prefix: str, documents: str, licenses: str) -> Entry | None:
    """Return ``entry`` at its place, or None where it is written another way or implied."""
    path = entry.path
    if isinstance(entry, Directory):
        return None
    if path == "LICENSE":
        where = f"{licenses}/LICENSE"
    elif path in ("README.md", "CHANGELOG.md"):
        where = f"{documents}/{path}"
    elif path.startswith("share/doc/node/"):
        where = f"{documents}/{path.rpartition('/')[2]}"
    elif path.startswith("share/man/") or path == f"{NPM}/npmrc":
        return None
    else:
        where = f"{prefix}/{path}"
    if isinstance(entry, Symlink):
        return Symlink(where, entry.target)
    return File(where, entry.mode, entry.content, entry.sha256)


def manuals(bundle: Bundle, prefix: str) -> list[Entry]:
    """Compress node's manual page, and those of npm whose names cannot clash with another's."""
    found: list[Entry] = []
    for entry in bundle.entries:
        if not isinstance(entry, File) or "/man/man" not in entry.path:
            continue
        folder, _, name = entry.path.rpartition("/")
        if entry.path.startswith("share/man/") or name.startswith(("npm", "npx", "package-")):
            place = f"{prefix}/share/man/{folder.rpartition('/')[2]}/{name}.gz"
            found.append(File.of(place, gzipped(b"".join(entry.content.chunks()))))
    return found


def gzipped(data: bytes) -> bytes:
    """Compress a document as Debian's policy asks: as small as can be, without a time."""
    out = BytesIO()
    stream = open_stream("gzip", out, Effort("max"))
    stream.write(data)
    stream.close()
    return out.getvalue()
