"""``rtinstall``: the version manager's command line, a table of verbs that are imported when run."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from rtinstall.installer.commands import OTHERS, VERBS, module_of
from rtinstall.installer.session import Session
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.commandline import completion_command, run, targets_command


class Verbs(click.Group):
    """A group that imports a verb when it is run, and shows what it is for without."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every verb in the order of the table, then what both programs have."""
        return [
            *(name for name, verb in VERBS.items() if not verb.hidden),
            *super().list_commands(ctx),
        ]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb of that name, or of the name it has elsewhere."""
        name = OTHERS.get(cmd_name, cmd_name)
        if name not in VERBS:
            return super().get_command(ctx, name)
        command: click.Command = import_module(module_of(name)).COMMAND
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that ``args`` begin with; a slip of the keys is told what is close to it."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from difflib import get_close_matches

            known = [*(name for name, verb in VERBS.items() if not verb.hidden), *OTHERS]
            if close := get_close_matches(args[0], [*known, *self.commands], 1):
                message = f"there is no command {args[0]!r}; did you mean {close[0]!r}?"
                raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with the table's words."""
        words = {name: verb.help for name, verb in VERBS.items() if not verb.hidden}
        words |= {name: command.get_short_help_str(60) for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(list(words.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-v", "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Install, switch and verify versions of Node.js on this machine."""
    context.obj = context.obj or Session()


cli.add_command(targets_command)
cli.add_command(completion_command("rtinstall"))


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(cli, "rtinstall"))
