from __future__ import annotations

import re
import stat
import subprocess
import xml.etree.ElementTree as ET
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from bundles import UNICODE, small_bundle
from macho import executable
from oracles import run, tool
from readers import bom, cpio, xar
from readers.streams import decompress
from rtinstall.platforms.check import check_artifact
from rtinstall.platforms.macos import pkg
from rtinstall.platforms.macos.distribution import TEXTS
from rtinstall.platforms.macos.place import SHARED
from rtinstall.platforms.package import Effort, MacOs, Metadata, Package
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    NotExpressible,
    NotPublished,
    WrongBinary,
)
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, Slice, Symlink

NODE, NPM = "rtinstall.nodejs.node", "rtinstall.nodejs.npm"
ODD = File.of("usr/local/share/odd/a b#c'd\"e<&>日本.txt", b"odd\n")
SETTINGS = Settings(
    npmrc=b"registry=https://npm.example/\n",
    certificates=b"-----BEGIN CERTIFICATE-----\n",
    extra=(ODD, File.of("etc/acme.conf", b"acme\n"), File.of("usr/local/etc/acme", b"")),
)
BITS: dict[type[Entry], int] = {
    File: stat.S_IFREG,
    Directory: stat.S_IFDIR,
    Symlink: stat.S_IFLNK,
}
LANGUAGES = ("en", "de", "fr")


def content(package: Package, effort: Effort | None = None) -> bytes:
    out = BytesIO()
    pkg.write(package, out, effort or Effort("fast"))
    return out.getvalue()


def darwin(name: str = "darwin-arm64", version: str = "24.19.0") -> Bundle:
    return small_bundle(name, version)


def cksum(data: bytes) -> int:
    result = subprocess.run([tool("cksum")], input=data, capture_output=True, check=True)
    return int(result.stdout.split()[0])


def with_file(bundle: Bundle, path: str, data: bytes, mode: int = 0o644) -> Bundle:
    others = (entry for entry in bundle.entries if entry.path != path)
    return replace(bundle, entries=(*others, File.of(path, data, mode)))


@pytest.fixture(scope="module")
def package() -> Package:
    return pkg.package(darwin(), SETTINGS)


@pytest.fixture(scope="module")
def archive(package: Package) -> xar.Xar:
    return xar.read(content(package))


def payload(archive: xar.Xar, component: str) -> list[cpio.Member]:
    return cpio.read_odc(decompress(archive.file(f"{component}.pkg/Payload")))


def facts(entry: Entry) -> tuple[int, str, bytes]:
    """Return mode with type, path, and content or target."""
    data = b""
    if isinstance(entry, File):
        data = b"".join(entry.content.chunks())
    elif isinstance(entry, Symlink):
        data = entry.target.encode()
    mode = 0o755 if isinstance(entry, Symlink) else entry.mode
    return BITS[type(entry)] | mode, f"./{entry.path}", data


# What is in the file.


def test_both_payloads_together_hold_every_entry_once(package: Package, archive: xar.Xar) -> None:
    found = [(m.mode, m.name, m.data) for c in (NODE, NPM) for m in payload(archive, c)]
    files = [each for each in found if not stat.S_ISDIR(each[0])]
    wanted = [facts(entry) for entry in package.entries]
    assert sorted(files) == sorted(each for each in wanted if not stat.S_ISDIR(each[0]))
    assert set(found) == {*wanted, (stat.S_IFDIR | 0o755, ".", b"")}


@pytest.mark.parametrize("component", [NODE, NPM])
def test_a_payload_lists_parents_first_and_everything_belongs_to_root(
    archive: xar.Xar, component: str, package: Package
) -> None:
    members = payload(archive, component)
    assert members[0].name == "."
    seen: set[str] = set()
    for number, member in enumerate(members, 1):
        assert (member.uid, member.gid, member.links, member.inode) == (0, 0, 1, number)
        assert member.time == package.time
        assert member.name == "." or member.name.rpartition("/")[0] in seen
        seen.add(member.name)
        assert stat.S_ISLNK(member.mode) or not member.mode & 0o7022


@pytest.mark.parametrize("component", [NODE, NPM])
def test_the_bom_says_what_the_payload_holds(archive: xar.Xar, component: str) -> None:
    bill = bom.read(archive.file(f"{component}.pkg/Bom"))
    members = payload(archive, component)
    assert sorted((p.path, p.mode, p.time, p.size, p.link) for p in bill.paths) == sorted(
        (
            member.name,
            member.mode,
            member.time,
            len(member.data),
            member.data.decode() if stat.S_ISLNK(member.mode) else "",
        )
        for member in members
    )
    assert {(path.uid, path.gid) for path in bill.paths} == {(0, 0)}
    for member in members:
        expected = 0 if stat.S_ISDIR(member.mode) else cksum(member.data)
        assert bill.path(member.name).checksum == expected


def test_the_links_and_the_uninstaller_are_in_the_receipts(archive: xar.Xar) -> None:
    npm = {path.path for path in bom.read(archive.file(f"{NPM}.pkg/Bom")).paths}
    node = {path.path for path in bom.read(archive.file(f"{NODE}.pkg/Bom")).paths}
    assert {"./usr/local/bin/npm", "./usr/local/bin/npx", "./usr/local/etc/npmrc"} <= npm - node
    assert {"./usr/local/bin/node", "./usr/local/bin/uninstall-nodejs"} <= node - npm
    assert f"./usr/local/{UNICODE}" in npm
    assert {path.removeprefix("./") for path in node & npm} <= {*SHARED, "."}


def test_a_universal_executable_is_described_by_processor() -> None:
    bundle = darwin("darwin-universal")
    found = xar.read(content(pkg.package(bundle, SETTINGS)))
    bill = bom.read(found.file(f"{NODE}.pkg/Bom"))
    node = bill.path("./usr/local/bin/node")
    assert [part[:3] for part in node.slices] == [
        (0x01000007, 3, len(executable("x64"))),
        (0x0100000C, 0, len(executable("arm64"))),
    ]
    for part, arch in zip(node.slices, ("x64", "arm64"), strict=True):
        assert part[3] == cksum(executable(arch))
    assert [cpu for cpu, _ in bill.totals] == [0, 0x01000007, 0x0100000C]


def test_what_only_begins_like_a_universal_binary_is_a_plain_file() -> None:
    java = b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(90)
    bundle = with_file(darwin(), "lib/node_modules/npm/A.class", java)
    found = xar.read(content(pkg.package(bundle, Settings())))
    bill = bom.read(found.file(f"{NPM}.pkg/Bom"))
    assert bill.path("./usr/local/lib/node_modules/npm/A.class").slices == ()


def test_the_archive_holds_these_files_and_no_script(archive: xar.Xar) -> None:
    assert [m.path for m in archive.members if m.kind == "file"] == [
        "Distribution",
        "Resources/license.html",
        *(
            f"Resources/{language}.lproj/{name}"
            for language in LANGUAGES
            for name in ("welcome.html", "conclusion.html", "Localizable.strings")
        ),
        *(f"{c}.pkg/{name}" for c in (NODE, NPM) for name in ("PackageInfo", "Payload", "Bom")),
    ]
    stored = {m.path for m in archive.members if m.encoding == "application/octet-stream"}
    assert stored == {f"{NODE}.pkg/Payload", f"{NPM}.pkg/Payload"}


# What it says.


@pytest.mark.parametrize("component", [NODE, NPM])
def test_packageinfo_counts_what_the_bom_lists(archive: xar.Xar, component: str) -> None:
    root = ET.fromstring(archive.file(f"{component}.pkg/PackageInfo"))
    bill = bom.read(archive.file(f"{component}.pkg/Bom"))
    size = sum(path.size for path in bill.paths if path.kind == "file")
    (about,) = root.iter("payload")
    assert about.attrib == {
        "numberOfFiles": str(len(bill.paths)),
        "installKBytes": str(-(-size // 1024)),
    }
    assert root.tag == "pkg-info"
    attributes = dict(root.attrib)
    assert re.fullmatch(r"rtinstall-[0-9.]+", attributes.pop("generator-version"))
    assert attributes == {
        "format-version": "2",
        "identifier": component,
        "version": "24.19.0" if component == NODE else "11.6.2",
        "install-location": "/",
        "auth": "root",
        "overwrite-permissions": "false",
        "relocatable": "false",
        "postinstall-action": "none",
    }
    assert [(child.tag, len(child)) for child in root] == [
        ("payload", 0),
        ("bundle-version", 0),
        ("upgrade-bundle", 0),
        ("update-bundle", 0),
        ("atomic-update-bundle", 0),
        ("strict-identifier", 0),
        ("relocate", 0),
    ]


def test_the_distribution_ties_the_components_together(archive: xar.Xar) -> None:
    root = ET.fromstring(archive.file("Distribution"))
    assert (root.tag, root.attrib) == ("installer-gui-script", {"minSpecVersion": "2"})
    assert [(e.tag, e.text) for e in root.findall("title")] == [("title", "Node.js 24.19.0")]
    lines = [e.get("choice") for e in root.findall("choices-outline/line")]
    assert lines == ["runtime", "npm"]
    choices = {e.get("id"): e for e in root.findall("choice")}
    assert list(choices) == ["runtime", "npm"]
    assert {c: (choices[c].get("title"), choices[c].get("description")) for c in lines} == TEXTS
    assert [choices[c].get("enabled") for c in lines] == ["false", "true"]
    assert [choices[c].get("selected") for c in lines] == ["true", None]
    assert {choices[c].get("start_selected") for c in lines} == {"true"}
    assert [e.get("id") for c in lines for e in choices[c]] == [NODE, NPM]
    references = root.findall("pkg-ref")
    assert [(e.get("id"), e.text, e.get("auth"), e.get("version")) for e in references] == [
        (NODE, f"#{NODE}.pkg", "Root", "24.19.0"),
        (NPM, f"#{NPM}.pkg", "Root", "11.6.2"),
    ]
    for reference in references:
        info = ET.fromstring(archive.file(f"{reference.get('id')}.pkg/PackageInfo"))
        assert info.find("payload[@installKBytes]") is not None
        assert [p.get("installKBytes") for p in info.iter("payload")] == [
            reference.get("installKBytes")
        ]
    assert [e.attrib for e in root.findall("product")] == [
        {"id": "rtinstall.nodejs", "version": "24.19.0"}
    ]
    assert [e.attrib for e in root.findall("domains")] == [
        {
            "enable_anywhere": "false",
            "enable_currentUserHome": "false",
            "enable_localSystem": "true",
        }
    ]
    names = {member.path for member in archive.members}
    for page in ("welcome", "license", "conclusion"):
        (element,) = root.findall(page)
        file = element.get("file")
        assert element.get("mime-type") == "text/html"
        assert f"Resources/{file}" in names or all(
            f"Resources/{language}.lproj/{file}" in names for language in LANGUAGES
        )


@pytest.mark.parametrize(
    ("target", "hosts", "filename"),
    [
        ("darwin-x64", "x86_64", "node-v24.19.0-darwin-x64.pkg"),
        ("darwin-arm64", "arm64", "node-v24.19.0-darwin-arm64.pkg"),
        ("darwin-universal", "arm64,x86_64", "node-v24.19.0.pkg"),
    ],
)
def test_each_processor_has_its_file_and_its_macs(target: str, hosts: str, filename: str) -> None:
    package = pkg.package(darwin(target), Settings())
    assert pkg.filename(package) == filename
    root = ET.fromstring(xar.read(content(package)).file("Distribution"))
    (options,) = root.findall("options")
    assert options.attrib == {
        "customize": "allow",
        "require-scripts": "false",
        "hostArchitectures": hosts,
        "rootVolumeOnly": "true",
    }
    assert [e.attrib for e in root.findall("volume-check/allowed-os-versions/os-version")] == [
        {"min": "13.5"}
    ]


def test_an_executable_that_asks_for_no_macos_gets_no_check() -> None:
    head = bytearray(executable("arm64"))
    # The load command that names the minimum becomes one that says nothing of it (LC_UUID).
    place = head.index(b"\x32\0\0\0\x18\0\0\0")
    head[place] = 0x1B
    package = pkg.package(with_file(darwin(), "bin/node", bytes(head), 0o755), Settings())
    root = ET.fromstring(xar.read(content(package)).file("Distribution"))
    assert root.find("volume-check") is None


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (Metadata(), "rtinstall.nodejs"),
        (Metadata(vendor="Acme GmbH & Co. KG", name="node-22"), "acme-gmbh-co-kg.node-22"),
        (Metadata(vendor="日本", macos=MacOs("jp.example.node")), "jp.example.node"),
    ],
)
def test_receipts_are_named_after_vendor_and_name(metadata: Metadata, expected: str) -> None:
    package = pkg.package(darwin(), Settings(metadata))
    root = ET.fromstring(xar.read(content(package)).file("Distribution"))
    assert [e.get("id") for e in root.findall("pkg-ref")] == [f"{expected}.node", f"{expected}.npm"]
    (script,) = (f for f in package.files if f.path.endswith(f"/uninstall-{metadata.name}"))
    assert f"'{expected}.npm {expected}.node'".encode() in b"".join(script.content.chunks())


def test_another_name_names_the_file() -> None:
    package = pkg.package(darwin(), Settings(Metadata(name="acme-node")))
    assert pkg.filename(package) == "acme-node-v24.19.0-darwin-arm64.pkg"


@pytest.mark.parametrize(
    ("version", "revision", "expected"),
    [
        ("24.19.0", 1, ("24.19.0", "11.6.2")),
        ("24.19.0", 2, ("24.19.0.2", "11.6.2.2")),
        ("24.19.0", 10, ("24.19.0.10", "11.6.2.10")),
        ("25.0.0-rc.1", 1, ("25.0.0-rc.1", "11.6.2")),
    ],
)
def test_a_later_packaging_has_a_higher_version(
    version: str, revision: int, expected: tuple[str, str]
) -> None:
    bundle = darwin(version=version)
    found = xar.read(content(pkg.package(bundle, Settings(Metadata(revision=revision)))))
    root = ET.fromstring(found.file("Distribution"))
    assert tuple(e.get("version") for e in root.findall("pkg-ref")) == expected


# What people read.


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_a_choice_is_translated(archive: xar.Xar, language: str) -> None:
    data = archive.file(f"Resources/{language}.lproj/Localizable.strings").decode()
    pairs = dict(re.findall(r'^"([^"]+)" = "([^"]+)";$', data, re.MULTILINE))
    assert len(pairs) == len(data.splitlines())
    assert set(pairs) == {text for choice in TEXTS.values() for text in choice}
    assert (pairs == {key: key for key in pairs}) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_say_what_is_installed_and_how_it_goes_away(
    archive: xar.Xar, language: str
) -> None:
    welcome = archive.file(f"Resources/{language}.lproj/welcome.html").decode()
    conclusion = archive.file(f"Resources/{language}.lproj/conclusion.html").decode()
    assert f'<html lang="{language}">' in welcome
    for word in ("24.19.0", "11.6.2", "<code>/usr/local</code>", "rtinstall"):
        assert word in welcome
    assert "<code>sudo /usr/local/bin/uninstall-nodejs</code>" in conclusion
    exported = "NODE_EXTRA_CA_CERTS=/usr/local/etc/nodejs/ca-certificates.pem"
    assert exported in conclusion
    assert "@" not in welcome + conclusion
    plain = xar.read(content(pkg.package(darwin(), Settings())))
    without = plain.file(f"Resources/{language}.lproj/conclusion.html").decode()
    assert "NODE_EXTRA_CA_CERTS" not in without
    assert "@" not in without


def test_words_from_outside_stay_words() -> None:
    metadata = Metadata(vendor='<b>"Jürgen" & Söhne</b> @VERSION@', macos=MacOs("de.example.node"))
    bundle = with_file(darwin(), "LICENSE", b"\xef\xbb\xbfa < b && \xc3\xa9 @NPM@ </pre>\f")
    found = xar.read(content(pkg.package(bundle, Settings(metadata))))
    welcome = found.file("Resources/en.lproj/welcome.html").decode()
    assert "&lt;b&gt;&quot;Jürgen&quot; &amp; Söhne&lt;/b&gt; @VERSION@" in welcome
    licence = found.file("Resources/license.html").decode()
    assert "<pre>a &lt; b &amp;&amp; é @NPM@ &lt;/pre&gt;\n</pre>" in licence


# Where things go.


def test_below_another_prefix_a_file_puts_it_on_the_path() -> None:
    package = pkg.package(darwin(), replace(SETTINGS, prefix="opt/acme/node"))
    paths = {file.path: b"".join(file.content.chunks()) for file in package.files}
    assert paths["private/etc/paths.d/nodejs"] == b"/opt/acme/node/bin\n"
    assert {"opt/acme/node/bin/node", "opt/acme/node/etc/npmrc"} <= set(paths)
    assert not any(
        p.startswith("private") for p in (f.path for f in pkg.package(darwin(), Settings()).files)
    )


def test_configuration_documents_and_licences_are_known(package: Package) -> None:
    assert package.config == {
        "usr/local/etc/npmrc",
        "usr/local/etc/nodejs/ca-certificates.pem",
        "usr/local/etc/acme",
        "private/etc/acme.conf",
    }
    assert package.licenses == {"usr/local/share/doc/nodejs/LICENSE"}
    assert {path.rpartition("/")[2] for path in package.docs} == {
        "LICENSE", "README.md", "CHANGELOG.md", "gdbinit"
    }  # fmt: skip


def test_corepack_belongs_to_the_runtime_as_upstream_has_it() -> None:
    path = "lib/node_modules/corepack/dist/npm.js"
    bundle = with_file(darwin(), path, b"")
    bundle = replace(bundle, entries=(*bundle.entries, Symlink("bin/corepack", f"../{path}")))
    found = xar.read(content(pkg.package(bundle, Settings())))
    names = {path.path for path in bom.read(found.file(f"{NODE}.pkg/Bom")).paths}
    assert {"./usr/local/bin/corepack", f"./usr/local/{path}"} <= names


# Refused before anything is written.


@pytest.mark.parametrize("target", ["linux-x64", "win-x64"])
def test_other_systems_are_refused(target: str) -> None:
    with pytest.raises(NotPublished, match=f"pkg has no packages for {target}"):
        pkg.package(small_bundle(target), Settings())


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a\0b", b"\x1b[1mbold"])
def test_a_licence_that_is_not_text_is_refused(data: bytes) -> None:
    with pytest.raises(NotExpressible, match="text"):
        pkg.package(with_file(darwin(), "LICENSE", data), Settings())


def test_more_than_a_bom_can_count_is_refused(tmp_path: Path) -> None:
    large = File("opt/large", 0o644, Slice(tmp_path / "large", 0, 8 << 30), "0" * 64)
    with pytest.raises(NotExpressible, match="cannot hold 85899"):
        pkg.package(darwin(), Settings(extra=(large,)))


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", executable("arm64")[:40]])
def test_an_executable_that_cannot_be_read_is_refused(data: bytes) -> None:
    with pytest.raises(WrongBinary):
        pkg.package(with_file(darwin(), "bin/node", data, 0o755), Settings())


@pytest.mark.parametrize(
    "changed",
    [
        Settings(prefix="usr/lib/node"),
        Settings(prefix="System/node"),
        Settings(prefix="usr/localx"),
        Settings(extra=(File.of("usr/bin/x", b""),)),
        Settings(extra=(File.of("bin/x", b""),)),
        Settings(Metadata(vendor="日本")),
    ],
)
def test_what_macos_keeps_to_itself_is_refused(changed: Settings) -> None:
    with pytest.raises(BadConfiguration):
        pkg.package(darwin(), changed)


def test_control_characters_are_refused() -> None:
    with pytest.raises(NotExpressible, match=r"the character '\\x1b'"):
        pkg.package(darwin(), Settings(Metadata(vendor="a\x1bb")))


# Our reader, which stands between a build and dist/, and real tools.


@pytest.mark.parametrize("target", ["darwin-x64", "darwin-arm64", "darwin-universal"])
def test_what_was_written_passes_the_check_of_every_build(target: str, tmp_path: Path) -> None:
    package = pkg.package(darwin(target), SETTINGS)
    path = tmp_path / pkg.filename(package)
    with path.open("xb+") as out:
        pkg.write(package, out, Effort("fast"))
    check_artifact(path, package, Effort())


def test_bsdtar_7z_cpio_and_xmllint_agree(package: Package, tmp_path: Path) -> None:
    path = tmp_path / pkg.filename(package)
    with path.open("xb+") as out:
        pkg.write(package, out, Effort("fast"))
    run("bsdtar", "-xf", path, "-C", tmp_path)
    assert "Everything is Ok" in run("7z", "t", path)
    pages = [*tmp_path.glob("Resources/*.html"), *tmp_path.glob("Resources/*/*.html")]
    assert len(pages) == 7
    files = (tmp_path / "Distribution", *tmp_path.glob("*.pkg/PackageInfo"), *pages)
    assert run("xmllint", "--noout", *files) == ""
    listed = []
    for component in (NODE, NPM):
        data = (tmp_path / f"{component}.pkg" / "Payload").read_bytes()
        plain = zlib.decompress(data, wbits=31)
        result = subprocess.run([tool("cpio"), "-it"], input=plain, capture_output=True, check=True)
        names = result.stdout.decode().splitlines()
        assert names == [member.name for member in cpio.read_odc(plain)]
        listed += [name.removeprefix("./") for name in names]
        lines = run("bsdtar", "-tvf", tmp_path / f"{component}.pkg" / "Payload").splitlines()
        assert {tuple(line.split()[2:4]) for line in lines} == {("0", "0")}
    assert set(listed) == {".", *(entry.path for entry in package.entries)}


# The same bytes, wherever and however.


def test_progress_counts_the_payload_and_nothing_else(package: Package) -> None:
    counted: list[int] = []
    content(package, Effort("fast", advance=counted.append))
    assert sum(counted) == package.size


def test_the_bytes_depend_on_the_package_alone(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = content(package)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.chdir(tmp_path)
    assert content(pkg.package(darwin(), SETTINGS), Effort("fast", jobs=3)) == first
    assert content(replace(package, time=package.time + 1)) != first
