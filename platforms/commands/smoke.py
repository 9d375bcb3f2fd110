"""``rtbuild smoke``: hold an installed or packaged runtime to what people install it for."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.mirror import replace_file
from rtinstall.platforms.smoke.label import Label, label_of_tree
from rtinstall.platforms.smoke.locate import locate
from rtinstall.platforms.smoke.report import Report, Result, as_junit, as_text
from rtinstall.platforms.smoke.report import as_json as report_json
from rtinstall.platforms.smoke.run import Progress, smoke
from rtinstall.platforms.smoke.ssh.address import parse_address
from rtinstall.platforms.smoke.ssh.visit import smoke_on
from rtinstall.platforms.smoke.table import CHECKS, Check
from rtinstall.platforms.smoke.unpacked import unpack_package
from rtinstall.platforms.terminal import Terminal, terminal
from rtinstall.runtime_bundle.versions import Version

only_option = click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    type=click.Choice([check.name for check in CHECKS]),
    help="Run only this check, named as in the report; may be repeated.",
)


@click.command("smoke", short_help="Hold a runtime to what people install it for.")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--version", "expected", metavar="VERSION", help="The version on the label.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder it was installed into, if PATH is inside one.",
)
@click.option(
    "--host",
    "address",
    metavar="ssh://[USER@]HOST[:PORT]",
    help="Check it on this machine, over SSH; it needs nothing there but a shell.",
)
@click.option(
    "--ssh-config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="With --host: what ssh reads in place of your own configuration.",
)
@only_option
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML, too."
)
@json_option
def smoke_command(
    *,
    path: Path,
    expected: str | None,
    root: Path | None,
    address: str | None,
    ssh_config: Path | None,
    only: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run every smoke check with the runtime at PATH.

    PATH is a node executable, the prefix or root folder it was installed into, or a package, which
    is unpacked into a temporary folder. A runtime of another architecture runs under qemu, one for
    Windows under wine, where that is installed. A check that cannot run here is reported as not
    run, never as passed.

    With --host a package is copied to another machine, installed there with that system's own tool,
    checked, and removed again; a folder or an archive is unpacked into a temporary folder there.
    ssh runs without a terminal, so your key has to be in an agent or named in your ssh_config. What
    is installed there already is never touched: the package is refused then.
    """
    label = Label(version=str(Version.parse(expected))) if expected else Label()
    if address is not None:
        if root is not None or (path.is_file() and _is_program(path)):
            raise click.UsageError("with --host, PATH is a package or the folder of a runtime")
        with terminal(quiet=as_json) as watch:
            report = smoke_on(
                parse_address(address), path, label, only=only, config=ssh_config,
                step=lambda what: watch.start(what, None), progress=shown_by(watch),
            )  # fmt: skip
    else:
        report = _smoke_here(path, root, label, only, quiet=as_json)
    if junit is not None:
        replace_file(junit, as_junit(report).encode())
    click.echo(report_json(report) if as_json else as_text(report))
    report.raise_unless_passed()


def _smoke_here(
    path: Path, root: Path | None, label: Label, only: tuple[str, ...], *, quiet: bool
) -> Report:
    with ExitStack() as stack:
        if path.is_file() and not _is_program(path):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            root = folder / "root"
            unpack_package(path, root)
            path = root
        runtime = locate(path, root=root)
        with terminal(quiet=quiet) as watch:
            label = label.filled(label_of_tree(runtime))
            return smoke(runtime, label, only=only, progress=shown_by(watch))


def shown_by(watch: Terminal) -> Progress:
    """Return what tells the terminal which check runs."""

    def progress(check: Check, result: Result | None) -> None:
        if result is None:
            watch.start(check.title, None)

    return progress


def _is_program(path: Path) -> bool:
    return path.name in ("node", "node.exe")
