"""``rtinstall`` frozen by PyInstaller: a folder with a Python of its own, for the system this runs on.

Decisions:

* One folder, never one file: nothing is unpacked into a temporary folder at every start, by which one
  user could get at another's program, and which takes longer than starting does.
* No builder code, and of compiled modules only what Python itself and rtinstall's few dependencies
  bring. zlib-ng, which only makes inflating faster, is left out: from a server the smallest archive is
  taken, and that is xz. So is zstandard, which reads packages of FreeBSD; there the zipapp is placed.
* Without PyInstaller's hooks that run at each start: they serve modules that are not there.
* Everything not of the C library is in the folder, or freezing fails; only zlib is the system's, which
  every package manager is linked with itself. What it needs of glibc stands in the manifest, and a
  package asks for it: freeze on an old system.
* Nothing of the place it was frozen in, and nothing of the bootloader's environment for what it starts.

What can be settled is: time, hash seed, order. Two runs on one machine give the same files on Linux; on
another machine they differ where its Python and its libraries do.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata, util
from pathlib import Path

from rtinstall.platforms.companion import INTERNAL, LICENCES, PROGRAM
from rtinstall.platforms.freeze import ingredients
from rtinstall.platforms.freeze.libraries import of_library
from rtinstall.platforms.freeze.record import Frozen
from rtinstall.platforms.freeze.search_paths import forget
from rtinstall.platforms.freeze.this_target import this_target
from rtinstall.platforms.freeze.zipapp import completions, module_names
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.errors import MissingTool, WrongBinary
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.model import Blob, Content, Entry, File, Slice, Symlink, digest, tree

ENTRY = """\
import os
import sys

# What the bootloader sets for itself is no business of the programs that are started from here: node
# would be given Python's libraries. It keeps what was there before; where nothing was, nothing is kept.
for name in [name for name in os.environ if name.startswith("_PYI_")]:
    del os.environ[name]
if sys.platform == "linux":
    os.environ.pop("LD_LIBRARY_PATH", None)
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before

from rtinstall.installer.start import main

main()
"""
# Of Python's own library; and of ours, what builds packages. All else that is installed is left out anyway.
LEFT_OUT = (
    "rtinstall.platforms", "_pyrepl", "asyncio", "backports", "chardet", "curses", "distutils", "doctest",
    "ensurepip", "idlelib", "lib2to3", "multiprocessing", "pdb", "pydoc", "readline", "simplejson",
    "sqlite3", "test", "tkinter", "turtledemo", "unittest", "venv", "xmlrpc", "zlib_ng", "zstandard",
)  # fmt: skip
SPEC = """\
import json
from pathlib import Path

analysis = Analysis([{entry!r}], hiddenimports={hidden!r}, excludes={left_out!r}, optimize=0)
scripts = [script for script in analysis.scripts if not script[0].startswith("pyi_rth_")]
program = EXE(
    PYZ(analysis.pure), scripts, [("X utf8", None, "OPTION")], exclude_binaries=True,
    name={program!r}, contents_directory={internal!r}, console=True, upx=False, strip=False,
    target_arch={arch!r},
)
COLLECT(program, analysis.binaries, analysis.datas, name={folder!r}, upx=False, strip={strip!r})
found = [(place, source) for place, source, kind in analysis.binaries if kind == "BINARY"]
Path({libraries!r}).write_text(json.dumps(found))
"""
# What a program for Linux may expect of the system: its C library, and no other.
OF_SYSTEM = re.compile(
    r"ld-linux.*|ld64\.so.*|ld-musl.*|libc\.(so|musl).*|lib(c|m|dl|pthread|rt|util)\.so\.[0-9]+"
)
# PyInstaller's bootloader is linked with it, before it knows the folder; every package manager is, too.
ZLIB = "libz.so.1"
LIBRARIES = "libraries.json"
# Of what is known about a distribution, a package keeps its name and its licences.
KEPT = ("METADATA", "licenses")
MODES = {True: 0o755, False: 0o644}


def make(room: Path, *, time: int) -> Frozen:
    """Freeze into a folder of ``room`` that is called as the result says.

    ``time`` in seconds since 1970. Raises :class:`MissingTool` without PyInstaller, and when it fails.
    """
    if util.find_spec("PyInstaller") is None:
        raise MissingTool(
            "freezing needs PyInstaller", hint="pip install 'rtinstall[freeze]', or --form zipapp"
        )
    target = this_target()
    room = room.resolve()
    own = [*module_names(list(ingredients.modules()))]
    folder = room / f"{PROGRAM}-{__version__}-{target}"
    _run(room, folder.name, [name for name in own if name.startswith("rtinstall.")], target, time)
    shutil.move(room / "dist" / folder.name, folder)
    suffix = ".exe" if os.name == "nt" else ""
    program = folder / f"{PROGRAM}{suffix}"
    inside = folder / INTERNAL
    _tidy(inside)
    entries = list(_entries(folder))
    needs = tuple(_needs(entries)) if sys.platform == "linux" else ()
    libraries = json.loads((room / LIBRARIES).read_text(encoding="utf-8"))
    more = {
        Path(place).name: of_library(Path(source))
        for place, source in libraries
        if "python" not in Path(place).name.lower()  # whose licence is there already
    }
    texts = {LICENCES: ingredients.licences(python=True, libraries=more).encode()}
    texts |= completions((str(program),))
    for path, text in texts.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(text)
        entries.append(File.of(path, text))
    return Frozen(
        version=__version__,
        target=target,
        form="onedir",
        entries=tree(entries),
        python=".".join(map(str, sys.version_info[:3])),
        pyinstaller=metadata.version("pyinstaller"),
        needs=needs,
        distributions={
            name: ingredients.distribution(name).version for name in ingredients.DISTRIBUTIONS
        },
        modules=_modules(program),
    )


def _run(room: Path, name: str, hidden: Sequence[str], target: str, time: int) -> None:
    (room / "start.py").write_text(ENTRY, encoding="utf-8")
    spec = SPEC.format(
        entry=str(room / "start.py"), hidden=list(hidden), left_out=_left_out(),
        program=PROGRAM, internal=INTERNAL, folder=name,
        arch="universal2" if target == "darwin-universal" else None,
        strip=sys.platform == "linux" and shutil.which("strip") is not None,
        libraries=str(room / LIBRARIES),
    )  # fmt: skip
    (room / "rtinstall.spec").write_text(spec, encoding="utf-8")
    words = ("--noconfirm", "--log-level", "WARN", "--distpath", str(room / "dist"),
             "--workpath", str(room / "work"), str(room / "rtinstall.spec"))  # fmt: skip
    settled = {
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": str(time),
        "PYINSTALLER_CONFIG_DIR": str(room / "settings"),
    }
    ended = subprocess.run(
        (sys.executable, "-m", "PyInstaller", *words),
        env={**os.environ, **settled}, cwd=room, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if ended.returncode:
        said = ended.stdout.decode("utf-8", "replace").strip().splitlines()
        raise MissingTool(
            f"PyInstaller did not freeze it: {said[-1] if said else ended.returncode}",
            hint="it needs a Python that was built with its shared library, and binutils on Linux",
        )


def _left_out() -> list[str]:
    """Return what must not be taken: what no use is made of, and whatever else is installed here."""
    needed = {PROGRAM, *ingredients.DISTRIBUTIONS}
    others = {
        module
        for module, names in metadata.packages_distributions().items()
        if module.isidentifier() and needed.isdisjoint(name.lower() for name in names)
    }
    return sorted(others.union(LEFT_OUT))


def _tidy(inside: Path) -> None:
    """Remove what only says how things came onto this machine, and where they were."""
    for path in [*inside.glob("*.dist-info/*"), *inside.rglob("__pycache__")]:
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(inside.rglob("*.so*")):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)
            forget(path)


def _entries(folder: Path) -> Iterator[Entry]:
    """Yield every file and link, executable the program alone."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield Symlink(inside, os.readlink(path).replace("\\", "/"))  # noqa: PTH115
        elif path.is_file():
            size = path.stat().st_size
            content: Content = Slice(path, 0, size) if size else Blob(b"")
            mode = MODES[inside in (PROGRAM, f"{PROGRAM}.exe")]
            path.chmod(mode)
            yield File(inside, mode, content, digest(content, "sha256"))


def _needs(entries: Sequence[Entry]) -> list[str]:
    """Return the symbol versions that the system's C library must have, and whether zlib is needed.

    Raises :class:`WrongBinary` for a library that is neither in the folder nor of the C library.
    """
    found: set[str] = set()
    names = {entry.path.rpartition("/")[2] for entry in entries}
    for entry in entries:
        if not isinstance(entry, File) or next(entry.content.chunks(), b"")[:4] != b"\x7fELF":
            continue
        executable = read_executable(entry.content)
        for library in executable.needed:
            if library == ZLIB and entry.path == PROGRAM:
                found.add(f"{ZLIB}()")
            elif library not in names and not OF_SYSTEM.fullmatch(library):
                raise WrongBinary(
                    f"{entry.path} needs {library}, which is not frozen with it",
                    hint="freeze with a Python whose libraries PyInstaller finds",
                )
        found |= {
            f"{library}({version})"
            for library, version in executable.symbols
            if library not in names and version.startswith("GLIBC_")
        }
    return sorted(found)


def _modules(program: Path) -> tuple[str, ...]:
    """Return the modules that are in the program, as PyInstaller's own reader finds them."""
    archive = import_module("PyInstaller.archive.readers").CArchiveReader(str(program))
    (inner,) = (name for name in archive.toc if name.endswith(".pyz"))
    return tuple(sorted(archive.open_embedded_archive(inner).toc))
