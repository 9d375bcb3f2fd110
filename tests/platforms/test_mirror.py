"""``dist/``: whole or not at all, grown release by release, readable by others."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_bundle
from rtinstall.platforms.build import Built, build, recipe
from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.lists import SHASUMS
from rtinstall.platforms.mirror import Mirror
from rtinstall.platforms.package import Effort, Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal
from rtinstall.runtime_bundle.errors import NoSpace, UnsafeArchive, VerificationFailed
from rtinstall.runtime_bundle.model import Bundle, File
from rtinstall.runtime_bundle.releases import parse_index, parse_index_tab
from rtinstall.runtime_bundle.verify import parse_shasums

QUIET = Terminal(None, quiet=True)
FAST = Effort("fast", 1)
DEFAULT = Settings()


def release(root: Path, bundle: Bundle, *formats: str, settings: Settings = DEFAULT) -> list[Built]:
    mirror = Mirror(root)
    with mirror.writing(), mirror.stage() as stage:
        built = [
            build(bundle, settings, name, stage=stage, effort=FAST, watch=QUIET) for name in formats
        ]
        unit = f"{bundle.target}-{'-'.join(formats)}"
        mirror.deliver(unit, bundle, built, stage)
        mirror.publish(bundle.version, [unit])
    return built


def files(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_a_release_is_a_mirror_in_the_upstream_layout(tmp_path: Path, bundle: Bundle) -> None:
    release(tmp_path, bundle, "tar.gz", "deb")
    assert files(tmp_path) == [
        ".lock",
        "index.json",
        "index.tab",
        "v24.19.0/SHASUMS256.txt",
        "v24.19.0/node-v24.19.0-linux-x64.manifest.json",
        "v24.19.0/node-v24.19.0-linux-x64.tar.gz",
        "v24.19.0/nodejs_24.19.0-1_amd64.deb",
    ]
    (found,) = parse_index((tmp_path / "index.json").read_bytes())
    assert parse_index_tab((tmp_path / "index.tab").read_text()) == (found,)
    assert (str(found.version), found.npm, found.lts) == ("24.19.0", "11.6.2", "Krypton")
    assert found.files == {"linux-x64"}


def test_a_runtime_without_headers_takes_nothing_from_the_index(
    tmp_path: Path, bundle: Bundle
) -> None:
    release(tmp_path, bundle, "tar.gz")
    release(tmp_path, replace(small_bundle("win-x64"), components={}), "zip")
    (found,) = parse_index((tmp_path / "index.json").read_bytes())
    assert found.files == {"linux-x64", "win-x64-zip"}
    assert (found.v8, found.uv, found.modules) == ("13.6.233.17", "1.51.0", "137")


def test_manifest_says_what_is_inside_and_where_it_came_from(
    tmp_path: Path, bundle: Bundle
) -> None:
    (built,) = release(tmp_path, bundle, "deb")
    manifest = json.loads(
        (tmp_path / "v24.19.0/node-v24.19.0-linux-x64.manifest.json").read_bytes()
    )
    assert manifest["provenance"][0]["digest"] == f"sha256:{'0' * 64}"
    assert manifest["artifacts"][0]["sha256"] == built.artifact.sha256
    assert {e["path"] for e in manifest["entries"]} == {e.path for e in bundle.entries}


def test_targets_and_versions_are_added_to_what_is_there(tmp_path: Path, bundle: Bundle) -> None:
    release(tmp_path, bundle, "tar.gz")
    release(tmp_path, small_bundle("linux-arm64"), "tar.gz", "deb")
    release(tmp_path, small_bundle(version="22.20.0"), "tar.gz")
    found = parse_index((tmp_path / "index.json").read_bytes())
    assert [(str(r.version), sorted(r.files)) for r in found] == [
        ("24.19.0", ["linux-arm64", "linux-x64"]),
        ("22.20.0", ["linux-x64"]),
    ]
    sums = parse_shasums((tmp_path / "v24.19.0" / SHASUMS).read_bytes())
    assert {name.rpartition(".")[2] for name in sums} == {"gz", "deb", "json"}
    assert len(sums) == 5


def test_a_recipe_changes_with_everything_that_changes_bytes(bundle: Bundle) -> None:
    deb = FORMATS["deb"]
    base = deb.package(bundle, Settings())
    same = deb.package(small_bundle(), Settings())
    assert recipe(base, FAST) == recipe(same, Effort("fast", 8))
    others = [
        (base, Effort("max", 1)),
        (deb.package(replace(bundle, released=1), Settings()), FAST),
        (deb.package(bundle, Settings(npmrc=b"a=b\n")), FAST),
        (deb.package(bundle, Settings(metadata=replace(Metadata(), revision=2))), FAST),
        (deb.package(bundle, Settings(metadata=replace(Metadata(), codec={"deb": "xz"}))), FAST),
        (deb.package(bundle, Settings(extra=(File.of("etc/x", b"1"),))), FAST),
        (deb.package(bundle, Settings(extra=(File.of("etc/x", b"2"),))), FAST),
    ]
    recipes = {recipe(package, effort) for package, effort in others}
    assert len(recipes) == len(others)
    assert recipe(base, FAST) not in recipes


class Broken:
    """A format that fails in the middle of writing."""

    def __init__(self, fault: BaseException) -> None:
        self.fault = fault
        self.package = FORMATS["deb"].package
        self.filename = FORMATS["deb"].filename

    def write(self, package: object, out: object, effort: object) -> None:
        out.write(b"half")  # type: ignore[attr-defined]
        raise self.fault


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NoSpace),
        (OSError(errno.EROFS, "Read-only file system"), NoSpace),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (ValueError("a bug"), ValueError),
    ],
)
def test_a_fault_while_writing_leaves_nothing_half_written(
    tmp_path: Path,
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
    fault: BaseException,
    raised: type[BaseException],
) -> None:
    monkeypatch.setitem(FORMATS, "deb", Broken(fault))
    with pytest.raises(raised):
        release(tmp_path, bundle, "tar.gz", "deb")
    assert files(tmp_path) == [".lock"]


TARGET = {
    "apk": "linux-x64-musl",
    "msi": "win-x64",
    "zip": "win-x64",
    "pkg": "darwin-arm64",
    "ibmi": "ibmi-ppc64",
    "freebsd": "freebsd-x64",
}
SHARES: tuple[float | bytes, ...] = (0.3, 0.5, 0.8)
# Formats of which no digest covers the whole: there the last such mark is broken, or what follows.
PLACES: dict[str, tuple[float | bytes, ...]] = {
    "msi": (
        b"MSCF",
        b"CK",
        b"NodeRuntime",
        b"SOFTWARE",
        b"24.19.0.0",
        b"x64;1033",
        b"\5\0S\0u\0m\0",
        b"\xfd\xff\xff\xff",
    ),
    "zip": (0.3, b"PK\3\4", b"PK\1\2", b"PK\5\6"),
}
FLIPS = [(name, place) for name in sorted(FORMATS) for place in PLACES.get(name, SHARES)]


@pytest.mark.parametrize(("name", "place"), FLIPS)
def test_what_was_not_written_right_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, place: float | bytes
) -> None:
    bundle = small_bundle(TARGET.get(name, "linux-x64"))
    module = FORMATS[name]

    class Flipping:
        package = staticmethod(module.package)
        filename = staticmethod(module.filename)

        @staticmethod
        def write(package: object, out: object, effort: object) -> None:
            module.write(package, out, effort)  # type: ignore[arg-type]
            out.seek(0)  # type: ignore[attr-defined]
            data = out.read()  # type: ignore[attr-defined]
            where = data.rindex(place) if isinstance(place, bytes) else int(len(data) * place)
            out.seek(where)  # type: ignore[attr-defined]
            byte = out.read(1)[0]  # type: ignore[attr-defined]
            out.seek(where)  # type: ignore[attr-defined]
            out.write(bytes([byte ^ 0x40]))  # type: ignore[attr-defined]

    monkeypatch.setitem(FORMATS, name, Flipping)
    with pytest.raises((VerificationFailed, UnsafeArchive)):
        release(tmp_path, bundle, name)
    assert files(tmp_path) == [".lock"]


def test_a_second_run_does_not_write_into_the_same_mirror(tmp_path: Path) -> None:
    second = Mirror(tmp_path).writing()
    with Mirror(tmp_path).writing(), pytest.raises(NoSpace, match="another"):
        second.__enter__()


def test_what_a_killed_run_left_is_swept(tmp_path: Path, bundle: Bundle) -> None:
    (tmp_path / ".stage-dead").mkdir()
    (tmp_path / ".stage-dead" / "half.deb").write_bytes(b"half")
    release(tmp_path, bundle, "tar.gz")
    assert not list(tmp_path.glob(".stage-*"))


def test_a_package_that_lies_about_its_content_is_caught(
    tmp_path: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = FORMATS["deb"]

    class Losing:
        package = staticmethod(module.package)
        filename = staticmethod(module.filename)

        @staticmethod
        def write(package: object, out: object, effort: object) -> None:
            fewer = replace(package, entries=package.entries[:-1])  # type: ignore[attr-defined, type-var]
            module.write(fewer, out, effort)  # type: ignore[arg-type]

    monkeypatch.setitem(FORMATS, "deb", Losing)
    with pytest.raises(VerificationFailed, match="missing"):
        release(tmp_path, bundle, "deb")
