"""The flags that set something, and how a verb gets them: with a session in which they count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.targets import TARGETS

Result = TypeVar("Result")


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _switch(*words: str, **more: Any) -> Decorator:
    return click.option(*words, is_flag=True, default=None, **more)


def _targets(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    return [target.name for target in TARGETS if target.name.startswith(begun)]


# A flag for each setting that has one, by the setting's name, which is its destination.
FLAGS: dict[str, Decorator] = {
    "mirrors": click.option(
        "--mirror", "--node-dist-mirror", "mirrors", multiple=True, metavar="URL",
        help="An address in the layout of nodejs.org/dist; the next where one cannot be reached.",
    ),
    "sources": click.option(
        "--source", "sources", multiple=True, metavar="SOURCE",
        help="dist, unofficial, pip, npm, freebsd, ibmi, an address, or a file or folder on disk;"
        " several are asked in order.",
    ),
    "target": click.option(
        "--target", "target", metavar="TARGET",
        shell_complete=_targets,
        help="For this system instead of this machine's.",
    ),
    "arch": click.option(
        "-a", "--arch", "arch", metavar="ARCH", help="For this architecture of this system."
    ),
    "allow_unsigned": _switch("--allow-unsigned", help="Take a mirror without signatures."),
    "trust": click.option(
        "--trust", "trust", multiple=True, metavar="KEY",
        help="A key that may sign a FreeBSD repository.",
    ),
    "minimum_age": click.option(
        "--minimum-age", "minimum_age", type=int, metavar="DAYS",
        help="Only what has been out that long.",
    ),
    "fail_on": click.option(
        "--fail-on", "fail_on", metavar="KINDS",
        help="Install nothing of which this is to be said: eol, security, emulated, unofficial,"
        " unsigned, unchecked.",
    ),
    "npm": click.option(
        "--npm", "npm", metavar="VERSION", help="With this npm instead of the one it comes with."
    ),
    "copy": _switch("--copy", help="Share no files with other versions."),
    "offline": _switch("--offline", help="Use the cache and the disk, no network."),
    "ca": click.option(
        "--ca-certificate", "ca", metavar="FILE", help="Trust these certificates (PEM) alone."
    ),
    "progress": click.option(
        "--progress", "progress", type=click.Choice(["auto", "never", "always"]),
        help="Whether to show progress; --no-progress is never.",
    ),
}  # fmt: skip
WORDS = {
    "mirrors": "--mirror", "sources": "--source", "minimum_age": "--minimum-age",
    "allow_unsigned": "--allow-unsigned", "fail_on": "--fail-on", "ca": "--ca-certificate",
}  # fmt: skip
ASKING = ("mirrors", "sources", "target", "arch", "allow_unsigned", "trust", "offline", "ca")
FOR_ALL = tuple(name for name in ASKING if name not in ("target", "arch"))  # of any system
INSTALLING = (*ASKING, "minimum_age", "fail_on", "npm", "copy", "progress")


def settable(
    *names: str,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Add the flags of the settings ``names``; the command gets a session in which they count first."""

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(command)
        @click.pass_obj
        def with_flags(session: Session, /, **arguments: Any) -> Result:
            flags = dict(session.flags)
            for name in names:
                value = arguments.pop(name)
                if value is not None and value != ():
                    flags[name] = (WORDS.get(name, f"--{name}"), value)
            if "progress" in names and arguments.pop("no_progress"):
                flags["progress"] = ("--no-progress", "never")
            return command(replace(session, flags=flags), **arguments)

        decorated: Callable[..., Result] = with_flags
        if "progress" in names:
            without = click.option("--no-progress", "no_progress", is_flag=True, hidden=True)
            decorated = without(decorated)
        for name in reversed(names):
            decorated = FLAGS[name](decorated)
        return decorated

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def several_targets(otherwise: str) -> Decorator:
    """Return the option for targets other than this machine's; ``otherwise`` says what is without it."""
    return click.option(
        "--target", "targets", multiple=True, metavar="TARGET", shell_complete=_targets,
        help=f"For this system; several times for several. Without it {otherwise}.",
    )  # fmt: skip
