"""The units of a planned release as jobs of a build server. Pure: a plan in, text out.

``rtbuild release ... --plan --json`` says of each unit what command carries it out; a job is one of
these, or as many as are needed for a matrix to stay within what GitHub takes. All write into the one
output that the plan names, so that is s3:// or a folder that all of them see.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rtinstall.platforms.matrix import MOST
from rtinstall.runtime_bundle.errors import NotReadable


@dataclass(frozen=True, slots=True)
class Job:
    """Some units: what the job is called, and the command line of each."""

    name: str
    commands: tuple[str, ...]


def jobs_of(data: bytes, name: str) -> tuple[Job, ...]:
    """Return the jobs for the plan in ``data``, at most ``MOST``; ``name`` is the file's, for messages.

    Raises :class:`NotReadable` for what is no plan.
    """
    try:
        units = [
            (f"{unit['version']} {unit['target']}", _command(unit["command"]))
            for unit in json.loads(data)["targets"]
        ]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise NotReadable(
            f"{name} is no plan", hint="rtbuild release VERSION --plan --json writes one"
        ) from None
    size = -(-len(units) // MOST) or 1
    return tuple(_job(units[at : at + size]) for at in range(0, len(units), size))


def github(jobs: Sequence[Job]) -> str:
    """Return the matrix of GitHub Actions, in one line; ``matrix.commands`` is a script."""
    rows = [{"name": job.name, "commands": "\n".join(job.commands)} for job in jobs]
    return json.dumps({"include": rows})


def gitlab(jobs: Sequence[Job]) -> str:
    """Return a child pipeline of GitLab CI; ``RTINSTALL`` is anything that pip installs."""
    pipeline: dict[str, Mapping[str, object]] = {
        ".build": {
            "image": "python:3.13",
            "timeout": "2h",
            "variables": {"RTINSTALL": "rtinstall[build,scale]"},
            "before_script": ['python -m pip install --quiet "$RTINSTALL"'],
        }
    }
    for job in jobs:
        pipeline[job.name] = {"extends": ".build", "script": list(job.commands)}
    return json.dumps(pipeline, indent=2)


def _job(units: Sequence[tuple[str, str]]) -> Job:
    first, last = units[0][0], units[-1][0]
    return Job(first if first == last else f"{first} to {last}", tuple(each for _, each in units))


def _command(value: object) -> str:
    """Return a command line that does nothing but call rtbuild release; it will be run as a script."""
    if not isinstance(value, str):
        raise TypeError
    words = shlex.split(value)
    if words[:2] != ["rtbuild", "release"] or shlex.join(words) != value or "\n" in value:
        raise ValueError
    return value
