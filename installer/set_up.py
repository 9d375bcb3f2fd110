"""Setting up and its undoing: which start files there are on this machine, and what is said of each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from rtinstall.installer import start_files, windows_path
from rtinstall.installer.hook import hook_file, replace
from rtinstall.installer.session import Session
from rtinstall.installer.shells import SHELLS
from rtinstall.installer.start_files import StartFile
from rtinstall.runtime_bundle.errors import BadConfiguration

PROGRAMS = {"powershell": ("pwsh", "powershell"), "nushell": ("nu",)}


def kept_in(session: Session) -> Path:
    """Return where it is kept what start files held before."""
    return session.places.home / "start-files"


def home_of(session: Session) -> Path:
    """Return the user's home, which HOME names as for every shell."""
    return Path(session.environment.get("HOME") or Path.home())


def files(session: Session, shells: tuple[str, ...]) -> tuple[StartFile, ...]:
    """Return the start files of ``shells``, or if there are none of every shell that is installed."""
    names = shells or tuple(name for name in SHELLS if _there(session, name))
    return tuple(
        file
        for name in names
        for file in start_files.start_files(
            name, home_of(session), hook_file(session.places, name), session.environment
        )
    )


def every_file(session: Session) -> tuple[StartFile, ...]:
    """Return the start files of every shell, installed or not."""
    return files(session, tuple(SHELLS))


def _there(session: Session, shell: str) -> bool:
    programs = PROGRAMS.get(shell, (shell,))
    path = session.environment.get("PATH", os.defpath)
    return any(shutil.which(name, path=path) for name in programs)


def put_in(session: Session, chosen: Iterable[StartFile], *, dry_run: bool) -> None:
    """Put our lines into the ``chosen`` files, and our folders on the user's PATH on Windows."""
    kept = kept_in(session)
    todo = tuple(chosen)
    for file in todo:  # whatever is wrong with one of them, none is changed
        start_files.changed(file, start_files.read(file.path) or b"")
    for file in todo:
        if dry_run:
            content = start_files.read(file.path)
            done = start_files.changed(file, content or b"") == content
            click.echo(f"{file.path}: {'is set up' if done else 'would be changed'}")
            if not done:
                click.echo("".join(f"    {line}\n" for line in file.text.splitlines()), nl=False)
        elif start_files.set_up(file, kept):
            click.echo(f"{file.path}: set up for {file.shell}")
        else:
            click.echo(f"{file.path}: is set up")
    user_path(session, put_in=True, dry_run=dry_run)
    if not todo and sys.platform != "win32":
        raise BadConfiguration(
            "no shell was found on PATH whose start files are known",
            hint="name one: rtinstall setup --shell bash",
        )
    if not dry_run:
        click.echo("open a new shell, or read the file named in it, and node is there", err=True)


def take_out(session: Session, chosen: Iterable[StartFile], *, dry_run: bool) -> None:
    """Take our lines out of the ``chosen`` files again."""
    for file in chosen:
        if dry_run:
            content = start_files.read(file.path)
            if content is not None and start_files.BEGIN in content:
                click.echo(f"{file.path}: the lines of rtinstall would be taken out")
        elif start_files.take_out(file, kept_in(session)):
            click.echo(f"{file.path}: the lines of rtinstall are taken out")
    user_path(session, put_in=False, dry_run=dry_run)


def user_path(session: Session, *, put_in: bool, dry_run: bool) -> None:
    """Put the folders that every program of Windows finds on the user's PATH, or take them away."""
    if sys.platform == "win32":
        places = session.places
        entries = [str(places.shims), str(places.aliases / "default")]
        registry = windows_path.UserEnvironment()
        before = windows_path.read(registry)
        text = before.text or ""
        edit = windows_path.with_entries if put_in else windows_path.without_entries
        new = edit(text, entries)
        if new == text:
            return
        click.echo(f"PATH of this user: {'would be' if dry_run else 'is'} changed")
        if not dry_run:
            if put_in and before.text is not None:
                replace(kept_in(session) / "Path.txt", text.encode())
            windows_path.change(registry, new)
