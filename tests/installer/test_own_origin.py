"""``self``: what this program is and what updates it; it never does so itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rtinstall.installer.own_origin import origin_of
from rtinstall.runtime_bundle import __version__
from world.installed import Home

FOLDER = json.dumps({"url": "file:///src/rt%20install", "dir_info": {"editable": True}})
GIT = json.dumps({"url": "https://host/rt.git", "vcs_info": {"vcs": "git", "commit_id": "1"}})
PIP = "/v/bin/python -m pip install --upgrade rtinstall"


@pytest.mark.parametrize(
    ("file", "metadata", "by", "update"),
    [
        ("", {"INSTALLER": "pip\n"}, "pip", PIP),
        ("", {"INSTALLER": "uv"}, "uv pip",
         "uv pip install --python /v/bin/python --upgrade rtinstall"),
        ("uv-receipt.toml", {"INSTALLER": "uv"}, "uv tool", "uv tool upgrade rtinstall"),
        ("pipx_metadata.json", {"INSTALLER": "pip"}, "pipx", "pipx upgrade rtinstall"),
        ("conda-meta/x", {"INSTALLER": "conda"}, "conda", "conda update rtinstall"),
        ("", {"INSTALLER": "rpm"}, "this system's packages", "the package rtinstall"),
        ("", {"METADATA": "Name: rtinstall"}, "this system's packages", "the package rtinstall"),
        ("", {"INSTALLER": "pip", "direct_url.json": FOLDER}, "a checkout, /src/rt install",
         "git -C '/src/rt install' pull"),
        ("", {"INSTALLER": "pip", "direct_url.json": GIT}, "pip",
         "/v/bin/python -m pip install --upgrade git+https://host/rt.git"),
        ("", {"INSTALLER": "pip", "direct_url.json": "{"}, "pip", PIP),
        ("", {"INSTALLER": "pip", "direct_url.json": "[]"}, "pip", PIP),
        ("", {}, "nothing that is written down", PIP),
    ],
)  # fmt: skip
def test_who_installed_it_updates_it(
    tmp_path: Path, file: str, metadata: dict[str, str], by: str, update: str
) -> None:
    if file:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("")
    found = origin_of(tmp_path, "/v/bin/python", lambda name: metadata.get(name, ""))
    assert found.by == by
    assert update in found.update


def test_one_program_without_python_is_updated_as_it_came(tmp_path: Path) -> None:
    found = origin_of(tmp_path, "/opt/rtinstall", lambda name: "", frozen=True)
    assert "newer package" in found.update


def test_self_says_all_of_it(home: Home) -> None:
    value = home.run("self", "--json").good().json
    assert value["version"] == __version__
    assert value["python"] == sys.executable
    assert value["home"] == str(home.store)
    assert value["installed_by"]
    assert value["update"]
    shown = home.run("self").good().out
    assert f"to update: {value['update']}" in shown
    assert not home.store.exists()
