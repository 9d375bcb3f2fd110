"""``prune`` removes what nothing asks for, and says of everything why it stays or goes."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rtinstall.installer import processes
from rtinstall.installer.reasons import reasons
from world.installed import Home, executable
from world.rtinstall import PROGRAM

# Makes the terminal the one that ^C comes from.
CONTROL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def many(home: Home) -> Home:
    """Give a home with four versions; 24 is the default."""
    home.put("18.20.4", "20.9.0", "22.11.0", "24.19.0")
    home.run("default", "24").good()
    return home


def enter(home: Home, folder: str, version: str) -> Path:
    """Let a hook have been in a project that asks for ``version``."""
    path = home.write(f"{folder}/.nvmrc", version).parent
    old = time.time() - 10
    os.utime(path / ".nvmrc", (old, old))
    home.run("hook", path).good()
    return path


def there(home: Home) -> list[str]:
    return sorted(path.name for path in (home.store / "versions").iterdir())


def test_what_an_alias_a_project_or_this_shell_asks_for_stays(many: Home) -> None:
    enter(many, "one", "20")
    path = f"{many.store}/versions/v18.20.4/bin:{many.system}"
    ended = many.run("prune", "--yes", PATH=path).good()
    assert there(many) == ["v18.20.4", "v20.9.0", "v24.19.0"]
    assert "v24.19.0 stays: it is the default" in ended.out
    assert f"v20.9.0 stays: it is asked for by {many.work}/one/.nvmrc" in ended.out
    assert "v18.20.4 stays: it is on PATH in this shell" in ended.out
    assert "nothing asks for it" in ended.out
    assert "node v22.11.0 is removed" in ended.out


def test_only_the_version_that_a_project_would_get_stays(many: Home) -> None:
    many.put("20.10.0")
    enter(many, "one", "20")
    many.run("prune", "-y").good()
    assert there(many) == ["v20.10.0", "v24.19.0"]


def test_engines_count_and_a_file_counts_as_it_is_now(many: Home) -> None:
    many.write("two/package.json", '{"engines": {"node": "^18"}}')
    many.run("hook", many.work / "two").good()
    one = enter(many, "one", "20")
    (one / ".nvmrc").write_text("22\n")
    many.run("prune", "-y").good()
    assert there(many) == ["v18.20.4", "v22.11.0", "v24.19.0"]


def test_a_project_that_is_gone_keeps_nothing_and_is_named(many: Home) -> None:
    one = enter(many, "one", "20")
    shutil.rmtree(one)
    ended = many.run("prune", "--dry-run").good()
    assert f"v20.9.0 would go (0 B): only {one} asked for it, which is gone" in ended.out
    rows = many.run("prune", "--dry-run", "--json").good().json
    assert rows["gone"] == [{"folder": str(one), "name": "v20.9.0"}]
    assert [row["name"] for row in rows["removed"]] == ["v22.11.0", "v20.9.0", "v18.20.4"]
    assert len(there(many)) == 4


def test_what_is_told_to_be_used_in_this_shell_stays(many: Home) -> None:
    many.run("prune", "-y", RTINSTALL_VERSION="v20.9.0").good()
    assert there(many) == ["v20.9.0", "v24.19.0"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_what_is_running_stays(many: Home) -> None:
    program = many.store / "versions/v20.9.0/bin/node"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as running:
        installed = many.session().store.installed()
        while os.readlink(f"/proc/{running.pid}/exe") != str(program):  # noqa: PTH115
            time.sleep(0.01)
        found = reasons(many.session(), installed)
        running.kill()
    assert [reason.kind for reason in found["v20.9.0"]] == ["process"]
    assert found["v22.11.0"] == []


PROCESSES = {
    "darwin": "    1 /sbin/launchd\n  812 /Library/My App/bin/node\n  813 -zsh\n  814 node\n\n",
    "freebsd14": "  PID COMM                OSREL PATH\n    0 kernel                  0 -\n"
    "    1 init              1400097 /sbin/init\n  812 node              1400097 /Library/My App/bin/node\n",
}


@pytest.mark.parametrize("system", PROCESSES)
def test_other_systems_are_asked_by_their_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    told = executable(tmp_path / "list", f"#!/bin/sh\ncat <<'END'\n{PROCESSES[system]}END\n")
    monkeypatch.setattr(processes, "LISTS", {system.rstrip("0123456789"): (str(told), "-x")})
    found = processes.programs_running(system=system)
    assert found.pop("1").startswith("/sbin/")
    assert found == {"812": "/Library/My App/bin/node"}


@pytest.mark.parametrize("system", ["darwin", "aix", "win32"])
def test_a_system_that_shows_nothing_is_no_error(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(processes, "LISTS", {"darwin": ("/nowhere/ps", "-x")})
    assert processes.programs_running(system=system) == {}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("--keep", "20"), ["v20.9.0", "v24.19.0"]),
        (("--keep", "<20", "--keep", "v22.11.0"), ["v18.20.4", "v22.11.0", "v24.19.0"]),
        (("--older-than", "1"), ["v18.20.4", "v20.9.0", "v22.11.0", "v24.19.0"]),
        (("--older-than", "0"), ["v24.19.0"]),
    ],
)
def test_more_can_be_kept(many: Home, words: tuple[str, ...], left: list[str]) -> None:
    many.run("prune", "--yes", *words).good()
    assert there(many) == left


def test_an_old_version_goes_with_older_than(many: Home) -> None:
    old = time.time() - 40 * 86_400
    os.utime(many.store / "receipts/v20.9.0.json", (old, old))
    ended = many.run("prune", "--yes", "--older-than", "30").good()
    assert there(many) == ["v18.20.4", "v22.11.0", "v24.19.0"]
    assert "v22.11.0 stays: it was installed 0 days ago" in ended.out


def test_nobody_there_to_be_asked_is_an_error_and_nothing_goes(many: Home) -> None:
    many.run("prune").failed(2, "nobody is here to be asked", "--yes")
    assert len(there(many)) == 4


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 0, 4), ("\n", 0, 4), ("\x03", 130, 4)]
)
def test_a_person_is_asked_first(many: Home, answer: str, code: int, left: int) -> None:
    ended, shown = answered(many, "prune", answer)
    assert "remove 3 versions, 0 B?" in shown
    assert ended == code
    assert len(there(many)) == left


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 0), ("\x04", 130), ("\x03", 130)])
def test_implode_asks_first(many: Home, answer: str, code: int) -> None:
    ended, shown = answered(many, "implode", answer)
    assert "v24.19.0" in shown
    assert ended == code
    assert many.store.exists() is (answer != "y\n")


def answered(home: Home, command: str, answer: str) -> tuple[int, str]:
    """Run a command that asks, at a terminal; return its exit code, and what it showed."""
    pty = pytest.importorskip("pty", reason="needs a terminal of Unix")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", CONTROL, *PROGRAM, command],
        cwd=home.work, env=home.environment(), start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as running:  # fmt: skip
        os.close(theirs)
        shown = ""
        while "[y/N]" not in shown:
            shown += os.read(ours, 4096).decode()
        more, ready = "", None
        while not ready:  # a ^C that comes before the prompt listens is lost: it is pressed again
            os.write(ours, answer.encode())
            while (ready := select.select([ours], [], [], 1.0)[0]) and (more := read_on(ours)):
                shown += more
    os.close(ours)
    assert "Traceback" not in shown
    return running.returncode, shown


def read_on(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # nobody has its other side any more
        return ""


def test_what_the_user_has_put_there_is_kept(many: Home) -> None:
    executable(many.store / "versions/v20.9.0/lib/node_modules/mine/index.js", "mine")
    rows = many.run("prune", "-y", "--json").good().json["removed"]
    kept = {row["name"]: row["kept"] for row in rows}
    place = Path(kept["v20.9.0"])
    assert (place / "lib/node_modules/mine/index.js").read_text() == "mine"


def test_nothing_to_remove_needs_no_answer(home: Home) -> None:
    home.put("24.19.0")
    home.run("default", "24").good()
    assert "nothing is there that nothing asks for" in home.run("prune").good().out
    assert there(home) == ["v24.19.0"]


def test_versions_of_the_machine_are_left(many: Home) -> None:
    shutil.copytree(many.store, many.folder / "shared", symlinks=True)
    many.run("prune", "-y").good()
    assert len(list((many.folder / "shared/versions").iterdir())) == 4
