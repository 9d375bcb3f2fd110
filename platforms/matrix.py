"""The table of systems as the job matrix of a build server. Pure: rows in, text out.

GitHub reads ``{"include": [{...}, ...]}`` as ``strategy.matrix``, a job for each object, whose members
are texts here (``matrix.name`` is one). GitLab reads a whole pipeline, which a job writes as an
artifact and a second one triggers (``trigger: include: artifact``); JSON, which YAML is made to read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from rtinstall.platforms.systems import MACHINES, NOT_RUN, SYSTEMS, System

Purpose = Literal["test", "freeze"]
# GitLab's own words for who runs a container, and the image with docker that our program runs in.
DOCKER, DIND = "docker:28", "docker:28-dind"
EMULATE = '[ -z "$EMULATED" ] || docker run --rm --privileged tonistiigi/binfmt --install all'
TRY = (
    '/tmp/venv/bin/rtbuild ci dist --system "$SYSTEM" ${HOST:+--host "$HOST"}'
    " --report report.json --junit report.xml"
)
# What the action that starts a FreeBSD calls its processors.
FREEBSD_ARCHS = {"freebsd-x64": "x86_64", "freebsd-arm64": "aarch64"}
MOST = 256  # jobs that GitHub makes of one matrix


@dataclass(frozen=True, slots=True)
class Missing:
    """What has no job, and why; ``system`` is empty where no row has it."""

    target: str
    format: str
    system: str
    reason: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The systems that get a job, in the order of the table, and what gets none.

    ``hosts`` are addresses of machines, by the name of the system.
    """

    systems: tuple[System, ...]
    missing: tuple[Missing, ...]
    hosts: Mapping[str, str]


def matrix(
    hosts: Mapping[str, str], built: Collection[tuple[str, str]] | None, *, gitlab: bool = False
) -> Matrix:
    """Choose what gets a job.

    ``hosts`` are the addresses of machines that somebody has, by the name of the system; ``built`` are
    the targets and formats that there are packages of, None for all.
    """
    found: list[System] = []
    missing: list[Missing] = []
    for system in SYSTEMS:
        reason = _obstacle(system, hosts, built, gitlab=gitlab)
        if reason:
            missing.append(Missing(system.target, system.format, system.name, reason))
        else:
            found.append(system)
    missing += (Missing(target, name, "", why) for (target, name), why in NOT_RUN.items())
    return Matrix(tuple(found), tuple(missing), hosts)


def _obstacle(
    system: System,
    hosts: Mapping[str, str],
    built: Collection[tuple[str, str]] | None,
    *,
    gitlab: bool,
) -> str:
    if built is not None and (system.target, system.format) not in built:
        return "there is no such package in this release"
    if system.name in hosts:
        return ""
    if system.remote:
        return f"no machine of that kind is named: --host {system.name}=ssh://..."
    if gitlab and not system.image:
        return f"GitLab has no such runner everywhere: --host {system.name}=ssh://..."
    return ""


def github(chosen: Matrix) -> str:
    """Return the matrix of GitHub Actions, in one line."""
    return json.dumps({"include": [_job(each, chosen.hosts) for each in chosen.systems]})


def _job(system: System, hosts: Mapping[str, str]) -> dict[str, str]:
    """Return one job: all that a workflow has to know of it, as texts.

    ``place`` is what rtbuild ci's ``--in`` is to be, empty where ``host`` stands for it.
    """
    host = hosts.get(system.name, "ssh://freebsd" if system.release else "")
    return {
        "name": system.name,
        "artifact": system.name.replace("/", "-"),
        "target": system.target,
        "format": system.format,
        "runner": system.runner if system.name not in hosts else "self-hosted",
        "place": "" if host else "container" if system.image else "here",
        "host": host,
        "freebsd": "" if system.name in hosts else system.release,
        "freebsd_arch": FREEBSD_ARCHS.get(system.target, ""),
        "emulated": "yes" if system.platform else "",
    }


def machines(purpose: Purpose) -> str:
    """Return the matrix of the machines that our own programs run on, for GitHub Actions.

    They are tested on all of them; frozen on those that have no Python to rely on.
    """
    rows = [
        {
            "target": machine.target,
            "runner": machine.runner,
            "image": machine.image,
            "freebsd": machine.release,
        }
        for machine in MACHINES
        if purpose == "test" or not machine.release
    ]
    return json.dumps({"include": rows})


def gitlab(chosen: Matrix) -> str:
    """Return a child pipeline of GitLab CI, a job for each system.

    Its jobs take ``dist/`` from the artifact of the parent's job ``build``, and rtinstall from
    ``RTINSTALL``, which is anything that pip installs.
    """
    jobs: dict[str, object] = {
        "stages": ["try"],
        ".try": {
            "stage": "try",
            "image": DOCKER,
            "services": [DIND],
            "timeout": "2h",
            "variables": {
                "RTINSTALL": "rtinstall[build]",
                "DOCKER_TLS_CERTDIR": "/certs",
                "EMULATED": "",
            },
            "needs": [{"pipeline": "$PARENT_PIPELINE_ID", "job": "build"}],
            "before_script": [
                "apk add --no-cache python3 py3-pip openssh-client",
                "python3 -m venv /tmp/venv",
                '/tmp/venv/bin/pip install --quiet "$RTINSTALL"',
                EMULATE,
            ],
            "script": [TRY],
            "artifacts": {
                "when": "always",
                "paths": ["report.json"],
                "reports": {"junit": "report.xml"},
            },
        },
    }
    for system in chosen.systems:
        host = chosen.hosts.get(system.name, "")
        variables = {"SYSTEM": system.name}
        variables |= {"HOST": host} if host else {}
        variables |= {"EMULATED": "yes"} if system.platform else {}
        arm = {"tags": ["saas-linux-small-arm64"]} if system.runner.endswith("-arm") else {}
        jobs[system.name] = {"extends": ".try", "variables": variables, **arm}
    return json.dumps(jobs, indent=2)


def rows(chosen: Matrix) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield a line for each system and all that has none, under a heading, for people."""
    yield ("SYSTEM", "TARGET", "FORMAT", "RUNNER", "IN")
    for system in chosen.systems:
        where = chosen.hosts.get(system.name) or system.image
        if not where:
            where = f"a VM with FreeBSD {system.release}" if system.release else "the runner itself"
        if system.platform:
            where += f" as {system.platform}"
        yield (system.name, system.target, system.format, system.runner, where)


def not_run(missing: Iterable[Missing]) -> Iterator[str]:
    """Yield a line for each that gets no job."""
    for each in missing:
        what = " ".join(filter(None, (each.system or each.target, each.format)))
        yield f"{what}: not run: {each.reason}"
