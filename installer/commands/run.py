"""``rtinstall run``: node with a version."""

from __future__ import annotations

import click

from rtinstall.installer.commands.running import COMMAND_ONLY, Words, is_version
from rtinstall.installer.session import Session


@click.command(
    "run", cls=Words, context_settings={"ignore_unknown_options": True},
    short_help="Run node with a version.",
)  # fmt: skip
@click.option("--using", "using", metavar="VERSION", help="With this version.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[VERSION] [--] [ARGUMENT]...")
@click.pass_context
def COMMAND(context: click.Context, *, using: str | None, words: tuple[str, ...]) -> None:
    """Run node with VERSION, else with the version that is active here, and these arguments.

    A first word that is a version is one, unless a file here has that name, --using is given or --
    stands before it. The exit code is node's. Nothing of rtinstall stays behind it.
    """
    from rtinstall.installer.commands.running import run

    session: Session = context.obj
    if (
        using is None
        and words
        and not context.meta.get(COMMAND_ONLY)
        and is_version(words[0], session)
        and not (session.folder / words[0]).is_file()
    ):
        using, *rest = words
        words = tuple(rest[1:] if rest[:1] == ["--"] else rest)
    run(session, using, ["node", *words])
