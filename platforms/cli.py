"""``rtbuild``: the command line of those who ship a runtime. One function a verb, no work of its own."""

from __future__ import annotations

import sys

import click

from rtinstall.platforms.commands.build import build_command
from rtinstall.platforms.commands.bundle import bundle_command
from rtinstall.platforms.commands.ci import ci_command
from rtinstall.platforms.commands.freeze import freeze_command
from rtinstall.platforms.commands.inspect import inspect_command
from rtinstall.platforms.commands.matrix import matrix_command
from rtinstall.platforms.commands.notes import notes_command
from rtinstall.platforms.commands.release import release_command
from rtinstall.platforms.commands.repo import repo_command
from rtinstall.platforms.commands.smoke import smoke_command
from rtinstall.platforms.commands.verify import verify_command
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.commandline import completion_command, run, targets_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn a Node.js release into native packages for every system, from one machine.

    \b
    rtbuild release lts       every package of the newest LTS release, into dist/
    rtbuild inspect FILE.deb  what is inside, and for whom
    rtbuild verify dist       every file against checksums and manifests
    rtbuild smoke ROOT        does an installed runtime do what it is for?
    """  # noqa: D301  # click's own mark for lines that are not to be wrapped


for command in (
    release_command,
    bundle_command,
    build_command,
    inspect_command,
    verify_command,
    smoke_command,
    ci_command,
    matrix_command,
    notes_command,
    repo_command,
    freeze_command,
    targets_command,
    completion_command("rtbuild"),
):
    cli.add_command(command)


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(cli, "rtbuild"))


if __name__ == "__main__":
    main()
