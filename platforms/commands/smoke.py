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
from rtinstall.platforms.smoke.report import Result, as_junit, as_text
from rtinstall.platforms.smoke.report import as_json as report_json
from rtinstall.platforms.smoke.run import smoke
from rtinstall.platforms.smoke.table import CHECKS, Check
from rtinstall.platforms.smoke.unpacked import unpack_package
from rtinstall.platforms.terminal import terminal
from rtinstall.runtime_bundle.versions import Version


@click.command("smoke", short_help="Hold a runtime to what people install it for.")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--version", "expected", metavar="VERSION", help="The version on the label.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder it was installed into, if PATH is inside one.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    type=click.Choice([check.name for check in CHECKS]),
    help="Run only this check, named as in the report; may be repeated.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML, too."
)
@json_option
def smoke_command(
    *,
    path: Path,
    expected: str | None,
    root: Path | None,
    only: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
) -> None:
    """Run every smoke check with the runtime at PATH.

    PATH is a node executable, the prefix or root folder it was installed into, or a package, which
    is unpacked into a temporary folder. A runtime of another architecture runs under qemu, one for
    Windows under wine, where that is installed. A check that cannot run here is reported as not
    run, never as passed.
    """
    label = Label(version=str(Version.parse(expected))) if expected else Label()
    with ExitStack() as stack:
        if path.is_file() and not _is_program(path):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            root = folder / "root"
            unpack_package(path, root)
            path = root
        runtime = locate(path, root=root)
        with terminal(quiet=as_json) as watch:

            def progress(check: Check, result: Result | None) -> None:
                if result is None:
                    watch.start(check.title, None)

            report = smoke(
                runtime, label.filled(label_of_tree(runtime)), only=only, progress=progress
            )
    if junit is not None:
        replace_file(junit, as_junit(report).encode())
    click.echo(report_json(report) if as_json else as_text(report))
    report.raise_unless_passed()


def _is_program(path: Path) -> bool:
    return path.name in ("node", "node.exe")
