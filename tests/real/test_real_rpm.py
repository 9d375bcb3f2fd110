from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import attempt, run
from readers import rpm as reader
from real_release import Release, check_contents, check_runs, check_smoke
from roots import Dnf, needs_root, on_disk, rpm_in, rpm_verify
from rpms import build
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.linux.place import SHARED
from rtinstall.platforms.package import Metadata
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal
from rtinstall.platforms.yum_folder import publish
from rtinstall.runtime_bundle.model import File

pytestmark = [pytest.mark.real, needs_root]
SYSTEMS_OWN = SHARED - {"usr/lib/node_modules"}

# What rpmlint, with nothing configured, says of upstream's files, and why that stays. Nothing is
# changed in the bundle.
RPMLINT = {
    "binary-or-shlib-calls-gethostbyname": "OpenSSL keeps an old function of its interface",
    "env-script-interpreter": "npm runs with the node that is first in PATH",
    "files-duplicate": "OpenSSL's headers are the same for many systems",
    "files-duplicated-waste": "the same headers",
    "hidden-file-or-dir": "npm and node-gyp ship some",
    "invalid-license": "rpmlint brings no list of licences; MIT is SPDX's name",
    "manpage-not-compressed": "rpmlint wants bz2; distributions use gzip",
    "no-manual-page-for-binary": "rpmlint looks for .bz2 alone; corepack has none",
    "no-signature": "signed by whoever publishes it",
    "non-executable-script": "corepack's and npm's scripts for other shells are copied, not run",
    "obsolete-not-provided": "the parts of a split Node.js that this package makes needless",
    "only-non-binary-in-usr-lib": "modules are in /usr/lib on every architecture",
    "position-independent-executable-suggested": "the executable is upstream's",
    "script-without-shebang": "batch files for Windows are executable in upstream's archive",
    "unstripped-binary-or-object": "upstream's symbols serve profilers and its diagnostic reports",
    "wrong-script-end-of-line-encoding": "batch files for Windows",
    "zero-length": "npm ships some",
}


@pytest.fixture(scope="module")
def installed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a root into which rpm has installed the package."""
    root = tmp_path_factory.mktemp("rpm") / "root"
    rpm_in(root, "-i", "--nodeps", release.path("rpm"))
    return root


def owned(root: Path) -> dict[str, str]:
    """Return what is below ``root``/usr but for what belongs to the system."""
    found = on_disk(root, "dev", "etc", "root", "tmp", "var")
    return {path: what for path, what in found if path not in SYSTEMS_OWN}


def test_reader_rpm_and_manifest_agree(release: Release, installed: Path) -> None:
    items = reader.read(release.path("rpm").read_bytes()).items
    found = {
        item.path.removeprefix("/"): item.target or f"{item.mode & 0o7777:o} {item.digest}".strip()
        for item in items
    }
    assert owned(installed) == found
    check_contents(found, release)
    listed = run("rpm", "-qlp", release.path("rpm")).splitlines()
    assert listed == [item.path for item in items]
    assert rpm_verify(installed) == ""


def test_rpm_finds_every_digest_right(release: Release) -> None:
    first, *rest = run("rpm", "-Kv", release.path("rpm")).splitlines()
    assert first == f"{release.path('rpm')}:"
    assert rest
    assert all(line.endswith(": OK") for line in rest)


def test_node_and_npm_run_where_rpm_puts_them(
    release: Release, installed: Path, tmp_path: Path
) -> None:
    check_runs(installed / "usr", release, tmp_path)


def test_what_rpm_installed_passes_every_smoke_check(release: Release, installed: Path) -> None:
    check_smoke(installed, release)


def test_an_upgrade_leaves_the_new_files_alone_and_an_erasure_none(
    release: Release, older: Release, installed: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    rpm_in(root, "-i", "--nodeps", older.path("rpm"))
    new = owned(installed)
    assert owned(root).keys() - new.keys(), "nothing could be left behind"
    rpm_in(root, "-U", "--nodeps", release.path("rpm"))
    assert owned(root) == new
    assert rpm_verify(root) == ""
    rpm_in(root, "-e", "nodejs")
    assert owned(root) == {}


def by_createrepo(folder: Path) -> None:
    run("createrepo_c", "--quiet", folder)


def by_us(folder: Path) -> None:
    publish(folder, [], "dnf", None, Terminal(None, quiet=True))


@pytest.mark.parametrize("catalogue", [by_createrepo, by_us])
def test_dnf_installs_upgrades_and_removes(
    release: Release,
    older: Release,
    installed: Path,
    tmp_path: Path,
    catalogue: Callable[[Path], None],
) -> None:
    dnf = Dnf(tmp_path)
    needed = {
        name
        for each in (release, older)
        for name in run("rpm", "-qp", "--requires", each.path("rpm")).splitlines()
        if not name.startswith("rpmlib(")
    }
    system = replace(
        rpm.package(small_bundle(), Settings(metadata=Metadata(name="system"))),
        entries=(File.of("usr/share/system", b""),),
        requires=(), provides=("system", *sorted(needed)), conflicts=(), replaces=(),
    )  # fmt: skip
    build(system, tmp_path / "system")
    for name, each in (("old", older), ("new", release)):
        (tmp_path / name).mkdir()
        (tmp_path / name / each.path("rpm").name).hardlink_to(each.path("rpm"))
    for name in ("system", "old", "new"):
        catalogue(tmp_path / name)

    dnf.run("system old", "install", "npm")  # which this package provides
    dnf.run("system old new", "upgrade")
    assert f"nodejs 2:{release.version}" in dnf.installed
    others = {"usr/share/system": owned(dnf.root)["usr/share/system"]}
    assert owned(dnf.root) == owned(installed) | others
    dnf.run("system new", "remove", "--noautoremove", "nodejs")
    assert owned(dnf.root) == others


def test_rpmlint_finds_nothing_without_a_reason(release: Release) -> None:
    result = attempt("rpmlint", release.path("rpm"))
    found = set(re.findall(r"^\S+: [EW]: (\S+)", result.stdout, re.MULTILINE))
    assert found, "rpmlint has not run"
    assert found <= RPMLINT.keys(), result.stdout + result.stderr
