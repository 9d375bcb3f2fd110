"""FreeBSD and IBM i at full size: the real npm and headers, and programs that really are for them.

No Node.js for these systems can be had here, and none could run. In its place stands esbuild, which
npm packages publish for both, as Go's compiler made it: an ELF branded for FreeBSD, an XCOFF.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from oracles import run, tool
from real_release import Release, rtbuild, shared
from roots import FreeBsd, needs_root, on_disk, rpm_in

pytestmark = pytest.mark.real

ESBUILD = "0.28.2"
PROGRAMS = {
    "freebsd-x64": "freebsd-x64",
    "freebsd-arm64": "freebsd-arm64",
    "ibmi-ppc64": "aix-ppc64",
}
FORMAT = {"freebsd-x64": "freebsd", "freebsd-arm64": "freebsd", "ibmi-ppc64": "ibmi"}
FAST = ("--level", "fast")


@dataclass(frozen=True)
class StandIn:
    """A runtime in a folder, and the packages that were made of it."""

    target: str
    tree: Path
    packages: Path

    @property
    def package(self) -> Path:
        (found,) = (p for p in self.packages.iterdir() if p.suffix in (".pkg", ".rpm"))
        return found

    @property
    def files(self) -> dict[str, str]:
        """Return what is in the folder by path below it, but for folders."""
        return {
            name: said
            for name, said in on_disk(self.tree)
            if not (self.tree / name).is_dir() or (self.tree / name).is_symlink()
        }


def program(name: str, folder: Path) -> Path:
    """Fetch esbuild for another system, or skip where the registry is out of reach."""
    words = (tool("npm"), "pack", f"@esbuild/{name}@{ESBUILD}", "--pack-destination", folder)
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.skip(f"needs esbuild for {name} from a registry: {ended.stderr[-200:]}")
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extract("package/bin/esbuild", folder, filter="data")
    packed.unlink()
    return folder / "package/bin/esbuild"


@pytest.fixture(scope="module", params=PROGRAMS)
def stand_in(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> StandIn:
    target = str(request.param)
    with shared(tmp_path_factory, f"stand-in-{target}") as folder:
        tree = folder / f"node-v{release.version}-linux-x64"
        if not (folder / "packages").exists():
            with tarfile.open(release.path("tar.gz")) as archive:
                archive.extractall(folder, filter="data")
            (tree / "bin/node").unlink()
            (folder / "fetched").mkdir(exist_ok=True)
            shutil.copyfile(program(PROGRAMS[target], folder / "fetched"), tree / "bin/node")
            (tree / "bin/node").chmod(0o755)
            words = ("build", tree, "-t", target, "-o", folder / "packages")
            rtbuild(*words, *FAST, folder=folder).good()
        return StandIn(target, tree, folder / "packages")


def test_every_package_is_found_right(stand_in: StandIn) -> None:
    found = sorted(stand_in.packages.glob("node*"))
    assert len(found) == 3
    for path in found:
        rtbuild("verify", path, folder=stand_in.packages).good()


def test_the_package_is_turned_into_the_archive_the_runtime_becomes(
    stand_in: StandIn, tmp_path: Path
) -> None:
    rtbuild("build", stand_in.package, "-f", "tar.gz", *FAST, folder=tmp_path).good()
    (again,) = (tmp_path / "packages").glob("*.tar.gz")
    assert again.read_bytes() == (stand_in.packages / again.name).read_bytes()


def test_a_repository_of_it_is_a_source_of_it(stand_in: StandIn, tmp_path: Path) -> None:
    kind = ("freebsd",) if FORMAT[stand_in.target] == "freebsd" else ("yum", "--compat", "ibmi")
    rtbuild("repo", *kind, tmp_path / "repo", stand_in.package, folder=tmp_path).good()
    words = ("--source", tmp_path / "repo", "--allow-unsigned", "-f", FORMAT[stand_in.target])
    rtbuild("release", "24", "-t", stand_in.target, *words, *FAST, folder=tmp_path).good()
    (again,) = (tmp_path / "dist").glob(f"v*/*{stand_in.package.suffix}")
    assert again.read_bytes() == stand_in.package.read_bytes()


def check_installed(stand_in: StandIn, found: dict[str, str], home: str) -> None:
    """Check that everything of the runtime is below ``home``, byte for byte."""
    as_it_is = {
        f"{home}/{name}": said
        for name, said in stand_in.files.items()
        if name.startswith(("bin/", "include/", "lib/"))
    }
    assert len(as_it_is) > 4_000
    assert {name: found.get(name) for name in as_it_is} == as_it_is


def test_freebsds_own_pkg_installs_checks_and_removes_it(stand_in: StandIn, tmp_path: Path) -> None:
    if FORMAT[stand_in.target] != "freebsd":
        pytest.skip("not for FreeBSD")
    freebsd = FreeBsd(tmp_path, 14, "amd64" if stand_in.target.endswith("x64") else "aarch64")
    freebsd("add", stand_in.package)
    check_installed(stand_in, dict(on_disk(freebsd.root, "var")), "usr/local")
    assert freebsd("check", "-s", "nodejs").count("mismatch") == 0
    freebsd("delete", "-y", "nodejs")
    assert dict(on_disk(freebsd.root, "var")).keys() <= {"usr", "usr/local"}


@needs_root
def test_rpm_installs_and_removes_it(stand_in: StandIn, tmp_path: Path) -> None:
    if FORMAT[stand_in.target] != "ibmi":
        pytest.skip("not for IBM i")
    root = tmp_path / "root"
    run("rpm", "-K", stand_in.package)
    elsewhere = ("--nodeps", "--ignoreos", "--ignorearch")
    rpm_in(root, "-i", *elsewhere, stand_in.package)
    check_installed(stand_in, dict(on_disk(root, "var")), "QOpenSys/pkgs/lib/nodejs24")
    rpm_in(root, "-e", "nodejs24")
    left = {name for name, _ in on_disk(root, "dev", "etc", "root", "tmp", "var")}
    assert all(name in "QOpenSys/pkgs/lib" for name in left), left
