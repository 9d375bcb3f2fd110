"""The table of systems, and the job matrices that are made of it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from oracles import tool
from rtinstall.platforms import matrix
from rtinstall.platforms.smoke.ssh.installers import FILE, INSTALLERS
from rtinstall.platforms.systems import (
    MACHINES,
    NOT_RUN,
    SYSTEMS,
    System,
    installed_formats,
    system_for,
    system_named,
)
from rtinstall.runtime_bundle.errors import BadConfiguration, NotPublished
from rtinstall.runtime_bundle.targets import TARGETS, target_named
from world.releases import published
from world.rtbuild import Desk

ROOT = Path(__file__).parents[2]
IBMI = {"ibmi": "ssh://build@ibmi.example"}
# What a runner of GitHub's is, and with an emulator pretends to be.
RUNNERS = {
    "ubuntu-24.04": ("linux", "x64"), "ubuntu-24.04-arm": ("linux", "arm64"),
    "macos-15-intel": ("darwin", "x64"), "macos-15": ("darwin", "arm64"),
    "windows-2025": ("win", "x64"), "windows-11-arm": ("win", "arm64"),
}  # fmt: skip
PLATFORMS = {"linux/arm/v7": "armv7l", "linux/ppc64le": "ppc64le", "linux/s390x": "s390x"}


def test_every_installer_of_every_target_is_tried_or_has_a_reason_not_to_be() -> None:
    tried = {(system.target, system.format) for system in SYSTEMS}
    assert tried.isdisjoint(NOT_RUN)
    assert tried | NOT_RUN.keys() == set(installed_formats())
    assert {target for target, _ in tried | NOT_RUN.keys()} == {each.name for each in TARGETS}
    assert all(NOT_RUN.values())


def test_a_system_has_one_name_and_one_way_to_be_had() -> None:
    names = [system.name for system in SYSTEMS]
    assert len(names) == len({name.replace("/", "-") for name in names})
    for system in SYSTEMS:
        assert re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9]+)*", system.name)
        ways = (bool(system.image), bool(system.release), system.remote)
        assert sum(ways) == (0 if system.runner.startswith(("macos", "windows")) else 1)
        assert system.platform == "" or system.emulated


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_system_runs_what_its_target_is_for(system: System) -> None:
    target = target_named(system.target)
    if system.remote:
        assert system.runner == "self-hosted"
        return
    os, arch = RUNNERS[system.runner]
    if system.release:  # a virtual machine, which emulates what it is not
        assert target.os == "freebsd"
        assert system.release == target.os_releases[0], "what packages are built for by default"
        assert system.emulated == (target.arch != arch)
        return
    assert target.os == os
    runs = {PLATFORMS.get(system.platform, arch)} | ({"x86"} if os == "win" else set())
    assert set(target.archs) & runs
    assert (target.libc == "musl") == system.name.startswith("alpine")


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_system_has_a_tool_that_installs_upgrades_and_removes(system: System) -> None:
    target = target_named(system.target)
    kind = "rpm" if system.format == "ibmi" else system.format
    installers = (system.installer,) if system.installer else INSTALLERS[kind, target.os]
    for row in installers:
        assert row.os == target.os
        assert FILE in row.install
        assert row.remove
        assert FILE in row.upgrade or target.os == "darwin"


def test_the_machines_are_of_every_system_that_programs_run_on() -> None:
    assert {target_named(machine.target).os for machine in MACHINES} == {
        "linux", "darwin", "win", "freebsd",
    }  # fmt: skip
    for machine in MACHINES:
        target = target_named(machine.target)
        if not machine.release:
            assert RUNNERS[machine.runner] == (target.os, target.arch)
        assert bool(machine.image) == (target.os == "linux")


def test_github_gets_a_job_for_every_system_and_all_values_are_texts() -> None:
    found = json.loads(matrix.github(matrix.matrix(IBMI, None)))
    assert list(found) == ["include"]
    assert [job["name"] for job in found["include"]] == [system.name for system in SYSTEMS]
    assert len(found["include"]) <= matrix.MOST
    for job in found["include"]:
        assert {type(value) for value in job.values()} == {str}
        assert job.keys() == found["include"][0].keys()
        assert "/" not in job["artifact"]
        assert bool(job["place"]) != bool(job["host"])
    by_name = {job["name"]: job for job in found["include"]}
    assert by_name["ibmi"]["host"] == IBMI["ibmi"]
    assert by_name["ibmi"]["runner"] == "self-hosted"
    assert by_name["freebsd-14/arm64"]["freebsd_arch"] == "aarch64"
    assert by_name["debian-12/s390x"]["emulated"] == "yes"


def test_what_the_workflow_reads_of_a_job_is_in_it() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    (job, *_) = json.loads(matrix.github(matrix.matrix({}, None)))["include"]
    (machine, *_) = json.loads(matrix.machines("freeze"))["include"]
    used = set(re.findall(r"\bmatrix\.(\w+)", text))
    assert used <= job.keys() | machine.keys()
    assert {key for key in job if key not in ("target", "format")} <= used
    ci = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert set(re.findall(r"\bmatrix\.(\w+)", ci)) <= machine.keys()


def test_nothing_is_frozen_for_a_freebsd() -> None:
    tested = json.loads(matrix.machines("test"))["include"]
    frozen = json.loads(matrix.machines("freeze"))["include"]
    assert [row for row in tested if row not in frozen] == [
        row for row in tested if row["target"] == "freebsd-x64"
    ]


def test_only_what_was_built_gets_a_job_and_the_rest_a_reason() -> None:
    found = matrix.matrix({}, {("linux-x64", "rpm"), ("ibmi-ppc64", "ibmi")})
    assert {system.format for system in found.systems} == {"rpm"}
    reasons = {each.system: each.reason for each in found.missing if each.system}
    assert len(found.systems) + len(reasons) == len(SYSTEMS)
    assert reasons["debian-12"] == "there is no such package in this release"
    assert "--host ibmi=ssh://" in reasons["ibmi"]


def test_gitlab_gets_a_pipeline_whose_jobs_have_what_they_extend() -> None:
    chosen = matrix.matrix(IBMI, None, gitlab=True)
    found = yaml.safe_load(matrix.gitlab(chosen))
    assert found == json.loads(matrix.gitlab(chosen))
    template = found.pop(".try")
    assert found.pop("stages") == [template["stage"]]
    assert list(found) == [system.name for system in SYSTEMS if system.image or system.remote]
    for name, job in found.items():
        assert job["extends"] == ".try"
        assert job["variables"]["SYSTEM"] == name
    assert found["ibmi"]["variables"]["HOST"] == IBMI["ibmi"]
    assert {name for name, job in found.items() if "EMULATED" in job["variables"]} == {
        system.name for system in SYSTEMS if system.platform
    }
    lines = "\n".join((*template["before_script"], *template["script"]))
    ended = subprocess.run(
        [tool("shellcheck"), "--shell=sh", "-"], input=lines, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
    (line,) = template["script"]
    assert 'rtbuild ci dist --system "$SYSTEM"' in line


def test_the_command_prints_what_can_be_tried_and_what_cannot(desk: Desk) -> None:
    ended = desk.run("matrix").good()
    for system in SYSTEMS:
        assert re.search(rf"^{re.escape(system.name)} ", ended.out, re.MULTILINE)
    assert "aix-ppc64: not run: an archive alone, and no build server has an AIX" in ended.out
    told = desk.run("matrix", "--json").good().json
    assert len(told["jobs"]) + len(told["not run"]) == len(SYSTEMS) + len(NOT_RUN)


@pytest.mark.parametrize("word", ["--github", "--gitlab"])
def test_a_build_server_gets_its_jobs_alone(desk: Desk, word: str) -> None:
    ended = desk.run("matrix", word, "--host", "ibmi=ssh://x").good()
    assert json.loads(ended.out)
    assert "ssh://x" in ended.out
    assert "aix-ppc64: not run" in ended.err
    assert len(ended.out.splitlines()) == 1 or word == "--gitlab"


def test_a_mirror_says_what_there_is(desk: Desk, tmp_path: Path) -> None:
    published(tmp_path / "dist", "24.19.0", "deb")
    found = desk.run("matrix", "--github", "--dist", tmp_path / "dist").good().json
    assert {(job["target"], job["format"]) for job in found["include"]} == {("linux-x64", "deb")}


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--github", "--gitlab"), 2, "exclude each other"),
        (("--host", "beos=ssh://x"), BadConfiguration.exit_code, "no system called 'beos'"),
        (("--host", "ibmi"), BadConfiguration.exit_code, "no address of a machine"),
        (("--host", "ibmi=ssh://-oProxyCommand=x"), BadConfiguration.exit_code, "no name"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    desk: Desk, words: tuple[str, ...], code: int, text: str
) -> None:
    desk.run("matrix", *words).failed(code, text)


def test_a_row_is_found_by_its_name_or_its_target() -> None:
    assert system_named("fedora").format == "rpm"
    assert system_for("linux-x64", None).name == "debian-12"
    assert system_for("linux-x64", "arch").name == "archlinux"
    with pytest.raises(BadConfiguration, match="Arch Linux has an image for x64 alone"):
        system_for("linux-s390x", "arch")
    with pytest.raises(NotPublished, match="is no target"):
        system_for("beos", None)


def test_the_readme_says_where_each_target_is_tried() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for system in SYSTEMS:
        assert f"`{system.name}`" in readme
    for reason in NOT_RUN.values():
        assert reason in readme
