"""A signed distribution mirror in the nodejs.org layout, made of tiny stand-in archives."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from functools import cache

from world.server import Reply, Server
from world.signing import SigningKey, clearsign, detach, keyring, make_key

SIGNED_AT = 1_780_000_000  # 2026-05-28
KEY = make_key("ed25519", "Release Person", 1_700_000_000)
KEYS = keyring(KEY)
STRANGER = make_key("ed25519", "Some Stranger", 1_700_000_000)
TARGETS = ("linux-x64", "linux-arm64", "darwin-arm64")
INDEX_WORDS = {"darwin-arm64": "osx-arm64-tar"}


@cache
def archive(top: str, filler: int = 50_000) -> bytes:
    """Return a tar.gz with a stand-in for a runtime below ``top``; its size is about ``filler``."""
    out = io.BytesIO()
    noise = b"".join(hashlib.sha256(f"{top}{n}".encode()).digest() for n in range(filler // 32))
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, data in (("bin/node", noise), ("LICENSE", b"a licence\n")):
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def shasums(files: dict[str, bytes]) -> bytes:
    return b"".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode()
        for name, data in sorted(files.items())
    )


def index(releases: Sequence[str], targets: Sequence[str] = TARGETS) -> bytes:
    rows = [
        {
            "version": f"v{version}",
            "date": "2026-05-28",
            "files": [INDEX_WORDS.get(target, target) for target in targets],
            "npm": "11.6.2",
            "lts": "Krypton" if version.startswith("24.") else False,
            "security": False,
        }
        for version in releases
    ]
    return json.dumps(rows).encode()


class Mirror:
    """A mirror on ``server`` below ``base``; its files can be replaced by other replies."""

    def __init__(self, server: Server, base: str = "/dist", key: SigningKey = KEY) -> None:
        self.server = server
        self.base = base
        self.key = key
        self.files: dict[str, dict[str, bytes]] = {}

    @property
    def url(self) -> str:
        return self.server.url + self.base

    def publish(self, version: str, targets: Sequence[str] = TARGETS) -> dict[str, bytes]:
        """Publish a release, signed both ways, and return its archives by name."""
        folder = f"v{version}"
        files = {}
        for target in targets:
            top = f"node-{folder}-{target}"
            files[f"{top}.tar.gz"] = archive(top)
        self.files[version] = files
        text = shasums(files)
        self.put(f"{folder}/SHASUMS256.txt", text)
        self.put(f"{folder}/SHASUMS256.txt.asc", clearsign(self.key, text, SIGNED_AT))
        self.put(f"{folder}/SHASUMS256.txt.sig", detach(self.key, text, SIGNED_AT))
        for name, data in files.items():
            self.put(f"{folder}/{name}", data)
        self.put("index.json", index(list(self.files), targets))
        return files

    def put(self, path: str, *replies: Reply | bytes) -> None:
        """Answer ``path``; a body is served with an ETag of its own."""
        self.server.serve(
            f"{self.base}/{path}",
            *(
                Reply(reply, etag=f'"{hashlib.sha256(reply).hexdigest()[:16]}"')
                if isinstance(reply, bytes)
                else reply
                for reply in replies
            ),
        )

    def remove(self, path: str) -> None:
        del self.server.replies[f"{self.base}/{path}"]
