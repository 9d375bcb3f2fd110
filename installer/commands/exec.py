"""``rtinstall exec``: any program with a version on PATH."""

from __future__ import annotations

import click

from rtinstall.installer.commands.running import COMMAND_ONLY, Words, is_version
from rtinstall.installer.session import Session


@click.command("exec", cls=Words, short_help="Run a program with a version on PATH.")
@click.option("--using", "using", metavar="VERSION", help="With this version.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[VERSION] [--] PROGRAM...")
@click.pass_context
def COMMAND(context: click.Context, *, using: str | None, words: tuple[str, ...]) -> None:
    """Run PROGRAM with the commands of VERSION, else of the one active here, first on PATH.

    A first word that is a version is one, unless --using is given or -- stands before it; node and
    what is the program of that name are always programs. The exit code is the program's; 127 if
    there is no such program, 126 if it cannot be run. Nothing of rtinstall stays behind it.
    """
    from rtinstall.installer.commands.running import run

    session: Session = context.obj
    if (
        using is None
        and words
        and words[0] != "node"
        and not context.meta.get(COMMAND_ONLY)
        and is_version(words[0], session)
    ):
        using, *rest = words
        words = tuple(rest[1:] if rest[:1] == ["--"] else rest)
    if not words:
        raise click.UsageError("which program is to be run?", context)
    run(session, using, words)
