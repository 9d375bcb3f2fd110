"""``self``: what this program is and what updates it; it never does so itself."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from rtinstall.installer.own_origin import of_package, origin_of, others_on_path
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


@pytest.mark.parametrize(
    ("note", "by", "update"),
    [
        ('{"format": "deb", "package": "nodejs"}', "the .deb package nodejs",
         "sudo apt install ./FILE.deb, with the file of the newer nodejs"),
        ('{"format": "msi", "package": "acme-node"}', "the .msi package acme-node",
         "msiexec /i FILE.msi, with the file of the newer acme-node"),
        ('{"format": "deb", "package": "\\u001b[2J"}', "the .deb package ?", "sudo apt"),
        ('{"format": "tar", "package": "nodejs"}', "a file of its own, /x", "in the place of /x"),
        ("[]", "a file of its own, /x", "in the place of /x"),
        ("{", "a file of its own, /x", "in the place of /x"),
        (None, "a file of its own, /x", "in the place of /x"),
    ],
)  # fmt: skip
def test_what_came_in_a_package_is_updated_by_the_next_one(
    tmp_path: Path, note: str | None, by: str, update: str
) -> None:
    if note is not None:
        (tmp_path / "origin.json").write_text(note)
    found = of_package("zipapp", tmp_path / "origin.json", "/x")
    assert (found.by, found.form) == (by, "zipapp")
    assert update in found.update


@pytest.mark.skipif(os.name == "nt", reason="names of programs without a suffix")
def test_the_others_on_path_are_named_once_and_this_one_never(tmp_path: Path) -> None:
    for folder in ("own", "pip", "not", "link", "same"):
        (tmp_path / folder).mkdir()
    for folder in ("own", "pip", "not"):
        (tmp_path / folder / "rtinstall").write_text("")
        (tmp_path / folder / "rtinstall").chmod(0o644 if folder == "not" else 0o755)
    (tmp_path / "link" / "rtinstall").symlink_to("../own/rtinstall")
    (tmp_path / "same" / "rtinstall").symlink_to("../pip/rtinstall")
    path = ":".join([*(str(tmp_path / name) for name in ("link", "not", "pip", "same")), "", "."])
    own, pip = (str(tmp_path / name / "rtinstall") for name in ("own", "pip"))
    assert others_on_path(path, own) == [pip]
    assert others_on_path(path, pip) == [str(tmp_path / "link" / "rtinstall")]


def test_self_says_all_of_it(home: Home) -> None:
    value = home.run("self", "--json").good().json
    assert value["version"] == __version__
    assert value["python"] == sys.executable
    assert value["home"] == str(home.store)
    assert value["installed_by"]
    assert value["update"]
    assert value["form"] == "modules"
    shown = home.run("self").good().out
    assert f"to update: {value['update']}" in shown
    assert not home.store.exists()
