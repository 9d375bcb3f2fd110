"""Locks between processes, on file systems that have them, have only some, or none."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from roots import needs_root
from rtinstall.runtime_bundle import locks
from rtinstall.runtime_bundle.errors import BadConfiguration, Busy, NoSpace
from rtinstall.runtime_bundle.locks import locked
from world.rtbuild import IMPORTS

HOLD = """
import sys
from pathlib import Path
from rtinstall.runtime_bundle import locks
def refuse(*_): raise OSError(37, "no locks")
for name in sys.argv[2:]:
    setattr(locks.fcntl, name, refuse)
with locks.locked(Path(sys.argv[1]), wait=0):
    print("held", flush=True)
    sys.stdin.readline()
"""


def refuse(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def holder(path: Path, *without: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, *without],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(IMPORTS)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "held\n", process.communicate()
    return process


WITHOUT = [(), ("flock",), ("flock", "lockf")]


@pytest.mark.parametrize("without", WITHOUT)
def test_a_lock_keeps_others_out_until_it_is_given_back(
    tmp_path: Path, without: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in without:
        monkeypatch.setattr(fcntl, name, refuse)
    lock = tmp_path / "lock"
    process = holder(lock, *without)
    with pytest.raises(Busy, match=f"process {process.pid} on "), locked(lock, wait=0.05):
        pass
    process.communicate("\n")
    with locked(lock, wait=0):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert lock.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("without", WITHOUT)
def test_the_lock_of_a_killed_process_is_nobodys(
    tmp_path: Path, without: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in without:
        monkeypatch.setattr(fcntl, name, refuse)
    lock = tmp_path / "lock"
    process = holder(lock, *without)
    process.kill()
    process.communicate()
    with locked(lock, wait=0):
        pass


def other_machine(text: str) -> str:
    process, _, boot, nonce = text.split()
    return f"{process} elsewhere {boot} {nonce}\n"


def other_boot(text: str) -> str:
    process, host, _, nonce = text.split()
    return f"{process} {host} another-boot {nonce}\n"


@pytest.mark.parametrize(
    ("change", "abandoned"),
    [
        (str, False),
        (other_machine, False),
        (other_boot, True),
        (lambda text: "", False),
        (lambda text: "1 2 3", False),
    ],
)
def test_a_lease_is_taken_over_only_if_its_holder_is_known_to_be_gone(
    tmp_path: Path,
    change: Callable[[str], str],
    abandoned: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in WITHOUT[-1]:
        monkeypatch.setattr(fcntl, name, refuse)
    monkeypatch.setattr(locks, "SETTLE", 0.0)
    lock, lease = tmp_path / "lock", tmp_path / "lock.lease"
    with locked(lock, wait=0):
        lease.write_text(change(lease.read_text()))
        if abandoned:
            with locked(lock, wait=0):
                pass
        else:
            with pytest.raises(Busy), locked(lock, wait=0):
                pass
            assert lease.exists()


def test_a_link_in_the_place_of_a_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine\n")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(NoSpace), locked(tmp_path / "lock", wait=0):
        pass
    assert (tmp_path / "precious").read_text() == "mine\n"


@needs_root
def test_a_lock_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    os.chown(tmp_path / "lock", 12345, 12345)
    with pytest.raises(BadConfiguration), locked(tmp_path / "lock", wait=0):
        pass


def test_a_fifo_in_the_place_of_a_lock_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(BadConfiguration), locked(tmp_path / "lock", wait=0):
        pass
