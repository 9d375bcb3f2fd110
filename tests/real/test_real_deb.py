from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from oracles import attempt, run, tool
from readers import deb as reader
from real_release import Release, check_contents, check_runs, check_smoke, commands
from roots import dpkg, on_disk
from rtinstall.platforms.smoke.table import SCRIPTS

pytestmark = pytest.mark.real

# What lintian, which judges packages for Debian's own archive, says of upstream's files, and why
# that stays. Nothing is changed in the bundle.
LINTIAN = {
    "embedded-library": "upstream links zlib into node, with changes of its own",
    "executable-not-elf-or-script": "batch files for Windows are executable in upstream's archive",
    "groff-message": "npm's manual pages have lines that begin with a dot",
    "hardening-no-pie": "the executable is upstream's",
    "initial-upload-closes-no-bugs": "not an upload to Debian",
    "malformed-deb-archive": "zstd: not in Debian's own archive, but dpkg reads it since 1.21.18",
    "no-manual-page": "corepack has none",
    "script-not-executable": "corepack's and npm's scripts for other shells are copied, not run",
    "unstripped-binary-or-object": "upstream's symbols serve profilers and its diagnostic reports",
    "unusual-interpreter": "PowerShell, for Windows",
}
# A third of lintian's time: words in the executable, and libraries that Debian has packages of.
SLOW = "binaries/spelling,languages/javascript/embedded"


@pytest.fixture(scope="module")
def installed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a root into which dpkg has installed the package."""
    root = tmp_path_factory.mktemp("dpkg") / "root"
    dpkg(root, "-i", release.path("deb"))
    return root


def test_reader_dpkg_and_manifest_agree(release: Release, installed: Path) -> None:
    members = reader.read(release.path("deb").read_bytes()).members[1:]
    found = {
        member.name.removeprefix("./").rstrip("/"): member.link
        or f"{member.mode:o} {hashlib.sha256(member.data).hexdigest()}"
        if member.kind != "directory"
        else f"{member.mode:o}"
        for member in members
    }
    assert dict(on_disk(installed, "var")) == found
    assert {(member.owner, member.group) for member in members} == {("root", "root")}
    check_contents(found, release)
    assert dpkg(installed, "--verify", "nodejs") == ""


def test_node_and_npm_run_where_dpkg_puts_them(
    release: Release, installed: Path, tmp_path: Path
) -> None:
    check_runs(installed / "usr", release, tmp_path)


def test_npm_builds_a_native_addon_with_node_gyp(installed: Path, tmp_path: Path) -> None:
    for name in ("cc", "make", "python3"):
        tool(name)
    shutil.copy(SCRIPTS / "addon.c", tmp_path)
    (tmp_path / "package.json").write_text('{"name": "addon", "version": "1.0.0"}')
    (tmp_path / "binding.gyp").write_text(
        "{'targets': [{'target_name': 'addon', 'sources': ['addon.c']}]}"
    )
    usr = installed / "usr"
    settings = {"npm_config_nodedir": str(usr), "PYTHONDONTWRITEBYTECODE": "1"}
    commands(usr, "npm", "install", "--offline", home=tmp_path, **settings)
    asked = "require('./build/Release/addon.node').add(40, 2)"
    assert commands(usr, "node", "-p", asked, home=tmp_path) == "42"


def test_what_dpkg_installed_passes_every_smoke_check(release: Release, installed: Path) -> None:
    check_smoke(installed, release)


def test_an_upgrade_leaves_the_new_files_alone_and_a_purge_none(
    release: Release, older: Release, installed: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    dpkg(root, "-i", older.path("deb"))
    new = dict(on_disk(installed, "var"))
    assert dict(on_disk(root, "var")).keys() - new.keys(), "nothing could be left behind"
    dpkg(root, "-i", release.path("deb"))
    assert dict(on_disk(root, "var")) == new
    dpkg(root, "--remove", "nodejs")
    dpkg(root, "--purge", "nodejs")
    assert list(on_disk(root, "var")) == []


class Apt:
    """A machine with Debian 12's libraries and one repository, a folder of packages."""

    SYSTEM = (
        ("libc6", "2.36-9"), ("libgcc-s1", "12.2.0-14"), ("libstdc++6", "12.2.0-14"),
        ("ca-certificates", "20230311"),
    )  # fmt: skip

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.repository = folder / "repository"
        self.repository.mkdir()
        (self.root / "etc/apt/preferences.d").mkdir(parents=True)
        for name in ("lib/apt/lists/partial", "cache/apt/archives/partial", "log/apt"):
            (self.root / "var" / name).mkdir(parents=True)
        (self.root / "etc/apt/sources.list").write_text(
            f"deb [trusted=yes] copy:{self.repository} ./\n"
        )
        dpkg(self.root, "--configure", "-a")
        (self.root / "var/lib/dpkg/status").write_text(
            "".join(
                f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n"
                f"Version: {version}\nMaintainer: a <a@b.c>\nDescription: {name}\n\n"
                for name, version in self.SYSTEM
            )
        )
        for name, _ in self.SYSTEM:
            (self.root / f"var/lib/dpkg/info/{name}.list").touch()

    def __call__(self, *words: str) -> str:
        options = {
            "Dir": self.root,
            "Dir::State::status": self.root / "var/lib/dpkg/status",
            "Dir::Bin::methods": "/usr/lib/apt/methods",
            "Dir::Bin::dpkg": tool("dpkg"),
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
            "Debug::NoLocking": "1",
        }
        for_dpkg = (
            f"--root={self.root}", "--log=/dev/null", "--force-not-root",
            "--force-script-chrootless", "--force-architecture",
        )  # fmt: skip
        arguments = [f"-o{name}={value}" for name, value in options.items()]
        arguments += [f"-oDPkg::Options::={option}" for option in for_dpkg]
        return run("fakeroot", tool("apt-get"), *arguments, "-qq", "-y", *words)

    def offer(self, package: Path) -> None:
        (self.repository / package.name).hardlink_to(package)
        listed = run("dpkg-scanpackages", "--multiversion", self.repository)
        (self.repository / "Packages").write_text(listed.replace(f"{self.repository}/", "./"))
        self("update")


def test_apt_installs_upgrades_and_removes(
    release: Release, older: Release, installed: Path, tmp_path: Path
) -> None:
    apt = Apt(tmp_path)
    apt.offer(older.path("deb"))
    apt("install", "npm")  # which this package provides
    assert f"v{older.version}" in run(str(apt.root / "usr/bin/node"), "--version")
    apt.offer(release.path("deb"))
    apt("upgrade")
    assert dict(on_disk(apt.root, "var", "etc")) == dict(on_disk(installed, "var"))
    apt("purge", "nodejs")
    assert list(on_disk(apt.root, "var", "etc")) == []


def test_lintian_finds_nothing_without_a_reason(release: Release) -> None:
    result = attempt(
        "lintian", "--no-cfg", "--allow-root", "--tag-display-limit", "0", "--fail-on", "none",
        "--dont-check-part", SLOW,
        release.path("deb"),
    )  # fmt: skip
    lines = [line.split(": ", 2) for line in result.stdout.splitlines() if line[:2] in ("E:", "W:")]
    found = {text.split()[0] for _, _, text in lines}
    assert found, "lintian has not run"
    assert found <= LINTIAN.keys(), result.stdout + result.stderr
