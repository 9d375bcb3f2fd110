"""How this program came onto the machine, and so which command brings the next version of it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NAME = "rtinstall"
OF_SYSTEM = ("rpm", "debian", "dpkg", "apk", "pacman", "portage", "freebsd-pkg", "pkg")


@dataclass(frozen=True, slots=True)
class Origin:
    """What installed the program, in words, and what updates it."""

    by: str
    update: str


def own_origin() -> Origin:
    """Return how this very program was installed."""
    return origin_of(
        Path(sys.prefix), sys.executable, _said_by_metadata, frozen=hasattr(sys, "frozen")
    )


def _said_by_metadata(file: str) -> str:
    from importlib import metadata

    try:
        return metadata.distribution(NAME).read_text(file) or ""
    except metadata.PackageNotFoundError:
        return ""


def origin_of(
    prefix: Path, python: str, said: Callable[[str], str], *, frozen: bool = False
) -> Origin:
    """Return what the environment at ``prefix`` tells.

    ``said`` returns a file of the distribution's metadata, empty if there is none: ``INSTALLER`` (the
    recording of installed projects) and ``direct_url.json`` (PEP 610).
    """
    if frozen:
        return Origin("a package of this machine, as one program", "install the newer package")
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
