from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from readers import arch as reader
from real_release import Release, check_contents, check_runs, check_smoke
from roots import Pacman, on_disk

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def pacman(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Pacman:
    """Give a root into which pacman has installed the package."""
    pacman = Pacman(tmp_path_factory.mktemp("pacman"))
    pacman("-Udd", release.path("arch"))
    return pacman


def test_reader_pacman_and_manifest_agree(release: Release, pacman: Pacman) -> None:
    package = reader.read(release.path("arch").read_bytes())
    found = {
        member.name.rstrip("/"): member.link
        or f"{member.mode:o} {hashlib.sha256(member.data).hexdigest()}"
        if member.kind != "directory"
        else f"{member.mode:o}"
        for member in package.members
    }
    assert dict(on_disk(pacman.root)) == found
    check_contents(found, release)
    total = len(found)
    assert pacman("-Qkk", "nodejs") == f"nodejs: {total} total files, 0 altered files\n"


def test_node_and_npm_run_where_pacman_puts_them(
    release: Release, pacman: Pacman, tmp_path: Path
) -> None:
    check_runs(pacman.root / "usr", release, tmp_path)


def test_what_pacman_installed_passes_every_smoke_check(release: Release, pacman: Pacman) -> None:
    check_smoke(pacman.root, release)


def test_an_upgrade_leaves_the_new_files_alone_and_a_removal_none(
    release: Release, older: Release, pacman: Pacman, tmp_path: Path
) -> None:
    other = Pacman(tmp_path)
    other("-Udd", older.path("arch"))
    new = dict(on_disk(pacman.root))
    assert dict(on_disk(other.root)).keys() - new.keys(), "nothing could be left behind"
    other("-Udd", release.path("arch"))
    assert dict(on_disk(other.root)) == new
    assert "0 altered files" in other("-Qkk", "nodejs")
    other("-Rdd", "nodejs")
    assert list(on_disk(other.root)) == []
