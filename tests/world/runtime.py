"""A small but complete stand-in for Node.js, packed as upstream packs it, and mirrors that serve it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from functools import cache

from bundles import RELEASED, executable, small_entries, small_windows_bundle
from rtinstall.runtime_bundle.model import Directory, Entry, File, Symlink
from rtinstall.runtime_bundle.targets import target_named
from world.mirror import SIGNED_AT, Mirror, shasums
from world.server import Server
from world.signing import SigningKey, clearsign, detach

VERSION = "24.19.0"
NPM_VERSION = "11.6.2"
DATE = "2026-01-01"  # RELEASED
LTS = {"24": "Krypton", "22": "Jod"}


def headers(version: str) -> dict[str, str]:
    """Return the headers that say what a runtime is, as far as they are read."""
    major, minor, patch = version.partition("-")[0].split(".")
    return {
        "include/node/node_version.h": (
            f"#define NODE_MAJOR_VERSION {major}\n#define NODE_MINOR_VERSION {minor}\n"
            f"#define NODE_PATCH_VERSION {patch}\n#define NODE_MODULE_VERSION 137\n"
            f'#define NODE_VERSION_LTS_CODENAME "{LTS.get(major, "")}"\n'
        ),
        "include/node/v8-version.h": (
            "#define V8_MAJOR_VERSION 13\n#define V8_MINOR_VERSION 6\n"
            "#define V8_BUILD_NUMBER 233\n#define V8_PATCH_LEVEL 17\n"
        ),
        "include/node/uv/version.h": (
            "#define UV_VERSION_MAJOR 1\n#define UV_VERSION_MINOR 51\n#define UV_VERSION_PATCH 0\n"
        ),
    }


def runtime_entries(target: str, version: str = VERSION, weight: int = 0) -> list[Entry]:
    """Return a runtime's entries; its program has ``weight`` bytes more, which no codec makes fewer."""
    program = executable(target_named(target), version) + noise(weight)
    if target_named(target).os == "win":
        small_windows = small_windows_bundle(target, version, npm=NPM_VERSION).entries
        return [
            File.of("node.exe", program),
            File.of("install_tools.bat", b"@rem downloads what builds addons\r\n"),
            *(entry for entry in small_windows if entry.path != "node.exe"),
        ]
    said = headers(version)
    small = small_entries(version, NPM_VERSION, target_named(target))
    return [
        File.of("bin/node", program, 0o755),
        *(entry for entry in small if entry.path not in ("bin/node", *said)),
        *(File.of(path, text.encode()) for path, text in said.items()),
    ]


def noise(size: int) -> bytes:
    return b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(size // 32))


def packed(entries: Iterable[Entry], top: str, *, before: Sequence[tarfile.TarInfo] = ()) -> bytes:
    """Return ``entries`` below the folder ``top`` as a tar.xz; ``before`` them members as they are."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:xz", preset=0, format=tarfile.PAX_FORMAT) as tar:
        for member in before:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        for entry in entries:
            member = tarfile.TarInfo(f"{top}/{entry.path}")
            member.mtime = RELEASED
            data = b""
            if isinstance(entry, File):
                data = b"".join(entry.content.chunks())
                member.size, member.mode = len(data), entry.mode
            elif isinstance(entry, Symlink):
                member.type, member.linkname = tarfile.SYMTYPE, entry.target
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(entries: Iterable[Entry], top: str) -> bytes:
    """Return ``entries`` as archivers of Windows pack them: no permissions, and folders, too.

    A link is stored as archivers of Unix do, since those of Windows have none.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in (Directory(""), *entries):
            folder = "/" if isinstance(entry, Directory) and entry.path else ""
            info = zipfile.ZipInfo(f"{top}/{entry.path}{folder}", (2026, 1, 1, 0, 0, 0))
            info.create_system, info.compress_type = 0, zipfile.ZIP_DEFLATED
            data = b""
            match entry:
                case File():
                    info.external_attr, data = 0x20, b"".join(entry.content.chunks())
                case Directory():
                    info.external_attr = 0x10
                case Symlink():
                    info.create_system, info.external_attr = 3, 0o120777 << 16
                    data = entry.target.encode()
            made.writestr(info, data)
    return out.getvalue()


def archive_name(target: str, version: str = VERSION) -> str:
    """Return the name of upstream's archive for ``target``."""
    ending = "zip" if target_named(target).archive == "zip" else "tar.xz"
    return f"node-v{version}-{target}.{ending}"


@cache
def archive(target: str, version: str = VERSION, weight: int = 0) -> bytes:
    """Return upstream's archive of a runtime."""
    return archive_of(target, runtime_entries(target, version, weight), version)


def archive_of(target: str, entries: Iterable[Entry], version: str = VERSION) -> bytes:
    """Return upstream's archive of ``entries``."""
    pack = zipped if target_named(target).archive == "zip" else packed
    return pack(entries, f"node-v{version}-{target}")


def with_entries(target: str, *others: Entry, version: str = VERSION) -> bytes:
    """Return upstream's archive with ``others`` added, or in the place of what has their paths."""
    paths = {entry.path for entry in others}
    kept = (entry for entry in runtime_entries(target, version) if entry.path not in paths)
    return archive_of(target, [*kept, *others], version)


def row(version: str, targets: Sequence[str]) -> dict[str, object]:
    """Return what an index says of a release."""
    return {
        "version": f"v{version}",
        "date": DATE,
        "files": [target_named(target).index for target in targets],
        "npm": NPM_VERSION,
        "v8": "13.6.233.17",
        "uv": "1.51.0",
        "zlib": "1.3.1",
        "openssl": "3.5.4",
        "modules": "137",
        "lts": LTS.get(version.partition(".")[0], False),
        "security": False,
    }


class Upstream(Mirror):
    """A mirror of whole runtimes, signed if there is a ``signer``."""

    def __init__(self, server: Server, base: str = "/dist", signer: SigningKey | None = None):
        super().__init__(server, base)
        self.signer = signer
        self.rows: dict[str, dict[str, object]] = {}

    def release(
        self, version: str = VERSION, targets: Sequence[str] = ("linux-x64",), weight: int = 0
    ) -> dict[str, bytes]:
        """Serve a release and list it; return its archives by name."""
        files = {archive_name(t, version): archive(t, version, weight) for t in targets}
        self.serve(version, files)
        self.rows = {version: row(version, targets), **self.rows}
        self.put("index.json", json.dumps(list(self.rows.values())).encode())
        return files

    def serve(self, version: str, files: dict[str, bytes]) -> None:
        """Serve ``files`` of a release with their checksums."""
        text = shasums(files)
        for name, data in files.items():
            self.put(f"v{version}/{name}", data)
        self.put(f"v{version}/SHASUMS256.txt", text)
        if self.signer:
            self.put(f"v{version}/SHASUMS256.txt.asc", clearsign(self.signer, text, SIGNED_AT))
            self.put(f"v{version}/SHASUMS256.txt.sig", detach(self.signer, text, SIGNED_AT))

    @property
    def words(self) -> tuple[str, ...]:
        """Return what the command line has to say to use this mirror."""
        return ("--source", self.url, *(() if self.signer else ("--allow-unsigned",)))
