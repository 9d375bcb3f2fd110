"""Place a Bundle in PASE, IBM i's room for programs from Unix, as IBM's own Node.js stands there.

Decisions:

* Everything is below ``/QOpenSys/pkgs/lib/nodejs24``, the major version in the package's name, so
  that every major can be there at once. The layout below it is upstream's; the manual pages are
  compressed, as IBM's rpmbuild compresses them. The configured prefix is Unix's, and without effect
  here as on Windows: the package's name decides its place.
* Further files keep their place if that is below ``/QOpenSys``; others, such as ``/etc/motd``, are not
  PASE's, and go below the package's own folder, as they do on Windows.
* No directory outside is the package's: yum takes a shared one for a conflict.
* ``node`` is on the PATH of whoever puts ``/QOpenSys/pkgs/lib/nodejs24/bin`` first in it.
* npm looks for its configuration in ``etc`` below that, and puts global modules there, too, as
  IBM's does: each major has its own, and what PATH leads to is what ``npm install -g`` adds to.
* ``rtinstall`` is there with each major, too. Of IBM's packages of Python the one that is new enough is
  called ``python3.13``; ``python3`` is 3.6.
"""

from __future__ import annotations

from dataclasses import replace

from rtinstall.platforms.companion import below, fitting, noted
from rtinstall.platforms.package import Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.unix import company_files, manuals
from rtinstall.runtime_bundle.model import Bundle, Directory, Entry, File, tree

PACKAGES = "QOpenSys/pkgs"
ROOT = "QOpenSys/"
PYTHON = "python3.13"


def home(name: str) -> str:
    """Return the place of the package ``name``, such as ``nodejs24``, without a leading slash."""
    return f"{PACKAGES}/lib/{name}"


def versioned(metadata: Metadata, bundle: Bundle) -> str:
    """Return the name with the major version, such as ``nodejs24``."""
    return f"{metadata.name}{bundle.version.major}"


def placed(bundle: Bundle, settings: Settings, name: str) -> tuple[Entry, ...]:
    """Return the entries of the package ``name`` with all their parents."""
    own = home(name)
    found: list[Entry] = [
        replace(entry, path=f"{own}/{entry.path}")
        for entry in bundle.entries
        if not isinstance(entry, Directory) and not entry.path.startswith("share/man/")
    ]
    found += manuals(bundle, own)
    found += company_files(settings, own)
    found += (
        file if file.path.startswith(ROOT) else replace(file, path=f"{own}/{file.path}")
        for file in settings.extra
    )
    if companion := fitting(settings.companions, bundle.target):
        python = f"/{PACKAGES}/bin/{PYTHON}"
        found += below(companion, own, note=noted("ibmi", name), python=python)
        found.append(File.of(f"{own}/LICENSE.rtinstall", companion.licences))
    return tree(found)
