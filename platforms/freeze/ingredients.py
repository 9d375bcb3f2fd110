"""What ``rtinstall`` consists of: its own modules, the few distributions it needs, and their licences.

Only pure Python is taken, whatever a wheel has besides: the same bytes for every system. Nothing of
``rtinstall.platforms``, which builds packages, is part of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from rtinstall import runtime_bundle
from rtinstall.platforms.companion import PROGRAM
from rtinstall.runtime_bundle.errors import MissingTool
from rtinstall.runtime_bundle.model import File

ROOMS = ("installer", "runtime_bundle")
# rtinstall's dependencies and theirs; a test holds it against what the distributions say.
DISTRIBUTIONS = (
    "certifi",
    "charset-normalizer",
    "click",
    "idna",
    "platformdirs",
    "requests",
    "urllib3",
)
TAKEN = (".py", ".pem")
RULE = "=" * 78


def modules() -> Iterator[File]:
    """Yield every file of the program, relative to where it is imported from."""
    rooms = Path(runtime_bundle.__file__).parents[1]
    for room in ROOMS:
        for path in sorted((rooms / room).rglob("*.py")):
            inside = path.relative_to(rooms / room).as_posix()
            yield File.of(f"rtinstall/{room}/{inside}", path.read_bytes())
    for name in DISTRIBUTIONS:
        for inside_it, data in _files(distribution(name)):
            if inside_it.suffix in TAKEN or ".dist-info" in inside_it.parts[0]:
                yield File.of(inside_it.as_posix(), data)


def distribution(name: str) -> metadata.Distribution:
    """Return an installed distribution, or raise :class:`MissingTool`."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise MissingTool(
            f"the distribution {name} is not installed here", hint=f"pip install {name}"
        ) from None


def _files(found: metadata.Distribution) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the files of a distribution in order: its modules, its name and its licences."""
    for path in sorted(found.files or ()):
        inside = PurePosixPath(path.as_posix())
        if ".." in inside.parts or inside.is_absolute() or "__pycache__" in inside.parts:
            continue
        told = inside.name == "METADATA" or _is_licence(inside)
        if told or ".dist-info" not in inside.parts[0]:
            yield inside, Path(str(path.locate())).read_bytes()


def _is_licence(path: PurePosixPath) -> bool:
    return ".dist-info" in path.parts[0] and path.name.upper().startswith(
        ("LICENSE", "LICENCE", "COPYING", "NOTICE")
    )


def licences(*, python: bool, libraries: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the licences of all of it as one text; with ``python``, that of the interpreter, too.

    ``libraries`` are the terms of shared libraries by their names; equal terms are said once.
    """
    parts = [(f"{PROGRAM} (Apache-2.0)", _own())]
    for name in DISTRIBUTIONS:
        found = distribution(name)
        said = found.metadata.json
        terms = str(said.get("license_expression") or said.get("license") or "")
        title = f"{name} {found.version}" + (f" ({terms})" if terms and "\n" not in terms else "")
        texts = [
            data.decode("utf-8", "replace") for path, data in _files(found) if _is_licence(path)
        ]
        if not texts:
            raise MissingTool(f"the licence of {name} is not installed here")
        parts.append((title, "\n".join(texts)))
    if python:
        parts.append((f"Python {'.'.join(map(str, sys.version_info[:3]))}", _of_python()))
    for text in dict.fromkeys(libraries.values()):
        names = ", ".join(sorted(name for name, terms in libraries.items() if terms == text))
        parts.append((names, text))
    return "\n".join(f"{RULE}\n{title}\n{RULE}\n\n{text.strip()}\n" for title, text in parts)


def _own() -> str:
    """Return the licence that the distribution of this program carries, or its checkout."""
    for path, data in _files(distribution(PROGRAM)):
        if _is_licence(path):
            return data.decode()
    beside = Path(runtime_bundle.__file__).resolve().parents[1] / "LICENSE"
    if not beside.is_file():
        raise MissingTool(f"the licence of {PROGRAM} is not installed here")
    return beside.read_text(encoding="utf-8")


def _of_python() -> str:
    library = Path(sys.base_prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    for path in (library / "LICENSE.txt", Path(sys.base_prefix, "LICENSE.txt"),
                 Path(f"/usr/share/doc/python{sys.version_info[0]}.{sys.version_info[1]}/copyright")):  # fmt: skip
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    import builtins

    builtins.license._Printer__setup()  # type: ignore[attr-defined]
    return "\n".join(builtins.license._Printer__lines)  # type: ignore[attr-defined]
