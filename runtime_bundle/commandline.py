"""What the command lines of both programs share: errors to exit codes, the table of targets, completion.

The rules for talking to people: results on standard output, everything else on standard error; an
error is one line ``error:`` and, where there is a next step, one line ``hint:``; no stack trace for
what a user can cause; colours and moving bars only on a terminal.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TextIO

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    shell_complete,
)

from rtinstall.runtime_bundle.errors import RtError, error_of

INTERRUPTED = 130
UNREAD = 141  # as of a program that SIGPIPE ended
TERMINATED = 143
AGAIN = "run the same command again: finished parts are kept"
SHELLS = ("bash", "zsh", "fish", "powershell")


def run(group: click.Group, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):  # whatever is in a name, it can be shown
        sys.stdout.reconfigure(errors="backslashreplace")
    variable = f"_{name.upper()}_COMPLETE"
    try:
        if instruction := os.environ.get(variable):
            return shell_complete(group, {}, name, variable, instruction)
        words = sys.argv[1:] if arguments is None else list(arguments)
        with group.make_context(name, words) as context:
            group.invoke(context)
        return 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        return _misused(error)
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            tell("")  # ends the line on which the terminal shows ^C
        return _say("interrupted", AGAIN, INTERRUPTED)
    except _Terminated:
        return _say("terminated", AGAIN, TERMINATED)
    except BrokenPipeError:
        _discard(sys.stdout)
        return UNREAD
    except (RtError, OSError) as error:
        if isinstance(error, OSError):
            try:
                sys.stdout.flush()
            except OSError:  # it was the result that could not be written
                _discard(sys.stdout)
        known = error_of(error)
        assert known is not None
        return _say(str(known), known.hint, known.exit_code)


class _Terminated(BaseException):
    """SIGTERM, raised where the program stands, so that what is half done is cleaned up."""


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the cleaning up
    raise _Terminated


def _misused(error: click.ClickException) -> int:
    """Say in our form what click finds wrong with a command line."""
    message = error.format_message().rstrip(".")
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"{context.command_path} --help shows how it is used" if context else ""
    return _say(message[:1].lower() + message[1:], hint, error.exit_code)


def _say(message: str, hint: str, exit_code: int) -> int:
    tell(f"{click.style('error:', fg='red', bold=True)} {printable(message)}")
    if hint:
        tell(f"{click.style('hint:', fg='cyan', bold=True)} {printable(hint)}")
    return exit_code


def tell(line: str) -> None:
    """Write a line to standard error; that nobody reads it is no reason to stop."""
    try:
        click.echo(line, err=True)
    except BrokenPipeError:
        _discard(sys.stderr)


def agreed(question: str) -> bool:
    """Ask whoever is at the terminal; Ctrl+C and the end of what is typed end the program.

    Raises :class:`click.UsageError` where nobody can answer; the command has a ``--yes``.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("nothing is done, nobody is here to be asked: add --yes")
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        raise KeyboardInterrupt from None


def _discard(stream: TextIO) -> None:
    """Let what is still to be written to ``stream`` go nowhere, at the interpreter's end too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def printable(text: str) -> str:
    """Return ``text`` on one line, without what a terminal would obey; names in archives are anyone's."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def amount(size: float | None) -> str:
    """Return a number of bytes for people, in decimal units."""
    if size is None:
        return "?"
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> str:
    """Return ``rows`` (the first one the heading) as aligned text; ``right`` are right-aligned columns."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    )


@click.command("targets", short_help="The table of targets: systems, sources, formats.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def targets_command(*, as_json: bool) -> None:
    """Show every target: oldest system, where its runtime comes from, what is written for it."""
    if as_json:
        import json

        from rtinstall.runtime_bundle.targets import TARGETS

        rows = [
            {
                "name": target.name,
                "os": target.os,
                "arch": target.arch,
                "libc": target.libc,
                "minimum": target.minimum,
                "sources": target.sources,
                "formats": target.formats,
            }
            for target in TARGETS
        ]
        click.echo(json.dumps(rows, indent=1))
        return
    click.echo(columns([("TARGET", "NEEDS", "SOURCES", "FORMATS"), *target_rows()]))


def target_rows() -> list[tuple[str, str, str, str]]:
    """Return a row per target: name, oldest system, sources, formats."""
    from rtinstall.runtime_bundle.targets import TARGETS

    return [
        (target.name, target.minimum, " ".join(target.sources), " ".join(target.formats) or "-")
        for target in TARGETS
    ]


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell, which click does not bring."""

    name = "powershell"
    source_template = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    $env:COMP_WORDS = ($words -join "`n")
    $env:COMP_INCOMPLETE = $wordToComplete
    $env:%(complete_var)s = "powershell_complete"
    try {
        & %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:COMP_WORDS, Env:COMP_INCOMPLETE, Env:%(complete_var)s
    }
}
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Read the words so far, and the one being typed, from the environment."""
        words = os.environ.get("COMP_WORDS", "").split("\n")[1:]
        incomplete = os.environ.get("COMP_INCOMPLETE", "")
        if incomplete and words and words[-1] == incomplete:
            words.pop()
        return words, incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return value and help, with a tab between."""
        return f"{item.value}\t{item.help or ''}"


add_completion_class(PowerShellComplete)


def completion_command(name: str) -> click.Command:
    """Make the ``completion`` command of the program ``name``."""

    @click.command("completion")
    @click.argument("shell", type=click.Choice(SHELLS))
    @click.pass_context
    def completion(context: click.Context, shell: str) -> None:
        """Print the completion script of a shell.

        \b
        bash, in ~/.bashrc:     eval "$(PROGRAM completion bash)"
        zsh, in ~/.zshrc:       eval "$(PROGRAM completion zsh)"
        fish, in config.fish:   PROGRAM completion fish | source
        PowerShell, $PROFILE:   PROGRAM completion powershell | Out-String | iex
        """  # noqa: D301  # click's own mark for lines that are not to be wrapped
        from click.shell_completion import get_completion_class

        kind = get_completion_class(shell)
        if kind is None:  # pragma: no cover  # every name of SHELLS has one
            raise click.UsageError(f"no completion for {shell}")
        variable = f"_{name.upper()}_COMPLETE"
        click.echo(kind(context.find_root().command, {}, name, variable).source())

    completion.help = (completion.help or "").replace("PROGRAM", name)
    return completion
