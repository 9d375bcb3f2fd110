"""How this program came onto the machine, and so which command brings the next version of it.

Where it came in a package of Node.js, a note lies beside it that says in which.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "rtinstall"
NOTE = "origin.json"
MOST = 1 << 12  # bytes of a note
# What installs a newer package, by the format that the note names.
PACKAGES: Mapping[str, tuple[str, str]] = {
    "deb": (".deb", "sudo apt install ./FILE.deb"),
    "rpm": (".rpm", "sudo dnf install ./FILE.rpm"),
    "apk": (".apk", "sudo apk add --allow-untrusted ./FILE.apk"),
    "arch": (".pkg.tar.zst", "sudo pacman -U FILE.pkg.tar.zst"),
    "freebsd": ("FreeBSD .pkg", "sudo pkg install ./FILE.pkg"),
    "ibmi": ("IBM i .rpm", "yum install ./FILE.rpm"),
    "pkg": ("macOS .pkg", "sudo installer -pkg FILE.pkg -target /"),
    "msi": (".msi", "msiexec /i FILE.msi"),
}
FORMS: Mapping[str, str] = {"frozen": "a folder", "zipapp": "a file"}
OF_SYSTEM = ("rpm", "debian", "dpkg", "apk", "pacman", "portage", "freebsd-pkg", "pkg")


@dataclass(frozen=True, slots=True)
class Origin:
    """What installed the program, in words, and what updates it.

    ``form`` is ``frozen``, with a Python of its own; ``zipapp``, one file; or ``modules`` of a Python.
    """

    by: str
    update: str
    form: str = "modules"


def own_origin() -> Origin:
    """Return how this very program was installed."""
    if hasattr(sys, "frozen"):
        inside = Path(getattr(sys, "_MEIPASS", Path(sys.executable).parent))
        return of_package("frozen", inside / NOTE, str(Path(sys.executable).parent))
    if archive := own_archive():
        return of_package("zipapp", archive.resolve().with_name(NOTE), str(archive))
    return origin_of(Path(sys.prefix), sys.executable, _said_by_metadata)


def own_archive() -> Path | None:
    """Return the zipapp that this is imported from, None where it is not."""
    above = Path(__file__).parents[2]
    return above if above.is_file() else None


def of_package(form: str, note: Path, place: str) -> Origin:
    """Return what the file ``note`` says of the package that a frozen program or a zipapp came in.

    Without one, nobody installed it: it lies at ``place`` because somebody put it there.
    """
    try:
        with note.open("rb") as stream:
            value = json.loads(stream.read(MOST))
        (suffix, command), name = PACKAGES[value["format"]], str(value["package"])
    except (OSError, ValueError, LookupError, TypeError):
        here = f"{FORMS[form]} of its own, {place}"
        return Origin(here, f"put the newer one in the place of {place}", form)
    if not name.isprintable():
        name = "?"
    update = f"{command}, with the file of the newer {name}"
    return Origin(f"the {suffix} package {name}", update, form)


def others_on_path(path: str, program: str) -> list[str]:
    """Return every other ``rtinstall`` in the folders of ``path``, in order; ``program`` is this one."""
    names = [f"{NAME}{suffix}" for suffix in ((".exe", ".cmd") if os.name == "nt" else ("",))]
    known = {os.path.realpath(program)}
    found = []
    for folder in path.split(os.pathsep):
        for name in names:
            candidate = os.path.join(folder, name)  # noqa: PTH118
            real = os.path.realpath(candidate)
            if not os.path.isabs(folder) or real in known:  # noqa: PTH117
                continue
            if os.path.isfile(candidate) and os.access(candidate, os.X_OK):  # noqa: PTH113
                known.add(real)
                found.append(candidate)
    return found


def _said_by_metadata(file: str) -> str:
    from importlib import metadata

    try:
        return metadata.distribution(NAME).read_text(file) or ""
    except metadata.PackageNotFoundError:
        return ""


def origin_of(prefix: Path, python: str, said: Callable[[str], str]) -> Origin:
    """Return what the environment at ``prefix`` tells.

    ``said`` returns a file of the distribution's metadata, empty if there is none: ``INSTALLER`` (the
    recording of installed projects) and ``direct_url.json`` (PEP 610).
    """
    address, editable = _address(said("direct_url.json"))
    installer = said("INSTALLER").strip().lower()
    run = shlex.quote(python)
    if editable:
        return Origin(f"a checkout, {address}", f"git -C {shlex.quote(address)} pull")
    if (prefix / "uv-receipt.toml").is_file():
        return Origin("uv tool", f"uv tool upgrade {NAME}")
    if (prefix / "pipx_metadata.json").is_file():
        return Origin("pipx", f"pipx upgrade {NAME}")
    if (prefix / "conda-meta").is_dir() and installer in ("conda", ""):
        return Origin("conda", f"conda update {NAME}")
    if installer in OF_SYSTEM or (not installer and said("METADATA")):
        return Origin("this system's packages", f"the system's own: it has the package {NAME}")
    what = shlex.quote(address) if address else NAME
    if installer == "uv":
        return Origin("uv pip", f"uv pip install --python {run} --upgrade {what}")
    if installer:
        return Origin(installer, f"{run} -m pip install --upgrade {what}")
    return Origin("nothing that is written down", f"{run} -m pip install --upgrade {NAME}")


def _address(text: str) -> tuple[str, bool]:
    """Return where the distribution came from, if not from an index, and whether it is a checkout."""
    try:
        value = json.loads(text)
        url = str(value["url"])
        editable = value.get("dir_info", {}).get("editable") is True
        version_control = value.get("vcs_info", {}).get("vcs")
    except (ValueError, LookupError, TypeError, AttributeError):
        return "", False
    if url.startswith("file:"):
        from urllib.parse import urlsplit
        from urllib.request import url2pathname

        return url2pathname(urlsplit(url).path), editable
    return f"{version_control}+{url}" if version_control else url, editable
