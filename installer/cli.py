"""``rtinstall``: the version manager's command line."""

from __future__ import annotations

import sys

import click

from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.commandline import completion_command, run, targets_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Install, switch and verify versions of Node.js on this machine."""


cli.add_command(targets_command)
cli.add_command(completion_command("rtinstall"))


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(cli, "rtinstall"))
