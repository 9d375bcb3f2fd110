"""A small but complete stand-in for Node.js, packed as upstream packs it, and mirrors that serve it."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from functools import cache

from bundles import RELEASED, executable, small_entries
from rtinstall.runtime_bundle.model import Entry, File, Symlink
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
    """Return a runtime's entries; bin/node has ``weight`` bytes more, which no codec makes fewer."""
    said = headers(version)
    program = executable(target_named(target)) + noise(weight)
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


@cache
def archive(target: str, version: str = VERSION, weight: int = 0) -> bytes:
    """Return ``node-vX.Y.Z-<target>.tar.xz``."""
    return packed(runtime_entries(target, version, weight), f"node-v{version}-{target}")


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
        files = {f"node-v{version}-{t}.tar.xz": archive(t, version, weight) for t in targets}
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
