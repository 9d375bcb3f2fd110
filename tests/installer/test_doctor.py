"""``doctor`` finds each thing that is wrong, says what to do, and mends what it can."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rtinstall.installer.machine import Machine
from rtinstall.installer.places import find_places
from rtinstall.installer.store import Store
from world.installed import executable
from world.rtinstall import Desk
from world.runtime import VERSION, Upstream, row

NAME = f"v{VERSION}"
CHANGED = "lib/node_modules/npm/LICENSE"  # of what no two versions share


@pytest.fixture
def well(desk: Desk, upstream: Upstream) -> Desk:
    """Give a home with a version, set up for bash, with which nothing is wrong."""
    upstream.release("22.11.0")
    upstream.release(VERSION)
    (desk.folder / "tools").mkdir()
    executable(desk.folder / "tools/bash", "#!/bin/sh\n")
    desk.config.write_text(f'mirrors = ["{upstream.url}"]\n')
    desk.run("install", "22", "24", "--default").good()
    desk.run("default", "24").good()
    desk.run("setup", "--shell", "bash").good()
    return desk


def path(desk: Desk) -> str:
    return os.pathsep.join((str(desk.home / "shims"), str(desk.folder / "tools")))


def look(desk: Desk, *words: str, **more: str) -> dict[str, Any]:
    """Return what doctor says, which the exit code says, too."""
    ended = desk.run(
        "doctor", "--json", *words, **{"PATH": path(desk), "SHELL": "/bin/bash"} | more
    )
    found: dict[str, Any] = json.loads(ended.out)
    assert ended.code == (0 if found["healthy"] else 22)
    return found


def found(desk: Desk, *words: str, **more: str) -> dict[str, str]:
    """Return the first sentence of each check that is more than a note."""
    rows = look(desk, *words, **more)["findings"]
    return {row["check"]: row["text"] for row in reversed(rows) if row["severity"] != "note"}


def test_nothing_is_wrong_with_what_is_well(well: Desk) -> None:
    assert found(well, "--verify") == {}
    ended = well.run("debug", "--verify", PATH=path(well), SHELL="/bin/bash").good()
    assert "all is well with 2 versions" in ended.out


def test_a_home_that_is_not_there_is_no_fault_and_is_not_made(desk: Desk) -> None:
    (desk.folder / "home-of-others").mkdir()
    assert found(desk, PATH=str(desk.home / "shims"), SHELL="/bin/other") == {}
    assert not desk.home.exists()


def open_to_all(desk: Desk) -> None:
    desk.home.chmod(0o777)


def open_below(desk: Desk) -> None:
    (desk.home / "versions").chmod(0o775)


def killed(desk: Desk) -> None:
    (desk.home / "stage/0123456789abcdef").mkdir()


def changed_file(desk: Desk) -> None:
    path = desk.home / "versions" / NAME / CHANGED
    path.unlink()  # the other version has the same file
    path.write_text("changed\n")


def missing_program(desk: Desk) -> None:
    (desk.home / "versions" / NAME / "bin/node").unlink()


def damaged_receipt(desk: Desk) -> None:
    (desk.home / "receipts" / f"{NAME}.json").write_text("{")


def exchanged_list(desk: Desk) -> None:
    (desk.home / "receipts" / f"{NAME}.files").write_text("")


def no_receipt(desk: Desk) -> None:
    (desk.home / "versions/v1.2.3").mkdir()


def no_folder(desk: Desk) -> None:
    shutil.rmtree(desk.home / "versions/v22.11.0")


def link_elsewhere(desk: Desk) -> None:
    link = desk.home / "aliases/default"
    link.unlink()
    link.symlink_to("../versions/v22.11.0")


def old_hook(desk: Desk) -> None:
    (desk.home / "env.zsh").write_text("# of last year\n")


def old_shim(desk: Desk) -> None:
    (desk.home / "shims/npm").write_text("#!/bin/sh\n")


def missing_shim(desk: Desk) -> None:
    executable(desk.home / "versions" / NAME / "bin/tsc")


def stale_record(desk: Desk) -> None:
    folder = desk.work / "project"
    folder.mkdir(parents=True)
    (folder / ".nvmrc").write_text("24\n")
    old = time.time() - 10
    os.utime(folder / ".nvmrc", (old, old))
    desk.run("hook", folder).good()
    record = next((desk.home / "projects").rglob(".version"))
    text = record.read_text().replace(NAME, "v22.11.0")
    times = record.stat()
    record.write_text(text)
    os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    ("break_it", "check", "said"),
    [
        (open_to_all, "home", "others can write in"),
        (open_below, "home", "versions, and so decide"),
        (killed, "unfinished", "a run that did not end"),
        (changed_file, "files", f"{CHANGED} was changed"),
        (missing_program, "files", "bin/node is missing"),
        (damaged_receipt, "receipts", "is damaged"),
        (exchanged_list, "files", "not the one that its receipt names"),
        (no_receipt, "receipts", "v1.2.3 has no receipt"),
        (no_folder, "receipts", "v22.11.0 has a receipt, and its folder is gone"),
        (link_elsewhere, "aliases", "should lead to v24.19.0"),
        (old_hook, "hooks", "zsh"),
        (old_shim, "shims", "npm"),
        (missing_shim, "shims", "tsc"),
        (stale_record, "projects", "what is true no more"),
    ],
)
def test_what_is_broken_is_found_and_mended(
    well: Desk, break_it: Callable[[Desk], None], check: str, said: str
) -> None:
    break_it(well)
    wrong = found(well, "--verify")
    assert said in wrong[check]
    assert check in found(well, "--verify")  # looking has mended nothing
    rows = look(well, "--verify", "--fix")["findings"]
    assert next(row for row in rows if row["check"] == check)["mended"]
    assert found(well, "--verify") == {}


def test_what_npm_has_added_is_no_fault(well: Desk) -> None:
    for name in ("lib/node_modules/typescript/index.js", "share/more"):
        executable(well.home / "versions" / NAME / name)
    assert found(well, "--verify") == {}


def test_what_cannot_be_mended_says_why_and_stays(well: Desk, upstream: Upstream) -> None:
    changed_file(well)
    upstream.server.replies.clear()
    shutil.rmtree(well.cache)
    ended = well.run("doctor", "--verify", "--fix", PATH=path(well), SHELL="/bin/bash")
    ended.failed(22, "1 thing is not as it should be")
    assert "  not mended: " in ended.out
    assert (well.home / "versions" / NAME / CHANGED).read_text() == "changed\n"


@pytest.mark.parametrize(
    ("more", "check", "said"),
    [
        ({"PATH": "{folder}/tools"}, "path", "nothing of rtinstall is on PATH"),
        ({"PATH": "{folder}/.nvm/versions/node/v20/bin:{home}/shims"}, "path", "it is of nvm"),
        ({"PATH": "{home}/shims:"}, "path", "not absolute"),
        ({"PATH": "{home}/shims:node_modules/.bin"}, "path", "(node_modules/.bin)"),
        ({"PATH": "{home}/shims:/" + "x" * 140_000}, "path", "140"),
        ({"SHELL": "/usr/bin/fish"}, "start-files", "fish"),
        ({"NPM_CONFIG_PREFIX": "{home}/versions/v22.11.0"}, "npm", "the folder of one node"),
        ({"npm_config_globalconfig": "/nowhere/npmrc"}, "npm", "not there"),
        ({"RTINSTALL_DOWNLOADS": "many"}, "settings", "RTINSTALL_DOWNLOADS must be"),
        ({"RTINSTALL_ALLOW_UNSIGNED": "1"}, "settings", "RTINSTALL_ALLOW_UNSIGNED says so"),
    ],
)
def test_what_the_environment_does_is_found(
    well: Desk, more: dict[str, str], check: str, said: str
) -> None:
    executable(well.folder / ".nvm/versions/node/v20/bin/node")
    more = {key: text.format(home=well.home, folder=well.folder) for key, text in more.items()}
    assert said in found(well, **more)[check]


def test_the_system_s_node_may_be_first_where_it_is_asked_for(well: Desk) -> None:
    own = executable(well.folder / ".nvm/versions/node/v20/bin/node").parent
    assert "path" in found(well, PATH=f"{own}:{well.home}/shims")
    well.work.mkdir(exist_ok=True)
    (well.work / ".nvmrc").write_text("system\n")
    assert "path" not in found(well, PATH=f"{own}:{well.home}/shims")
    assert "path" not in found(well, PATH=str(own))


def notes(desk: Desk, **more: str) -> str:
    rows = look(desk, **more)["findings"]
    return "\n".join(row["text"] for row in rows if row["severity"] == "note")


def test_the_mirror_that_counts_is_told(well: Desk, upstream: Upstream) -> None:
    assert f"the mirror {upstream.url}, as {well.config} says" in notes(well)
    said = notes(well, FNM_NODE_DIST_MIRROR="https://a/", NVM_NODEJS_ORG_MIRROR="https://u:p@b/")
    assert "the mirror https://b/, as NVM_NODEJS_ORG_MIRROR says" in said
    assert "FNM_NODE_DIST_MIRROR does not count" in said
    assert "u:p" not in said


def test_prefixes_of_npm_for_every_version_are_told(well: Desk) -> None:
    (well.folder / ".npmrc").write_text("fund=false\nprefix=/home/x/.npm-global\n")
    assert ".npmrc, line 2: prefix is /home/x/.npm-global" in notes(well)
    assert "NPM_CONFIG_PREFIX is /opt/mine" in notes(well, NPM_CONFIG_PREFIX="/opt/mine")
    assert "PREFIX is /opt/other" in notes(well, PREFIX="/opt/other")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("18", "'18', of which nothing is installed"),
        ("system", "none on PATH"),
        ("\0", "more than a version"),
    ],
)
def test_aliases_of_nothing_are_found(well: Desk, text: str, said: str) -> None:
    (well.home / "aliases/work.spec").write_text(text)
    rows = look(well)["findings"]
    assert any(row["check"] == "aliases" and row["severity"] != "note" for row in rows)
    if text != "\0":
        assert said in found(well)["aliases"]


def test_projects_that_lack_their_version_are_found_and_gone_ones_forgotten(well: Desk) -> None:
    for name, text in (("one", "18\n"), ("two", "24\n")):
        (well.work / name).mkdir(parents=True)
        (well.work / name / ".nvmrc").write_text(text)
        well.run("hook", well.work / name).good()
    shutil.rmtree(well.work / "two")
    assert "asks for '18', which is not installed" in found(well)["projects"]
    assert "1 records are of folders" in notes(well)
    look(well, "--fix")
    assert len(list((well.home / "projects").rglob(".version"))) == 1


def test_start_files_are_looked_at(well: Desk) -> None:
    bashrc = well.folder / ".bashrc"
    bashrc.write_text(bashrc.read_text().replace("# <<<", "# --"))
    assert "are not one block" in found(well)["start-files"]
    bashrc.unlink()
    (well.folder / ".profile").unlink()
    assert "bash do not have the lines" in found(well)["start-files"]


def test_the_machine_is_looked_at(well: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import date

    early = Desk(well.folder, today=date(2025, 1, 1))
    assert "the clock says 2025-01-01" in found(early)["clock"]
    late = Desk(well.folder, today=date(2027, 12, 1))
    assert "v22.11.0" not in found(late).get("end-of-life", "")  # nothing asks for it
    late.run("alias", "work", "22").good()
    assert "v22.11.0 is work, and node 22 is at its end" in found(late)["end-of-life"]
    old = Desk(well.folder, machine=Machine("linux", "x64", "glibc", (2, 17)))
    assert "needs glibc 2.28" in found(old)["libc"]
    usage = shutil.disk_usage(well.folder)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "10.0 MB are free" in found(well)["space"]


def test_a_run_that_is_still_at_it_is_named_and_left_alone(well: Desk) -> None:
    killed(well)
    with Store(find_places(well.environment())).changing():
        (well.home / "stage/0123456789abcdef").mkdir()
        assert f"another run is changing the store (process {os.getpid()} on " in notes(well)
        assert "unfinished" not in found(well)
    assert "a run that did not end" in found(well)["unfinished"]


def test_security_releases_that_are_known_of_are_told(well: Desk, upstream: Upstream) -> None:
    upstream.rows["24.20.0"] = row("24.20.0", ["linux-x64"]) | {"security": True}
    upstream.put("index.json", json.dumps(list(upstream.rows.values())).encode())
    assert "security" not in found(well)  # no server is asked
    well.run("list-remote").good()
    upstream.server.replies.clear()
    said = found(well)["security"]
    assert said.startswith(
        f"{NAME} is the default, and node {VERSION} is a security release behind"
    )


def test_the_policy_is_told(well: Desk) -> None:
    well.policy.write_text('versions = "24"\n')
    assert "does not allow v22.11.0" in found(well)["policy"]
    well.policy.write_text("versions = 5\nwrong = 1\n")
    assert "wrong" in found(well)["policy"]
    well.policy.unlink()


def test_without_fix_nothing_changes(well: Desk) -> None:
    for break_it in (killed, no_receipt, old_hook, old_shim, link_elsewhere):
        break_it(well)

    def state() -> list[tuple[Path, int]]:
        return sorted((p, p.lstat().st_mtime_ns) for p in well.home.rglob("*"))

    before = state()
    ended = well.run("doctor", PATH=path(well), SHELL="/bin/bash")
    ended.failed(22, "5 things are not as they should be", "mends 5 of them")
    assert state() == before
