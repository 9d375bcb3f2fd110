"""FreeBSD packages and repositories for pkg(8), good ones and, when they are changed, bad ones.

Written from pkg-create(8), pkg-repository(5) and libpkg; shares nothing with the reader or the writer.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import zstandard
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from rtinstall.runtime_bundle.model import Entry, File, Symlink
from world.runtime import NPM_VERSION, VERSION, runtime_entries
from world.server import Reply, Server

Manifest = dict[str, Any]
Codec = Literal["tzst", "txz", "tbz", "tgz", "tar"]
Mode = Literal["pubkey", "fingerprints", "both", "none"]
ABI = "FreeBSD:14:amd64"
NPM = "lib/node_modules/npm/"
LIBUV = "libuv.so.1"
PACK: Mapping[Codec, Callable[[bytes], bytes]] = {
    "tzst": lambda data: zstandard.ZstdCompressor().compress(data),
    "txz": lzma.compress,
    "tbz": bz2.compress,
    "tgz": lambda data: gzip.compress(data, mtime=0),
    "tar": bytes,
}
# pkg's own base 32: this alphabet, the lowest bits first.
LETTERS = "ybndrfg8ejkmcpqxot1uwisza345h769"


@dataclass(frozen=True)
class Key:
    """An RSA key as a repository uses it."""

    secret: RSAPrivateKey

    @property
    def public(self) -> bytes:
        return self.secret.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def private(self) -> bytes:
        return self.secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.public).hexdigest()

    def sign(self, content: bytes) -> bytes:
        digits = hashlib.sha256(content).hexdigest().encode()
        return self.secret.sign(digits, PKCS1v15(), SHA256())

    def sign_as_before_openssl_3(self, content: bytes) -> bytes:
        """Sign the hexadecimal digits themselves, below the name of SHA-1."""
        numbers = self.secret.private_numbers()
        n, size = numbers.public_numbers.n, self.secret.key_size // 8
        info = bytes.fromhex("3051300906052b0e03021a05000440")
        tail = b"\0" + info + hashlib.sha256(content).hexdigest().encode()
        block = b"\0\1" + b"\xff" * (size - len(tail) - 2) + tail
        return pow(int.from_bytes(block, "big"), numbers.d, n).to_bytes(size, "big")


def make_key(which: int = 0, bits: int = 2048) -> Key:
    """Return a key, the same for the same number."""
    return _made(which, bits)


@cache
def _made(which: int, bits: int) -> Key:
    return Key(generate_private_key(65537, bits))


def tarred(members: Iterable[tuple[str, bytes | Symlink, int]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data, mode in members:
            member = tarfile.TarInfo()
            member.name, member.mode, member.uname, member.gname = name, mode, "root", "wheel"
            if isinstance(data, Symlink):
                member.type, member.linkname, data = tarfile.SYMTYPE, data.target, b""
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def compact(name: str, version: str, **more: object) -> Manifest:
    """Return what a package says of itself, in pkg's own order."""
    return {
        "name": name, "origin": f"www/{name}", "version": version, "comment": f"the package {name}",
        "maintainer": "ports@example.invalid", "www": "https://example.invalid/", "abi": ABI,
        "arch": "freebsd:14:x86:64", "prefix": "/usr/local", "flatsize": 0,
        "licenselogic": "single", "licenses": ["MIT"], "desc": "A package for tests.",
        "categories": ["www"], **more,
    }  # fmt: skip


def needing(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"origin": f"www/{name}", "version": "1"} for name in names}


def package(
    name: str,
    version: str,
    files: Iterable[Entry] = (),
    codec: Codec = "tzst",
    /,
    **more: object,
) -> bytes:
    """Return a package of ``files``, which lie below /usr/local."""
    contents: list[tuple[str, bytes | Symlink, int]] = []
    for entry in files:
        if isinstance(entry, File):
            data = b"".join(entry.content.chunks())
            contents.append((f"/usr/local/{entry.path}", data, entry.mode))
        elif isinstance(entry, Symlink):
            contents.append((f"/usr/local/{entry.path}", entry, 0o777))
    manifest = compact(name, version, **more)
    manifest["flatsize"] = sum(len(data) for _, data, _ in contents if isinstance(data, bytes))
    sums = {
        path: "1$"
        + hashlib.sha256(data if isinstance(data, bytes) else data.target.encode()).hexdigest()
        for path, data, _ in contents
    }
    full = {**manifest, "files": sums}
    manifests = [
        ("+COMPACT_MANIFEST", json.dumps(manifest).encode(), 0o644),
        ("+MANIFEST", json.dumps(full).encode(), 0o644),
    ]
    return PACK[codec](tarred([*manifests, *contents]))


def base32(digest: bytes) -> str:
    bits = int.from_bytes(digest, "little")
    return "".join(LETTERS[bits >> 5 * i & 31] for i in range(-(-len(digest) * 8 // 5)))


# The forms of a sum, by the name of what pkg calls them.
SUMS: Mapping[str, Callable[[bytes], str]] = {
    "hexadecimal": lambda data: hashlib.sha256(data).hexdigest(),
    "sha256_hex": lambda data: "1$" + hashlib.sha256(data).hexdigest(),
    "sha256_base32": lambda data: "0$" + base32(hashlib.sha256(data).digest()),
    "blake2_base32": lambda data: "2$" + base32(hashlib.blake2b(data).digest()),
    "blake2s_base32": lambda data: "5$" + base32(hashlib.blake2s(data).digest()),
}


def listed(data: bytes, path: str, sum_form: str = "blake2_base32", **more: object) -> Manifest:
    """Return what a catalogue says of a package."""
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        member = tar.extractfile("+COMPACT_MANIFEST")
        assert member is not None
        manifest: Manifest = json.loads(member.read())
    return {
        **manifest, "sum": SUMS[sum_form](data), "path": path, "repopath": path,
        "pkgsize": len(data), **more,
    }  # fmt: skip


@dataclass
class Depot:
    """A repository: packages by path, what its catalogue says of each, how it is signed and packed.

    Everything can be changed before it is served or written; ``extra`` are members put before the
    catalogue in its archive, in the place of those of the same name.
    """

    packages: dict[str, bytes] = field(default_factory=dict)
    entries: list[Manifest] = field(default_factory=list)
    key: Key = field(default_factory=make_key)
    mode: Mode = "both"
    codec: Codec = "tzst"
    extra: dict[str, bytes] = field(default_factory=dict)
    meta: bytes | None = b""
    catalogues: tuple[str, ...] = ("packagesite", "data")
    suffix: str = "pkg"

    def add(self, name: str, version: str, files: Iterable[Entry] = (), **more: object) -> str:
        """Add a package and list it; return its path."""
        path = f"All/{name}-{version}.pkg"
        self.packages[path] = data = package(name, version, files, **more)
        self.entries.append(listed(data, path))
        return path

    def entry(self, name: str) -> Manifest:
        return next(entry for entry in self.entries if entry["name"] == name)

    def lines(self) -> bytes:
        return b"".join(json.dumps(entry).encode() + b"\n" for entry in self.entries)

    def data(self) -> bytes:
        whole = {"groups": [], "expired_packages": [], "packages": self.entries}
        return json.dumps(whole).encode()

    def archive(self, name: str, content: bytes) -> bytes:
        """Return the archive of a catalogue, with the signatures before it."""
        members: dict[str, bytes] = {}
        if self.mode in ("pubkey", "both"):
            members["signature"] = self.key.sign(content) + b"\0"
        if self.mode in ("fingerprints", "both"):
            members |= {f"{name}.sig": self.key.sign(content), f"{name}.pub": self.key.public}
        members |= {**self.extra, name: content}
        return PACK[self.codec](tarred((name, data, 0o644) for name, data in members.items()))

    def files(self) -> dict[str, bytes]:
        """Return everything by its path below the repository."""
        files = dict(self.packages)
        contents = {
            "packagesite": ("packagesite.yaml", self.lines()),
            "data": ("data", self.data()),
        }
        for name in self.catalogues:
            files[f"{name}.{self.suffix}"] = self.archive(*contents[name])
        if self.meta is not None:
            said = f'version = 2;\npacking_format = "{self.codec}";\n'
            files["meta.conf"] = self.meta or said.encode()
        return files

    def write(self, root: Path) -> Path:
        for path, data in self.files().items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return root

    def serve(self, server: Server, base: str) -> str:
        """Serve it below ``base``, each file with an ETag; return its address."""
        for path, data in self.files().items():
            etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
            server.serve(f"{base}/{path}", Reply(data, etag=etag))
        return server.url + base


def ports(version: str = VERSION, abi: str = ABI, **options: Any) -> Depot:
    """Return a repository with Node.js as the ports have it: node24, npm-node24, and a library."""
    target = "freebsd-arm64" if abi.endswith("aarch64") else "freebsd-x64"
    entries = runtime_entries(target, version)
    major = version.partition(".")[0]
    system = {"abi": abi, "arch": abi}
    depot = Depot(**options)
    depot.add("libuv", "1.51.0", [File.of(f"lib/{LIBUV}", b"a library")],
              shlibs_provided=[LIBUV], **system)  # fmt: skip
    depot.add(
        f"node{major}", f"{version}_1", [entry for entry in entries if not is_npm(entry.path)],
        deps=needing("libuv"), shlibs_required=[LIBUV, "libc.so.7", "libc++.so.1"], **system,
    )  # fmt: skip
    depot.add(
        f"npm-node{major}", NPM_VERSION, [entry for entry in entries if is_npm(entry.path)],
        deps=needing(f"node{major}"), abi=f"{abi.rpartition(':')[0]}:*", arch="freebsd:14:*",
    )  # fmt: skip
    return depot


def is_npm(path: str) -> bool:
    return path.startswith(NPM) or path in ("bin/npm", "bin/npx")
