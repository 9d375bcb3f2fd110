r"""Windows Installer packages: everything by tables of the installer's own, and nothing that runs.

No custom action, no DLL, no service: what an installer carries to run, it runs as SYSTEM, at every
repair. Windows 10 and later have all it takes (Windows Installer 5.0).

Scopes (``windows.scope``):

* ``machine``: below Program Files, for everybody, with an administrator's consent.
* ``user``: below ``%LocalAppData%\Programs``, for one user, without.
* ``dual``: one package for both, which asks; a silent installation is for the user, or with
  ``ALLUSERS=1`` for the machine. Windows redirects folder and registry.

Silently, ``msiexec /i FILE /qn`` takes these public properties: ``INSTALLDIR`` (the folder),
``ADDLOCAL`` (the features, see :mod:`.features`, or ``ALL``), and in dual scope ``ALLUSERS`` and
``MSIINSTALLPERUSER``.
"""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

from rtinstall.platforms.containers import cab
from rtinstall.platforms.containers.msi import Summary, write_database
from rtinstall.platforms.package import Effort, Package, Scope
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.windows.dialogs import interface
from rtinstall.platforms.windows.draft import Draft, Rows
from rtinstall.platforms.windows.features import add_features
from rtinstall.platforms.windows.identity import content_codes
from rtinstall.platforms.windows.layout import CABINET, lay_out
from rtinstall.platforms.windows.place import licence, place
from rtinstall.platforms.windows.product import LANGUAGE, add_product
from rtinstall.platforms.windows.rtf import rtf
from rtinstall.platforms.windows.schema import tables
from rtinstall.platforms.windows.sequences import sequences
from rtinstall.platforms.windows.system import add_environment, add_registry, add_start_menu
from rtinstall.runtime_bundle import __version__
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.targets import Arch

PLATFORMS: dict[Arch, str] = {"x64": "x64", "arm64": "Arm64", "x86": "Intel"}
INSTALLER_VERSION = 500
COMPRESSED, NEEDS_NO_ELEVATION = 2, 8
SUFFIX: dict[Scope, str] = {"machine": "", "user": "-user", "dual": "-dual"}


def package(bundle: Bundle, settings: Settings) -> Package:
    """Place ``bundle`` in its folder.

    Raises :class:`NotPublished` for a target other than Windows, :class:`NotExpressible` for a
    version, a name, a path or a licence that a package cannot hold.
    """
    return place(bundle, settings)


def filename(package: Package) -> str:
    """Return ``node-v24.19.0-x64.msi``, or ``node-v24.19.0-x64-user.msi``."""
    name = package.metadata.name
    suffix = SUFFIX[package.metadata.windows.scope]
    stem = "node" if name == "nodejs" else name
    return f"{stem}-v{package.version}-{package.architecture}{suffix}.msi"


def write(package: Package, out: BinaryIO, effort: Effort) -> None:
    """Write the database, its summary and one cabinet."""
    rows, summary, members = contents(package, effort)
    cabinet = partial(cab.write, members=members, effort=effort)
    write_database(out, tables(rows), summary, {CABINET: cabinet})


def contents(package: Package, effort: Effort) -> tuple[Rows, Summary, list[cab.Member]]:
    """Return what a package consists of: the rows of its tables, its summary, its payload in order."""
    draft = Draft(package)
    members = lay_out(draft, effort.jobs)
    add_features(draft)
    add_registry(draft)
    add_environment(draft)
    add_start_menu(draft)
    add_product(draft)
    text = rtf(licence(package.bundle))
    dialogs = interface(scope=draft.scope, licence=text, for_everyone=draft.for_everyone)
    rows = _joined(draft.rows, sequences(), dialogs)

    template = f"{PLATFORMS[package.bundle.target.arch]};{LANGUAGE}"
    word_count = COMPRESSED | (NEEDS_NO_ELEVATION if draft.scope == "user" else 0)
    facts = [template, str(word_count), str(package.time), str(package.metadata.revision)]
    facts += [__version__, effort.level, *(file.sha256 for file in package.files)]
    product_code, package_code = content_codes(draft.family, rows, facts)
    rows["Property"].append(("ProductCode", product_code))

    summary = Summary(
        subject=draft.name,
        author=package.metadata.vendor,
        comments=package.metadata.summary,
        template=template,
        package_code=package_code,
        time=package.time,
        installer_version=INSTALLER_VERSION,
        word_count=word_count,
        application=f"rtinstall {__version__}",
    )
    return rows, summary, members


def _joined(*parts: Rows) -> Rows:
    """Return all rows of each table together."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: [row for part in parts for row in part.get(name, ())] for name in names}
