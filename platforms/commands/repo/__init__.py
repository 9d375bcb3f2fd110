"""``rtbuild repo``: turn a folder of packages into a repository that their system's own tool uses."""

from __future__ import annotations

import click

from rtinstall.platforms.commands.repo.freebsd import freebsd_command
from rtinstall.platforms.commands.repo.yum import yum_command


@click.group("repo", short_help="Turn a folder of packages into a repository.")
def repo_command() -> None:
    """Write the catalogue of a repository beside its packages, for their system's own tool to read."""


repo_command.add_command(freebsd_command)
repo_command.add_command(yum_command)
