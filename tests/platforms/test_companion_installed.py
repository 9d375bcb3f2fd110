"""Packages with ``rtinstall`` in them, installed and removed by the real tools: nothing stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from bundles import small_bundle
from companions import frozen, zipapp
from oracles import attempt, tool
from roots import Pacman, dpkg, needs_root, on_disk, rpm_in, rpm_verify
from rtinstall.platforms.build import build
from rtinstall.platforms.companion import Companion
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal

FORMS = {"onedir": frozen(), "zipapp": zipapp()}
THERE = {
    "usr/bin/rtinstall",
    "usr/lib/rtinstall/rtinstall",
    "usr/share/bash-completion/completions/rtinstall",
    "usr/share/fish/vendor_completions.d/rtinstall.fish",
}
each_form = pytest.mark.parametrize("companion", FORMS.values(), ids=FORMS)


def package(name: str, companion: Companion, folder: Path) -> Path:
    return build(
        small_bundle(), Settings(companions=(companion,)), name,
        stage=folder, effort=Effort("fast"), watch=Terminal(None, quiet=True),
    ).path  # fmt: skip


@each_form
def test_dpkg_installs_and_purges_it(companion: Companion, tmp_path: Path) -> None:
    root = tmp_path / "root"
    dpkg(root, "-i", package("deb", companion, tmp_path))
    found = dict(on_disk(root, "var"))
    assert found.keys() >= THERE
    assert found["usr/bin/rtinstall"] == "../lib/rtinstall/rtinstall"
    assert dpkg(root, "--verify", "nodejs") == ""
    dpkg(root, "--purge", "nodejs")
    assert list(on_disk(root, "var")) == []


@needs_root
@each_form
def test_rpm_installs_and_erases_it(companion: Companion, tmp_path: Path) -> None:
    tool("rpm")
    root = tmp_path / "root"
    rpm_in(root, "-i", "--nodeps", package("rpm", companion, tmp_path))
    assert dict(on_disk(root, "var")).keys() >= THERE
    assert rpm_verify(root) == ""
    rpm_in(root, "-e", "--nodeps", "nodejs")
    left = " ".join(path for path, _ in on_disk(root, "var"))
    assert not any(word in left for word in ("rtinstall", "completion", "zsh", "fish"))


def test_rpmlint_finds_nothing_of_it(tmp_path: Path) -> None:
    said = attempt("rpmlint", package("rpm", zipapp(), tmp_path)).stdout
    assert "nodejs.x86_64" in said
    assert [line for line in said.splitlines() if "rtinstall" in line and ": E: " in line] == []


@each_form
def test_pacman_installs_and_removes_it(companion: Companion, tmp_path: Path) -> None:
    pacman = Pacman(tmp_path)
    pacman("-U", "-dd", package("arch", companion, tmp_path))
    assert dict(on_disk(pacman.root)).keys() >= THERE
    assert "0 altered files" in pacman("-Qkk", "nodejs")
    pacman("-R", "nodejs")
    assert [path for path, _ in on_disk(pacman.root) if "rtinstall" in path] == []
