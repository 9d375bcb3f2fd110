from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

import elf
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotPublished,
    NotReadable,
    RtError,
    VerificationFailed,
)
from rtinstall.runtime_bundle.sources import Layout
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.targets import target_named

X64, ARM64 = target_named("linux-x64"), target_named("linux-arm64")
HEADER = b"""\
#define NODE_MAJOR_VERSION 24
#define NODE_MINOR_VERSION 19
#define NODE_PATCH_VERSION 0
#define NODE_VERSION_LTS_CODENAME "Krypton"
"""
FILES = {
    "bin/node": elf.executable("x64", {"libc.so.6": ["GLIBC_2.28"]}),
    "include/node/node_version.h": HEADER,
    "LICENSE": b"a licence\n",
}


def tree(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def tar(path: Path, top: str, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as out:  # type: ignore[call-overload]
        for name, data in FILES.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            member.mode = 0o755
            out.addfile(member, io.BytesIO(data))
    return path


def runtime(folder: Path, kind: str) -> Path:
    match kind:
        case "directory":
            return tree(folder / "tree")
        case "upstream":
            return tar(folder / "n.tar.xz", "node-v24.19.0-linux-x64", "w:xz")
        case _:
            return tar(folder / "node.tgz", "package")


@pytest.mark.parametrize("layout", ["directory", "upstream", "node-package"])
def test_a_runtime_on_disk_says_itself_what_it_is(tmp_path: Path, layout: Layout) -> None:
    path = runtime(tmp_path, layout)
    source = Local(path)
    (release,) = source.releases(X64)
    assert (str(release.version), release.lts) == ("24.19.0", "Krypton")
    assert source.releases(ARM64) == ()
    offer = source.offer(release, X64)
    assert (offer.size, offer.cached) == (0, True)
    (part,) = source.fetch(offer, SILENT)
    assert (part.path, part.layout, part.provenance.checked) == (path, layout, "nothing")
    with pytest.raises(NotPublished):
        source.offer(release, ARM64)


def test_a_digest_that_is_given_has_to_be_right(tmp_path: Path) -> None:
    path = runtime(tmp_path, "upstream")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    part = Local(path, sha256=sha256.upper()).part()
    assert part.provenance.digest == f"sha256:{sha256}"
    assert "sha256" in part.provenance.checked
    with pytest.raises(VerificationFailed):
        Local(path, sha256="0" * 64).part()
    with pytest.raises(VerificationFailed):
        Local(path, sha256="abc")
    with pytest.raises(BadConfiguration):
        Local(tree(tmp_path / "tree"), sha256=sha256).part()


def test_the_digest_is_checked_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"no archive at all")
    with pytest.raises(VerificationFailed):
        Local(tmp_path / "junk", sha256="0" * 64).releases(X64)


def _zip(path: Path, top: str) -> None:
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{top}/node.exe", b"MZ")


def test_a_zip_of_upstream_is_one(tmp_path: Path) -> None:
    _zip(tmp_path / "n.zip", "node-v24.19.0-win-x64")
    assert Local(tmp_path / "n.zip").part().layout == "upstream"


@pytest.mark.parametrize(
    "content",
    [b"", b"junk", b"PK\3\4", b"\x1f\x8b" + b"\0" * 20, b"!<arch>\n", b"\xed\xab\xee\xdb"],
)
def test_what_is_no_runtime_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RtError):
        Local(tmp_path / "file").releases(X64)


def test_other_archives_and_folders_are_no_runtimes(tmp_path: Path) -> None:
    with pytest.raises(NotReadable, match="holds no runtime"):
        Local(tar(tmp_path / "other.tar.gz", "other")).part()
    with pytest.raises(NotReadable, match="bin/node"):
        Local(tmp_path).part()
    with pytest.raises(NotReadable):
        Local(tmp_path / "missing").part()
