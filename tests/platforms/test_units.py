"""Units of work: a name says everything that determines the output, and nothing else does."""

from __future__ import annotations

import json
import pickle
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from rtinstall.platforms.cli import cli
from rtinstall.platforms.origin import Origin
from rtinstall.platforms.package import Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.units import (
    Opener,
    Unit,
    carry_out,
    command_of,
    described,
    portable,
    settings_name,
)
from rtinstall.runtime_bundle.errors import BadConfiguration
from rtinstall.runtime_bundle.model import File, Slice
from world.rtbuild import IMPORTS

UNIT = Unit(
    version="24.19.0",
    target="linux-x64",
    formats=("deb", "tar.gz"),
    source="dist",
    turn=0,
    identity="sha256:ab",
    location="https://mirror.example/dist/v24.19.0/node-v24.19.0-linux-x64.tar.xz",
    origin=Origin(sources=("https://mirror.example/dist",), allow_unsigned=True),
    settings=Settings(npm="11.6.2"),
    level="fast",
    epoch=1,
)


def with_metadata(**changes: Any) -> Settings:
    return replace(UNIT.settings, metadata=replace(Metadata(), **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "24.18.0"},
        {"target": "linux-arm64"},
        {"formats": ("deb",)},
        {"source": "pip"},
        {"identity": "sha256:cd"},
        {"location": "https://other.example/"},
        {"settings": replace(UNIT.settings, npm="11.6.3")},
        {"settings": replace(UNIT.settings, npmrc=b"a=b\n")},
        {"settings": replace(UNIT.settings, certificates=b"pem")},
        {"settings": replace(UNIT.settings, prefix="opt/node")},
        {"settings": replace(UNIT.settings, extra=(File.of("etc/x", b"1"),))},
        {"settings": replace(UNIT.settings, extra=(File.of("etc/x", b"2"),))},
        {"settings": with_metadata(revision=2)},
        {"settings": with_metadata(codec={"deb": "xz"})},
        {"level": "max"},
        {"epoch": None},
        {"made_by": "0.0.0"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_name_changes_with_everything_that_changes_the_output(changes: dict[str, Any]) -> None:
    assert replace(UNIT, **changes).name != UNIT.name


@pytest.mark.parametrize(
    "changes",
    [{"turn": 3}, {"origin": Origin(offline=True)}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_name_does_not_depend_on_how_the_source_is_reached(changes: dict[str, Any]) -> None:
    assert replace(UNIT, **changes).name == UNIT.name


def test_formats_share_their_basis() -> None:
    one, other = (replace(UNIT, formats=(name,)) for name in UNIT.formats)
    assert one.name != other.name
    assert one.basis == other.basis == UNIT.basis


@pytest.mark.parametrize("seed", ["0", "1", "77"])
def test_a_unit_is_the_same_in_every_process(seed: str) -> None:
    program = (
        "import pickle, sys; unit = pickle.load(sys.stdin.buffer); "
        "print(unit.name); sys.stdout.flush(); sys.stdout.buffer.write(pickle.dumps(unit))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(UNIT), capture_output=True, check=True,
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(IMPORTS)},
    )  # fmt: skip
    name, _, pickled = ended.stdout.partition(b"\n")
    assert re.fullmatch("[0-9a-f]{64}", name.decode())
    assert (name.decode(), pickle.loads(pickled)) == (UNIT.name, UNIT)


def test_a_unit_is_described_in_json() -> None:
    assert json.loads(json.dumps(described(UNIT)))["unit"] == UNIT.name


def test_a_unit_has_a_command_that_does_the_same() -> None:
    program, verb, *words = shlex.split(command_of(UNIT, "--out", "s3://shelf/a b"))
    assert (program, verb) == ("rtbuild", "release")
    whole = click.Context(cli, info_name="rtbuild", **cli.context_settings)
    said = cli.commands[verb].make_context(verb, words, parent=whole).params
    assert said["expressions"] == ("24.19.0",)
    assert (said["targets"], said["formats"], said["level"]) == (
        ("linux-x64",),
        UNIT.formats,
        "fast",
    )
    assert (said["sources"], said["allow_unsigned"]) == (UNIT.origin.sources, True)
    assert (said["npm"], said["out"]) == ("11.6.2", "s3://shelf/a b")


def test_settings_take_their_files_along(tmp_path: Path) -> None:
    path = tmp_path / "motd"
    path.write_bytes(b"hello\n")
    there = replace(File.of("etc/motd", b"hello\n"), content=Slice(path, 0, 6))
    settings = replace(UNIT.settings, extra=(there,))
    moved = portable(settings)
    path.unlink()
    assert settings_name(moved) == settings_name(settings) != settings_name(UNIT.settings)
    assert moved.metadata == settings.metadata
    assert b"".join(moved.extra[0].content.chunks()) == b"hello\n"
    heavy = replace(there, content=Slice(path, 0, 257 << 20))
    with pytest.raises(BadConfiguration, match="257 MiB"):
        portable(replace(settings, extra=(heavy,)))


def test_a_unit_of_another_rtbuild_is_not_carried_out(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"0\.0\.0"):
        carry_out(replace(UNIT, made_by="0.0.0"), str(tmp_path), open_sources=Opener())
    assert not list(tmp_path.iterdir())
