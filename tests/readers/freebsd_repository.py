"""A strict reader of FreeBSD package repositories, from pkg-repository(5) and what pkg(8) verifies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from readers import freebsd, streams, tar

NAMES = {
    "version": "2",
    "packing_format": '"tzst"',
    "manifests": '"packagesite.yaml"',
    "data": '"data"',
    "filesite": '"files"',
    "manifests_archive": '"packagesite"',
    "filesite_archive": '"files"',
}


@dataclass(frozen=True)
class Repository:
    """What a repository lists, and by whom it is signed: the public key as a file, None for nobody."""

    packages: list[dict[str, Any]]
    key: bytes | None


def read(root: Path) -> Repository:
    """Read both catalogues, which must agree, and every package they list, which must be as listed."""
    assert (root / "meta").read_bytes() == (root / "meta.conf").read_bytes()
    lines = (root / "meta.conf").read_text("ascii").splitlines()
    assert dict(line.removesuffix(";").split(" = ") for line in lines) == NAMES
    manifests, key = catalogue(root / "packagesite.pkg", "packagesite.yaml")
    data, same = catalogue(root / "data.pkg", "data")
    assert key == same, "the catalogues are signed with two keys"
    whole = freebsd.document(data)
    assert list(whole) == ["groups", "expired_packages", "packages"]
    assert whole["groups"] == whole["expired_packages"] == []
    assert b"\n" not in data, "pkg reads the first line only"
    assert manifests.endswith(b"\n")
    packages = [freebsd.document(line) for line in manifests.splitlines()]
    assert packages == whole["packages"]
    assert len({package["name"] for package in packages}) == len(packages)
    for package in packages:
        check(package, root)
    return Repository(packages, key)


def check(listed: dict[str, Any], root: Path) -> None:
    """Compare what is listed of a package with the package."""
    assert listed["path"] == listed["repopath"]
    data = (root / listed["path"]).read_bytes()
    assert listed["sum"] == hashlib.sha256(data).hexdigest()
    assert listed["pkgsize"] == len(data)
    first, *_ = tar.read(streams.decompress(data))
    assert first.name == "+COMPACT_MANIFEST"
    own = json.loads(first.data)
    added = {"arch", "sum", "path", "repopath", "pkgsize"}
    assert {k: v for k, v in listed.items() if k not in added} == {
        k: v for k, v in own.items() if k not in added
    }
    assert listed["arch"] == older(listed["abi"])


def older(abi: str) -> str:
    """Return how pkg spelled an ABI before its version 1.3."""
    system, *rest = abi.split(":")
    machines = {"amd64": "x86:64", "aarch64": "aarch64:64", "i386": "x86:32"}
    return ":".join((system.lower(), *(machines.get(word, word) for word in rest)))


def catalogue(path: Path, name: str) -> tuple[bytes, bytes | None]:
    """Return a catalogue, and the key that signed it in both forms."""
    packed = path.read_bytes()
    assert packed[:4] == b"\x28\xb5\x2f\xfd", "not Zstandard"
    members = {}
    for member in tar.read(streams.decompress(packed)):
        assert (member.owner, member.group, member.mode) == ("root", "wheel", 0o644)
        assert (member.kind, member.time) == ("file", 0)
        assert member.name not in members
        members[member.name] = member.data
    *signatures, last = members
    assert last == name, "pkg needs no order, but older ones expect the signature first"
    if not signatures:
        return members[name], None
    assert signatures == ["signature", f"{name}.sig", f"{name}.pub"]
    pem = members[f"{name}.pub"]
    key = load_pem_public_key(pem)
    assert isinstance(key, RSAPublicKey)
    digits = hashlib.sha256(members[name]).hexdigest().encode()
    key.verify(members[f"{name}.sig"], digits, PKCS1v15(), SHA256())
    assert members["signature"] == members[f"{name}.sig"] + b"\0"
    return members[name], pem
