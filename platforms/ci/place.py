"""The system a package is tried on, made ready: this machine, a container, a root directory, or far away.

A container or a root directory is gone afterwards. This machine is only changed where that was asked
for in so many words.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rtinstall.platforms.smoke.bare import bare, bare_installer
from rtinstall.platforms.smoke.near import (
    Near,
    container,
    debian_root,
    engine,
    in_root,
    this_machine,
)
from rtinstall.platforms.smoke.ssh.address import parse_address
from rtinstall.platforms.smoke.ssh.connection import connected
from rtinstall.platforms.smoke.ssh.host import INSTALLING, Host
from rtinstall.platforms.smoke.ssh.installers import Installer
from rtinstall.platforms.smoke.ssh.visit import Step, arrived
from rtinstall.platforms.systems import System
from rtinstall.runtime_bundle.errors import InstallationFailed, MissingTool

Kind = Literal["here", "container", "root", "bare"]
KINDS: tuple[Kind, ...] = ("here", "container", "root", "bare")


@dataclass(frozen=True, slots=True)
class Where:
    """What was said of where to try it; nothing, and :func:`ready` chooses.

    ``address`` is a machine that is reached over SSH, ``config`` what ssh reads for it.
    """

    kind: Kind | None = None
    root: Path | None = None
    address: str | None = None
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A system that is ready: ``name`` for people, ``installer`` None where the usual ones do.

    ``whole`` is False for an empty root directory, in which there is nothing but what is installed.
    """

    name: str
    host: Host
    installer: Installer | None = None
    whole: bool = True


@contextmanager
def ready(system: System, where: Where, step: Step) -> Iterator[Place]:
    """Make ``system`` ready.

    Raises :class:`MissingTool` where this machine has no way to, and what
    :func:`~rtinstall.platforms.smoke.ssh.visit.arrived` raises.
    """
    with ExitStack() as stack:
        if where.address is not None:
            step(f"connecting to {where.address}")
            opened = connected(parse_address(where.address), where.config)
            host = stack.enter_context(arrived(stack.enter_context(opened)))
            yield Place(f"{where.address}, {host.system.name}", host)
            return
        kind = where.kind or _usual(system, where.root)
        if kind == "bare":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rtci-")))
            (folder / "place").mkdir()
            empty = bare(where.root or folder / "root", folder / "place")
            installer = bare_installer(system.format, empty)
            yield Place(empty.system.name, empty, installer, whole=False)
            return
        near = _opened(stack, system, kind, where.root, step)
        host = stack.enter_context(arrived(near))
        yield Place(f"{near.address}, {host.system.name}", host, system.installer)


def _usual(system: System, root: Path | None) -> Kind:
    """Choose: a root that was named, a container, or an empty root; this machine never unasked."""
    if root is not None:
        return "root" if (root / "bin/sh").exists() else "bare"
    return "container" if not system.image or engine() else "bare"


def _opened(stack: ExitStack, system: System, kind: Kind, root: Path | None, step: Step) -> Near:
    if kind == "here":
        return stack.enter_context(this_machine())
    if kind == "root":
        if root is None:
            if not system.suite:
                raise MissingTool(
                    f"a root directory of {system.name} is not made here",
                    hint="--root names one, --in bare does with an empty one",
                )
            step(f"making a root directory of Debian's {system.suite}")
            root = stack.enter_context(debian_root(system.suite))
        return in_root(root)
    if not system.image:
        raise MissingTool(
            f"{system.name} is no container",
            hint="--host names a machine, --in here is this one",
        )
    program = engine()
    if program is None:
        raise MissingTool(
            "neither docker nor podman answers here",
            hint="start one, or --in root, or --in bare",
        )
    step(f"starting a container of {system.image}")
    near = stack.enter_context(container(program, system.image, system.platform))
    if system.first:
        answer = near.ask(" ".join(system.first), limit=INSTALLING)
        if answer.code != 0:
            said = (answer.complaint.strip() or answer.said.strip()).splitlines()
            raise InstallationFailed(
                f"{system.first[0]}: {said[-1] if said else f'exit code {answer.code}'}",
                hint="a container needs its distribution's servers",
            )
    return near
