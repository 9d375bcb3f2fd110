"""What run and exec share: which word is a version, and becoming the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import click

from rtinstall.installer.session import Session
from rtinstall.runtime_bundle.errors import RtError

COMMAND_ONLY = "rtinstall.command_only"  # in the context: -- stood before every word
OWN = ("--using",)  # options with a value


class Words(click.Command):
    """A command that reads its options up to the first word, and leaves the rest as it is."""

    allow_interspersed_args = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember whether ``--`` stood before every word: click takes it away."""
        position = 0
        while position < len(args) and args[position].startswith("-") and args[position] != "--":
            position += 2 if args[position] in OWN else 1
        ctx.meta[COMMAND_ONLY] = args[position : position + 1] == ["--"]
        return super().parse_args(ctx, args)


def is_version(word: str, session: Session) -> bool:
    """Say whether ``word`` is a version, an alias that there is, or any other expression."""
    from rtinstall.installer.expression import SYSTEM, alias_name, check_expression

    if word == SYSTEM:
        return True
    try:
        if alias_name(word) is not None:
            return session.aliases.get(word) is not None
        return bool(check_expression(word))
    except RtError:
        return False


def run(session: Session, version: str | None, words: Sequence[str]) -> NoReturn:
    """Become the program that ``words`` name, with ``version`` or what is active.

    Raises what finding these raises, :class:`NoProgram` and :class:`CannotRun`.
    """
    from rtinstall.installer.active import needed, wanted
    from rtinstall.installer.child import child_environment, found_program, started
    from rtinstall.installer.processes import become

    found = wanted(version, session) if version else needed(session)
    environment = child_environment(session.environment, found, session.places)
    program = found_program(words[0], found.bin, session.environment, session.folder)
    program, argv = started(program, list(words))
    become(program, argv, environment)
