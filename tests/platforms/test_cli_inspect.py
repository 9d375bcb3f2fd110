"""``rtbuild inspect`` and ``rtbuild verify``: what a file is, and whether it is what it should be."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import archive_makers as make
from ibmi import runtime
from rpms import content
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.ibmi import rpm
from rtinstall.platforms.settings import Settings
from world.rtbuild import FAST, Desk
from world.runtime import VERSION, Upstream, archive, archive_name
from world.server import running

NAMES = {
    "deb": "nodejs_24.19.0-1_amd64.deb",
    "rpm": "nodejs-24.19.0-1.x86_64.rpm",
    "apk": "nodejs-24.19.0-r1.x86_64.apk",
    "arch": "nodejs-24.19.0-1-x86_64.pkg.tar.zst",
    "msi": "node-v24.19.0-x64.msi",
    "zip": "node-v24.19.0-win-x64.zip",
    "pkg": "node-v24.19.0-darwin-arm64.pkg",
    "ibmi": "nodejs24-24.19.0-1.ibmi7.3.ppc64.rpm",
    "freebsd": "nodejs-24.19.0.freebsd14.amd64.pkg",
    "tar.xz": "node-v24.19.0-linux-x64.tar.xz",
    "tar.gz": "node-v24.19.0-linux-x64.tar.gz",
}
ARCHITECTURE = {
    "deb": "amd64",
    "rpm": "x86_64",
    "apk": "x86_64",
    "arch": "x86_64",
    "msi": "x64",
    "pkg": "arm64",
    "ibmi": "ppc64",
    "freebsd": "FreeBSD:14:amd64",
}
READ_AS = {"ibmi": "rpm"}
OWNERS = {"ibmi": "qsys"}
RUNS_ON = {
    "msi": "pe win x64",
    "zip": "pe win x64",
    "pkg": "macho darwin arm64",
    "ibmi": "xcoff aix ppc64",
    "freebsd": "elf freebsd x64",
}
CALLED = {"msi": "Node.js", "pkg": "Node.js"}
# Windows has no modes, and no links; these formats have numbers for owners, or none.
MODES = {"msi": "0644"}
WITHOUT_LINKS = ("msi", "zip")
BY_NUMBER = ("msi", "zip", "pkg")
MANIFEST = "v24.19.0/node-v24.19.0-linux-x64.manifest.json"


def released(folder: Path, *targets: str) -> dict[str, bytes]:
    """Return every file of a release by its path in dist/."""
    desk = Desk(folder)
    with running() as server:
        upstream = Upstream(server)
        upstream.release(VERSION, targets)
        desk.run("release", "24", *upstream.words, *FAST).good()
    return {name: (desk.dist / name).read_bytes() for name in desk.published()}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give a small mirror, which the tests of mirrors take apart."""
    return released(tmp_path_factory.mktemp("shelf"), "linux-x64", "linux-x64-musl")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, shelf: dict[str, bytes]) -> dict[str, bytes]:
    """Give a file of every format, by the format's name."""
    others = released(tmp_path_factory.mktemp("packages"), "win-x64", "darwin-arm64")
    ibmi = {f"v24.19.0/{NAMES['ibmi']}": content(rpm.package(runtime(), Settings()))}
    desk = Desk(tmp_path_factory.mktemp("freebsd"))  # upstream has no runtime for it
    source = put(desk, archive_name("freebsd-x64"), archive("freebsd-x64"))
    desk.run("build", source, "-f", "freebsd", *FAST).good()
    freebsd = (desk.work / "packages" / NAMES["freebsd"]).read_bytes()
    found = {**others, **shelf, **ibmi, f"v24.19.0/{NAMES['freebsd']}": freebsd}
    return {name: found[f"v24.19.0/{file}"] for name, file in NAMES.items()}


@pytest.fixture
def mirror(desk: Desk, shelf: dict[str, bytes]) -> Path:
    for name, data in shelf.items():
        (desk.dist / name).parent.mkdir(parents=True, exist_ok=True)
        (desk.dist / name).write_bytes(data)
    return desk.dist


def put(desk: Desk, name: str, data: bytes) -> str:
    desk.work.mkdir(exist_ok=True)
    (desk.work / name).write_bytes(data)
    return name


def test_every_format_has_a_case() -> None:
    assert set(NAMES) == set(FORMATS)


@pytest.mark.parametrize("name", NAMES)
def test_inspect_shows_what_a_package_is(desk: Desk, packages: dict[str, bytes], name: str) -> None:
    data = packages[name]
    file = put(desk, NAMES[name], data)
    shown = desk.run("inspect", file).good()
    assert shown.err == ""
    rows = dict(re.split("  +", line, maxsplit=1) for line in shown.out.splitlines())
    assert rows["format"] == READ_AS.get(name, name)
    assert rows["sha256"] == hashlib.sha256(data).hexdigest()
    assert rows["runs on"] == RUNS_ON.get(name, "elf linux x64")
    assert rows["scripts"] == "none"
    assert rows["digests"] == "all right"
    if name in ARCHITECTURE:
        assert rows["name"].startswith(CALLED.get(name, "nodejs"))
        assert rows["architecture"] == ARCHITECTURE[name]
        assert VERSION in rows["version"]

    entries = desk.run("inspect", file, "--entries").good().out
    assert entries.startswith(shown.out.rstrip("\n"))
    link = "npm -> ../lib/node_modules/npm/bin/npm-cli.js"
    assert (link in entries) == (name not in WITHOUT_LINKS)
    assert "größe-日本-✓.md" in entries

    facts = desk.run("inspect", file, "--json").good().json
    assert facts["format"] == READ_AS.get(name, name)
    assert (facts["size"], facts["problems"]) == (len(data), [])
    node = next(e for e in facts["entries"] if e["path"].endswith(("bin/node", "node.exe")))
    assert node["mode"] == MODES.get(name, "0755")
    assert node["owner"] == ("0" if name in BY_NUMBER else OWNERS.get(name, "root"))
    assert node["executable"] == rows["runs on"]
    assert len(node["sha256"]) == 64


def truncated(data: bytes) -> bytes:
    return data[:-100]


def halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """Return ``data`` with a bit changed; of an .msi in its cabinet: no digest covers its texts."""
    cabinet = data.find(b"MSCF")
    where = int(len(data) * 0.7) if cabinet < 0 else data.index(b"CK", cabinet) + 50
    return data[:where] + bytes([data[where] ^ 0x10]) + data[where + 1 :]


def longer(data: bytes) -> bytes:
    return data + b"more"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", [truncated, halved, flipped])
def test_damage_is_named(
    desk: Desk, packages: dict[str, bytes], name: str, damage: Callable[[bytes], bytes]
) -> None:
    file = put(desk, NAMES[name], damage(packages[name]))
    for words in ((), ("--json",), ("--entries",)):
        desk.run("inspect", file, *words).failed(8)
    ended = desk.run("verify", file)
    ended.failed(7, NAMES[name])
    assert ended.out.startswith(f"FAULT {file}: ")
    assert ended.out.endswith("\n0 of 1 right\n")


def test_a_wrong_digest_is_shown_with_the_rest(desk: Desk) -> None:
    file = put(desk, "demo.deb", make.deb({"./a": b"a"}, sums=f"{'0' * 32}  a\n"))
    ended = desk.run("inspect", file)
    ended.failed(8, "demo.deb")
    assert "architecture" in ended.out
    assert "all right" not in ended.out
    facts = desk.run("inspect", file, "--json").failed(8).json
    assert facts["problems"]


@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"\x7fELF" + bytes(2000), bytes(100), b"\x1f\x8b", b"!<arch>\n", b"\xed\xab\xee\xdb",
     make.pack(b"no archive in it" * 100, "xz")],
)  # fmt: skip
def test_what_is_no_package_is_said(desk: Desk, data: bytes) -> None:
    file = put(desk, "some.bin", data)
    ended = desk.run("inspect", file, "--json")
    assert ended.failed(ended.code).code in (8, 12)
    assert ended.out == ""
    desk.run("verify", file).failed(7, "some.bin")


def test_names_cannot_command_the_terminal(desk: Desk) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\nnew line\u202e"
    file = put(desk, "evil.tar", make.tar(make.pax({"path": evil}), make.tar_member("x", b"y")))
    for words in (("inspect", "-e"), ("inspect", "--json"), ("verify",)):
        ended = desk.run(*words, file)
        assert not any(c in ended.out + ended.err for c in "\x1b\x07\u202e"), ended
    assert r"\x1b[2J\nnew line\u202e" in desk.run("inspect", "-e", file).out


# A mirror.


def test_a_mirror_is_checked_down_to_every_entry(desk: Desk, mirror: Path) -> None:
    ended = desk.run("verify", "dist").good()
    assert ended.out.count("ok ") == 12
    assert ended.err == ""
    findings = desk.run("verify", "dist", "--json").good().json
    assert {finding["name"] for finding in findings} == {
        "index.json", "index.tab",
        *(f"v24.19.0/{p.name}" for p in mirror.rglob("node*")),
    }  # fmt: skip
    assert all(finding["fault"] == "" for finding in findings)
    deb = next(f["checked"] for f in findings if f["name"].endswith(".deb"))
    assert deb == "SHASUMS256.txt, manifest, deb read whole, owners, modes, no scripts"


def test_one_file_of_a_mirror_is_checked_with_what_lies_beside_it(desk: Desk, mirror: Path) -> None:
    for name in (f"v24.19.0/{NAMES['rpm']}", MANIFEST):
        assert "SHASUMS256.txt, " in desk.run("verify", f"dist/{name}").good().out


def tamper(mirror: Path) -> str:
    path = mirror / f"v24.19.0/{NAMES['deb']}"
    path.write_bytes(flipped(path.read_bytes()))
    return "its SHA-256 is"


def tamper_with_the_checksums_too(mirror: Path) -> str:
    path = mirror / f"v24.19.0/{NAMES['tar.xz']}"
    sums = mirror / "v24.19.0/SHASUMS256.txt"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes((mirror / f"v24.19.0/{NAMES['tar.gz']}").read_bytes())
    after = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(before, after))
    return "names another node-v24.19.0-linux-x64.tar.xz"


def lose(mirror: Path) -> str:
    (mirror / f"v24.19.0/{NAMES['apk']}").unlink()
    return "is missing, but in SHASUMS256.txt"


def add(mirror: Path) -> str:
    (mirror / "v24.19.0/extra.deb").write_bytes(b"")
    return "is not in SHASUMS256.txt"


def lose_the_checksums(mirror: Path) -> str:
    (mirror / "v24.19.0/SHASUMS256.txt").unlink()
    return "has no readable SHASUMS256.txt"


def lose_the_release(mirror: Path) -> str:
    (mirror / "v24.19.0").rename(mirror / "gone")
    return "there is no such folder"


def add_a_release(mirror: Path) -> str:
    (mirror / "v9.9.9").mkdir()
    return "is not in index.json"


def spoil_the_index(mirror: Path) -> str:
    (mirror / "index.json").write_text("[")
    return "not JSON"


def spoil_the_table(mirror: Path) -> str:
    path = mirror / "index.tab"
    path.write_text(path.read_text().replace("Krypton", "Jod"))
    return "something else than index.json"


def spoil_a_manifest(mirror: Path) -> str:
    path = mirror / MANIFEST
    sums = mirror / "v24.19.0/SHASUMS256.txt"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("{}")
    sums.write_text(sums.read_text().replace(before, hashlib.sha256(b"{}").hexdigest()))
    return "no manifest of schema 1"


FAULTS = (
    tamper, tamper_with_the_checksums_too, lose, add, lose_the_checksums, lose_the_release,
    add_a_release, spoil_the_index, spoil_the_table, spoil_a_manifest,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_mirror_is_found(
    desk: Desk, mirror: Path, fault: Callable[[Path], str]
) -> None:
    said = fault(mirror)
    ended = desk.run("verify", "dist")
    ended.failed(7)
    assert [line for line in ended.out.splitlines() if line.startswith("FAULT") and said in line]
    as_json = desk.run("verify", "dist", "--json")
    as_json.failed(7)
    assert any(said in finding["fault"] for finding in as_json.json)


def test_a_folder_that_is_no_mirror_is_said(desk: Desk) -> None:
    desk.work.mkdir()
    desk.run("verify", ".").failed(12, "no index.json")
    desk.run("verify", "missing").failed(2, "missing")


# Packages that others made.


def deb_of(**facts: object) -> bytes:
    """Return a .deb without scripts of one file, with ``facts`` on its tar member."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        member = tarfile.TarInfo("./usr/bin/demo")
        member.size, member.mode, member.uname, member.gname = 1, 0o755, "root", "root"
        for key, value in facts.items():
            setattr(member, key, value)
        tar.addfile(member, io.BytesIO(b"x"[: member.size]))
    sums = hashlib.md5(b"x", usedforsecurity=False).hexdigest() + "  usr/bin/demo\n"
    control = b"Package: demo\nVersion: 1\nArchitecture: all\nDescription: a\n b\n"
    inner = make.gnu_tar({"./control": control, "./md5sums": sums.encode()})
    return make.ar(
        ("debian-binary", b"2.0\n"),
        ("control.tar.xz", make.pack(inner, "xz")),
        ("data.tar.xz", make.pack(out.getvalue(), "xz")),
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"mode": 0o4755}, "special bits (mode 4755)"),
        ({"mode": 0o2755}, "special bits"),
        ({"mode": 0o777}, "can be written by others"),
        ({"mode": 0o775}, "can be written by others"),
        ({"uid": 1000}, "owned by"),
        ({"gid": 1000}, "owned by"),
        ({"uname": "builder"}, "owned by builder:root"),
        ({"type": tarfile.LNKTYPE, "linkname": "./etc/shadow", "size": 0}, "is a hardlink"),
        ({"type": tarfile.CHRTYPE, "size": 0}, "is a device"),
    ],
)
def test_bad_manners_of_a_package_are_found(
    desk: Desk, facts: dict[str, object], said: str
) -> None:
    file = put(desk, "demo.deb", deb_of(**facts))
    ended = desk.run("verify", file)
    if said:
        ended.failed(7, said, "usr/bin/demo")
    else:
        ended.good()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("demo.deb", make.deb({"./a": b"a"}), "runs the script postinst"),
        ("demo.apk", make.apk({"a": b"a"}), "runs the script .post-install"),
        ("demo.pkg.tar.zst", make.arch({"a": b"a"}), "runs the script .INSTALL"),
        ("demo.rpm", make.rpm({"/a": b"a"}), "runs the script"),
    ],
)
def test_a_package_that_runs_scripts_is_found(
    desk: Desk, name: str, data: bytes, said: str
) -> None:
    ended = desk.run("verify", put(desk, name, data))
    ended.failed(7)
    assert said in ended.out


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"\x81\xed", b"\x89\xed", "special bits (mode 4755)"),
        (b"\x81\xa4", b"\x81\xb6", "can be written by others (mode 0666)"),
        (b"root\0root\0", b"mail\0root\0", "owned by mail:root"),
    ],
)
def test_an_rpm_is_judged_by_the_header_that_rpm_goes_by(
    desk: Desk, shelf: dict[str, bytes], before: bytes, after: bytes, said: str
) -> None:
    data = shelf[f"v24.19.0/{NAMES['rpm']}"]
    assert before in data
    file = put(desk, "changed.rpm", data.replace(before, after, 1))
    desk.run("verify", file).failed(7, said)


def test_json_of_a_fault_is_json(desk: Desk) -> None:
    ended = desk.run("verify", put(desk, "demo.deb", make.deb({"./a": b"a"})), "--json")
    ended.failed(7)
    ((finding),) = ended.json
    assert finding["fault"]
    assert json.dumps(finding)
