"""``rtinstall`` as a zipapp: one file for every system that has Python 3.11 or newer.

The same bytes for the same versions of what is in it, wherever it is made: sources only, in order, with
one time, compressed by the encoder that packages are.

Its first lines are Python of any age: where ``python3`` is too old, as on Red Hat Enterprise Linux 9, a
newer one that was installed beside it is looked for.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rtinstall.platforms.companion import ANY, COMPLETIONS, LICENCES
from rtinstall.platforms.containers import zip
from rtinstall.platforms.freeze import ingredients
from rtinstall.platforms.freeze.record import ZIPAPP, Frozen, stem
from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import MissingTool
from rtinstall.runtime_bundle.model import Directory, File, tree

LINE = b"#!/usr/bin/env python3\n"
MAIN = b'''\
"""rtinstall: start it with a Python that is new enough."""

import os
import sys

if sys.version_info < (3, 11):
    folder = os.path.dirname(sys.executable or "")
    for minor in range(30, 10, -1):
        for place in (folder, "/usr/bin", "/usr/local/bin"):
            python = "%s/python3.%d" % (place, minor)
            if os.access(python, os.X_OK):
                os.execv(python, [python, "-IXutf8"] + sys.argv)
    sys.stderr.write("error: rtinstall needs Python 3.11 or newer, and this is %d.%d\\n"
                     "hint: install a newer Python beside it\\n" % sys.version_info[:2])
    sys.exit(14)

from rtinstall.installer.start import main

main()
'''


def make(*, time: int) -> tuple[bytes, Frozen]:
    """Return the archive and what its manifest says; ``time`` in seconds since 1970."""
    files = [*ingredients.modules(), File.of("__main__.py", MAIN)]
    texts = {LICENCES: ingredients.licences(python=False).encode()}
    texts |= _completions(_packed(files, time))
    data = _packed([*files, *(File.of(path, text) for path, text in texts.items())], time)
    return data, Frozen(
        version=__version__,
        target=ANY,
        form="zipapp",
        entries=(File.of(f"{stem(__version__, ANY)}{ZIPAPP}", data, 0o755),),
        distributions={
            name: ingredients.distribution(name).version for name in ingredients.DISTRIBUTIONS
        },
        modules=tuple(module_names(files)),
    )


def _packed(files: list[File], time: int) -> bytes:
    """Return a zip of ``files``, folders too, by which Python knows namespaces; with its first line."""
    out = io.BytesIO()
    members = [entry for entry in tree(files) if isinstance(entry, File | Directory)]
    zip.write(out, members, time=time, effort=Effort("max"))
    return LINE + out.getvalue()


def module_names(files: list[File]) -> Iterator[str]:
    """Yield what can be imported."""
    for file in files:
        if file.path.endswith(".py") and file.path != "__main__.py":
            yield file.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _completions(archive: bytes) -> dict[str, bytes]:
    """Let the program itself say how the shells complete it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"rtinstall{ZIPAPP}")
        path.write_bytes(archive)
        return completions((sys.executable, "-IXutf8", str(path)))


def completions(program: tuple[str, ...]) -> dict[str, bytes]:
    """Return the completion script of each shell, from ``program``; raises :class:`MissingTool`."""
    found = {}
    for shell in COMPLETIONS:
        ended = subprocess.run(
            (*program, "completion", shell),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if ended.returncode or not ended.stdout:
            said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise MissingTool(
                f"the rtinstall that was made does not start: {said[-1] if said else 'no reason'}",
                hint="this is a fault of rtbuild freeze, or of the Python that it ran with",
            )
        found[f"completions/{shell}"] = ended.stdout.replace(b"\r\n", b"\n")
    return found
