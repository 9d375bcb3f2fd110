"""What is in ``.github``, as values: workflows and composite actions, their jobs, steps and scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))


@dataclass(frozen=True)
class Script:
    """The text of a ``run:``, whose shell is ``shell``."""

    name: str
    text: str
    shell: str


def loaded(path: Path) -> dict[str, Any]:
    found = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def jobs(path: Path) -> Mapping[str, Any]:
    found = loaded(path)["jobs"]
    assert isinstance(found, dict)
    return found


def steps(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each step with a name for people."""
    document = loaded(path)
    found = {path.parent.name: document["runs"]} if "runs" in document else document["jobs"]
    for name, job in found.items():
        for number, step in enumerate(job["steps"]):
            yield f"{path.parent.name}/{path.name}: {name}, step {number}", step


def scripts() -> Iterator[Script]:
    """Yield every script there is, those for virtual machines and containers too."""
    for path in sorted((ROOT / ".github").rglob("*.sh")):
        yield Script(path.name, path.read_text("utf-8"), "sh")
    for path in (*WORKFLOWS, *ACTIONS):
        default = loaded(path).get("defaults", {}).get("run", {}).get("shell", "")
        for name, step in steps(path):
            if "run" in step:
                yield Script(name, step["run"], step.get("shell", default))
            for key in ("prepare", "run"):
                if key in step.get("with", {}):
                    yield Script(f"{name} with {key}", step["with"][key], "sh")
