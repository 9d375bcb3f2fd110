from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import run
from readers import rpm as reader
from rpms import build, content, made, settings
from rtinstall.platforms.linux import rpm, rpm_relations
from rtinstall.platforms.package import Codec, Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Bundle, File
from rtinstall.runtime_bundle.versions import Version


@pytest.mark.parametrize(
    ("target", "file", "isa"),
    [
        ("linux-x64", "nodejs-24.19.0-1.x86_64.rpm", "x86-64"),
        ("linux-arm64", "nodejs-24.19.0-1.aarch64.rpm", "aarch-64"),
        ("linux-armv7l", "nodejs-24.19.0-1.armv7hl.rpm", "armv7hl-32"),
        ("linux-ppc64le", "nodejs-24.19.0-1.ppc64le.rpm", "ppc-64"),
        ("linux-s390x", "nodejs-24.19.0-1.s390x.rpm", "s390-64"),
        ("linux-riscv64", "nodejs-24.19.0-1.riscv64.rpm", "riscv-64"),
        ("linux-loong64", "nodejs-24.19.0-1.loongarch64.rpm", "loongarch64-64"),
    ],
)
def test_each_architecture_has_rpms_names(tmp_path: Path, target: str, file: str, isa: str) -> None:
    package = rpm.package(small_bundle(target), settings())
    path = build(package, tmp_path)
    assert path.name == file
    printed = run("rpm", "-qp", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm %{OS}", path)
    assert printed == f"{file} linux"
    assert f"nodejs({isa}) = 2:24.19.0-1" in package.provides


def test_an_architecture_without_a_name_is_refused() -> None:
    with pytest.raises(NotPublished, match="no packages for linux-armv6l"):
        rpm.package(small_bundle("linux-armv6l"), settings())


def test_the_package_stands_for_the_packages_of_fedora(tmp_path: Path) -> None:
    _, path = made(tmp_path)
    provided = run("rpm", "-qp", "--provides", path).splitlines()
    assert provided == sorted(
        """\
alternative-for(nodejs-bin) = 2:24.19.0-1
alternative-for(nodejs-devel) = 2:24.19.0-1
alternative-for(nodejs-npm-bin) = 2:11.6.2-1
bundled(libuv) = 1.51.0
bundled(openssl) = 3.5.4
bundled(v8) = 13.6.233.17
nodejs = 2:24.19.0-1
nodejs(abi) = 137
nodejs(abi24) = 137
nodejs(engine) = 24.19.0
nodejs(x86-64) = 2:24.19.0-1
nodejs-devel = 2:24.19.0-1
nodejs-npm = 2:11.6.2-1
npm = 2:11.6.2-1
npm(npm) = 11.6.2
""".splitlines()
    )


def test_another_prefix_is_in_nobodys_way(bundle: Bundle) -> None:
    beside = rpm.package(bundle, Settings(Metadata(name="acme-node"), prefix="opt/acme"))
    assert beside.conflicts == beside.replaces == ()
    assert not any(text.startswith(("nodejs", "npm")) for text in beside.provides)
    assert "acme-node(x86-64) = 2:24.19.0-1" in beside.provides


def test_another_name_in_the_same_place_stands_for_nodejs_and_excludes_it(bundle: Bundle) -> None:
    package = rpm.package(bundle, Settings(Metadata(name="acme-node")))
    assert {"acme-node = 2:24.19.0-1", "nodejs = 2:24.19.0-1"} <= set(package.provides)
    assert "nodejs" in package.conflicts


def test_components_with_a_suffix_are_named_by_their_version() -> None:
    bundle = replace(
        small_bundle(),
        components={"v8": "13.6.233.17-node.31", "zlib": "1.3.1-e00f703", "odd": "1"},
    )
    provided = rpm_relations.beside(bundle, Metadata()).provides
    assert provided[:2] == ("bundled(v8) = 13.6.233.17", "bundled(zlib) = 1.3.1")
    assert not any("odd" in text for text in provided)


def test_libraries_are_required_as_rpmbuild_would(tmp_path: Path, bundle: Bundle) -> None:
    generator = Path("/usr/lib/rpm/elfdeps")
    if not generator.is_file():
        pytest.skip("needs elfdeps (Debian package rpm)")
    data = Path("/bin/ls").read_bytes()  # a real program: the generator wants section headers
    if data[:6] + data[18:20] != b"\x7fELF\x02\x01\x3e\x00":
        pytest.skip("needs a machine of the target's architecture")
    program = tmp_path / "node"
    program.write_bytes(data)
    program.chmod(0o755)
    others = (entry for entry in bundle.entries if entry.path != "bin/node")
    bundle = replace(bundle, entries=(*others, File.of("bin/node", data, 0o755)))
    expected = subprocess.run(
        [generator, "--requires"], input=f"{program}\n", capture_output=True, check=True, text=True
    ).stdout.splitlines()
    package = rpm.package(bundle, settings())
    assert {*package.requires} - {"/usr/bin/env"} == {*expected} - {"rtld(GNU_HASH)"}


@pytest.mark.parametrize(
    ("codec", "version", "features"),
    [
        ("gzip", "24.19.0", set()),
        ("none", "24.19.0", set()),
        ("xz", "24.19.0", {"PayloadIsXz"}),
        ("zstd", "24.19.0", {"PayloadIsZstd"}),
        ("gzip", "24.0.0-rc.1", {"TildeInVersions"}),
    ],
)
def test_only_what_is_used_is_asked_of_rpm(codec: Codec, version: str, features: set[str]) -> None:
    package = rpm.package(small_bundle(version=version), settings(codec))
    found = reader.read(content(package))
    asked = {relation.name[7:-1] for relation in found.requires if relation.flags & 1 << 24}
    always = {"CompressedFileNames", "FileDigests", "PayloadFilesHavePrefix"}
    assert asked == always | features


VERSIONS = [  # each below the next
    ("26.0.0-nightly20260101f0f0f0f0f0", "26.0.0~nightly20260101.f0f0f0f0f0"),
    ("26.0.0-nightly202601021a2b3c4d5e", "26.0.0~nightly20260102.1a2b3c4d5e"),
    ("26.0.0-nightly20260103abcdef0123", "26.0.0~nightly20260103.abcdef0123"),
    ("26.0.0-rc.1", "26.0.0~rc.1"),
    ("26.0.0-rc.2", "26.0.0~rc.2"),
    ("26.0.0-rc.10", "26.0.0~rc.10"),
    ("26.0.0-v8-canary20260101abcdef0123", "26.0.0~v8.canary20260101.abcdef0123"),
    ("26.0.0", "26.0.0"),
    ("26.0.1-rc.1", "26.0.1~rc.1"),
    ("26.0.1", "26.0.1"),
    ("26.10.0", "26.10.0"),
    ("27.0.0", "27.0.0"),
]


@pytest.mark.parametrize(("version", "expected"), VERSIONS)
def test_versions_are_written_as_rpm_writes_them(version: str, expected: str) -> None:
    assert rpm.CONVENTIONS.version(Version.parse(version), 3) == f"{expected}-3"


def test_rpm_orders_versions_as_they_were_published() -> None:
    texts = [expected for _, expected in VERSIONS]
    script = "".join(f'io.write(rpm.vercmp("{a}", "{b}"), " ")' for a, b in pairwise(texts))
    assert run("rpm", "--eval", f"%{{lua:{script}}}").split() == ["-1"] * (len(texts) - 1)
