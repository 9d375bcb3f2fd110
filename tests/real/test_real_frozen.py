"""``rtinstall`` frozen, and as a zipapp: on machines without a Python of their own, and in a real ``.deb``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bundles import small_bundle
from oracles import attempt, run, tool
from readers import deb as reader
from real_release import Release, rtbuild, shared
from roots import needs_root, on_disk
from rtinstall.platforms.build import build
from rtinstall.platforms.freeze.ingredients import DISTRIBUTIONS
from rtinstall.platforms.freeze.record import companions
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.platforms.terminal import Terminal
from rtinstall.runtime_bundle import __version__
from world.folder import served
from world.rooms import Room, bare
from world.ssh import needs_namespaces

pytestmark = pytest.mark.real

BUILDERS = (
    "rtinstall.platforms",
    "cryptography",
    "rich",
    "zlib_ng",
    "zstandard",
    "PyInstaller",
    "pip",
)
COMPILED = r"rtinstall-internal/(python3\.[0-9]+/lib-dynload|charset_normalizer)/.*|.*/lib[^/]+\.so\.[0-9.]+"
# What a login leaves behind, and node for itself.
LEFT = ("home", "tmp", "proc", "dev", "var", "root", "run")


@dataclass(frozen=True)
class Frozen:
    """Both forms, each in a folder of its own, as ``--rtinstall`` takes it."""

    folder: Path

    @property
    def name(self) -> str:
        (manifest,) = (self.folder / "onedir").glob("*.manifest.json")
        return manifest.name.removesuffix(".manifest.json")

    @property
    def program(self) -> Path:
        return self.folder / "onedir" / self.name / "rtinstall"

    @property
    def manifest(self) -> dict[str, object]:
        found = json.loads((self.folder / "onedir" / f"{self.name}.manifest.json").read_bytes())
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    """Freeze once, in the test process that comes first."""
    pytest.importorskip("PyInstaller")
    with shared(tmp_path_factory, "frozen") as folder:
        if not (folder / "done").exists():
            for form in ("onedir", "zipapp"):
                rtbuild("freeze", "--form", form, "--out", folder / form, folder=folder).good()
            (folder / "done").touch()
    return Frozen(folder)


def package(release: Release, frozen: Frozen, form: str, out: Path) -> Path:
    """Build a .deb of the real runtime with ``rtinstall`` in it."""
    rtbuild(
        "build", release.path("tar.gz"), "--rtinstall", frozen.folder / form,
        "--format", "deb", "--level", "fast", "--out", out, folder=out.parent,
    ).good()  # fmt: skip
    (found,) = out.glob("*.deb")
    return found


@pytest.fixture
def other_mirror(older: Release) -> Iterator[str]:
    with served(older.dist) as address:
        yield address


def test_no_builder_code_is_in_it_and_no_more_than_it_needs(frozen: Frozen) -> None:
    said = frozen.manifest
    modules = said["modules"]
    assert isinstance(modules, list)
    assert "rtinstall.installer.commands.install" in modules
    assert "rtinstall.runtime_bundle.openpgp" in modules
    assert not [name for name in modules if name.startswith(BUILDERS)]
    others = {name.partition(".")[0] for name in modules}
    assert {"click", "requests", "urllib3", "certifi", "idna", "platformdirs"} <= others
    assert isinstance(said["distributions"], dict)
    assert set(said["distributions"]) == set(DISTRIBUTIONS)
    libraries = [p.relative_to(frozen.program.parent).as_posix()
                 for p in frozen.program.parent.rglob("*.so*")]  # fmt: skip
    assert libraries
    assert not [name for name in libraries if not re.fullmatch(COMPILED, name)]


def test_its_own_archive_has_the_modules_that_the_manifest_lists(frozen: Frozen) -> None:
    readers = pytest.importorskip("PyInstaller.archive.readers")
    archive = readers.CArchiveReader(str(frozen.program))
    (inner,) = (name for name in archive.toc if name.endswith(".pyz"))
    assert sorted(archive.open_embedded_archive(inner).toc) == frozen.manifest["modules"]
    assert not [name for name in archive.toc if name.startswith("pyi_rth")]


@needs_root
def test_without_python_it_installs_and_switches_the_real_node(
    frozen: Frozen, release: Release, older: Release, mirror: str, other_mirror: str, tmp_path: Path
) -> None:
    needs_namespaces()
    tool("busybox")
    run("tar", "-xf", release.path("tar.gz"), "-C", tmp_path, "--strip-components=1")
    libraries = list(frozen.program.parent.rglob("*.so*"))
    room = bare(tmp_path / "root", frozen.program, tmp_path / "bin/node", *libraries)
    run("cp", "-a", frozen.program.parent, room.root / "opt")
    assert not list(room.root.rglob("python3"))
    script = f"""
        set -e
        export HOME=/root PATH=/opt:$PATH
        rtinstall install {release.version} --mirror {mirror} --allow-unsigned >&2
        rtinstall install {older.version} --mirror {other_mirror} --allow-unsigned >&2
        eval "$(rtinstall env --shell sh)"
        node --version
        rtinstall use {older.version} 2>/dev/null
        node --version
        npm --version
        rtinstall use {release.version} 2>/dev/null
        node --version
        rtinstall exec --using {older.version} env >/tmp/environment
        rtinstall self --json
    """
    first, second, npm, third, *said = room("/bin/sh", "-c", script).splitlines()
    assert (first, second, third) == tuple(
        f"v{version}" for version in (release.version, older.version, release.version)
    )
    assert npm == older.manifest["npm"]
    own = json.loads("\n".join(said))
    assert (own["form"], own["program"]) == ("frozen", "/opt/rtinstall")
    assert "a folder of its own, /opt" in own["installed_by"]
    environment = (room.root / "tmp/environment").read_text()
    assert "PATH=/root/" in environment
    assert not re.search(r"_PYI|_MEI|LD_LIBRARY_PATH|rtinstall-internal", environment)


# What lintian says of a program that brings its libraries along, and why that stays.
LINTIAN = {
    "embedded-library": "Python's modules bring expat and others, at Python's own versions",
    "hardening-no-pie": "the program is PyInstaller's",
    "library-not-linked-against-libc": "a module of Python's that needs nothing of it",
    "no-manual-page": "rtinstall --help is what there is",
    "shared-library-lacks-prerequisites": "a module of Python's that needs nothing but Python",
}
COMPLETE = """\
. /usr/share/bash-completion/bash_completion
_completion_loader rtinstall
COMP_WORDS=(rtinstall inst) COMP_CWORD=1
_rtinstall_completion rtinstall inst rtinstall
echo "${COMPREPLY[@]}"
"""


@pytest.fixture
def debian(tmp_path: Path) -> Room:
    """Give a fresh minimal Debian with Python, which can be removed again."""
    needs_namespaces()
    made = attempt(
        "mmdebstrap", "--quiet", "--variant=essential", "--dpkgopt=force-unsafe-io",
        "--include=libstdc++6,bash-completion,python3", "bookworm", tmp_path / "root",
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"needs a mirror of Debian: {made.stderr.strip().splitlines()[-1:]}")
    room = Room(tmp_path / "root")
    room.add_user("ann")
    return room


def without_python(room: Room) -> None:
    names = room("dpkg-query", "-W", "-f", "${Package}\n").split()
    python = [name for name in names if name.startswith(("python3", "libpython3"))]
    room("dpkg", "--purge", "--force-depends", *python)
    assert not list((room.root / "usr/bin").glob("python3*"))


def all_is_root_s(file: Path) -> None:
    members = reader.read(file.read_bytes()).members
    inside = [member for member in members if "/rtinstall" in member.name]
    assert {(member.owner, member.group) for member in inside} == {("root", "root")}
    modes = {m.name: m.mode for m in inside if m.kind == "file" and m.mode != 0o644}
    assert modes == {"./usr/lib/rtinstall/rtinstall": 0o755}


@needs_root
def test_a_deb_gives_three_commands_to_whoever_logs_in_and_leaves_nothing(
    frozen: Frozen, release: Release, mirror: str, debian: Room, tmp_path: Path
) -> None:
    for form, known in (("zipapp", "zipapp"), ("onedir", "frozen")):
        file = package(release, frozen, form, tmp_path / form)
        if form == "onedir":
            without_python(debian)
        all_is_root_s(file)
        before = dict(on_disk(debian.root, *LEFT))
        (debian.root / "tmp/node.deb").write_bytes(file.read_bytes())
        debian("dpkg", "--install", "/tmp/node.deb")
        said = debian.logged_in("ann", "node --version; npm --version; rtinstall --version")
        expected = [f"v{release.version}", release.manifest["npm"], f"rtinstall {__version__}"]
        assert said.splitlines() == expected
        own = json.loads(debian.logged_in("ann", "rtinstall self --json"))
        assert (own["form"], own["program"]) == (known, "/usr/bin/rtinstall")
        assert own["installed_by"] == "the .deb package nodejs"
        assert "sudo apt install" in own["update"]
        assert own["others"] == []

        # The node of the package is a version like any other.
        listed = json.loads(debian.logged_in("ann", "rtinstall list --json"))
        assert (listed["active"], listed["system"]) == ("system", "/usr/bin/node")
        assert listed["system_version"] == release.version
        assert debian.logged_in("ann", "rtinstall run system -p 6*7") == "42\n"
        assert debian.logged_in("ann", f"bash -c '{COMPLETE}'") == "install\n"
        if form == "zipapp":
            beside_a_store(debian, f"{release.version} --mirror {mirror}")
            beside_another(debian, frozen)
        debian("dpkg", "--purge", "nodejs")
        assert dict(on_disk(debian.root, *LEFT)) == before


def beside_a_store(debian: Room, words: str) -> None:
    """Let the user switch between a version of their own and the package's."""
    install = f"rtinstall install {words} --allow-unsigned; rtinstall setup --shell bash"
    debian.logged_in("ann", install)
    own = "/home/ann/.local/share/rtinstall/aliases/default/bin/node"
    there = "type -P node; rtinstall use system; type -P node; rtinstall current"
    said = debian.logged_in("ann", f"bash -ic '{there}' 2>/dev/null")
    assert said.splitlines() == [own, "/usr/bin/node", "system"]
    debian.logged_in("ann", "rtinstall implode --yes")


def beside_another(debian: Room, frozen: Frozen) -> None:
    """Put a second one on PATH: each says which it is, and where the other one is."""
    (archive,) = (frozen.folder / "zipapp").glob("*.pyz")
    second = debian.root / "usr/local/bin/rtinstall"
    second.write_bytes(archive.read_bytes())
    second.chmod(0o755)
    found = [
        json.loads(debian.logged_in("ann", f"{program} self --json"))
        for program in ("rtinstall", "/usr/bin/rtinstall")
    ]
    second.unlink()
    assert [each["program"] for each in found] == ["/usr/local/bin/rtinstall", "/usr/bin/rtinstall"]
    assert [each["others"] for each in found] == [
        ["/usr/bin/rtinstall"],
        ["/usr/local/bin/rtinstall"],
    ]
    assert "in the place of /usr/local/bin/rtinstall" in found[0]["update"]
    assert "sudo apt install" in found[1]["update"]


@pytest.mark.parametrize("form", ["onedir", "zipapp"])
def test_lintian_finds_nothing_without_a_reason(frozen: Frozen, form: str, tmp_path: Path) -> None:
    settings = Settings(companions=companions(frozen.folder / form))
    built = build(
        small_bundle(), settings, "deb",
        stage=tmp_path, effort=Effort("fast"), watch=Terminal(None, quiet=True),
    )  # fmt: skip
    result = attempt(
        "lintian", "--no-cfg", "--allow-root", "--tag-display-limit", "0", "--fail-on", "none",
        built.path,
    )  # fmt: skip
    lines = [line.split(": ", 2) for line in result.stdout.splitlines() if line[:2] in ("E:", "W:")]
    found = {text.split()[0] for _, _, text in lines if "rtinstall" in text or "copyright" in text}
    assert found, "lintian has not run"
    assert found <= LINTIAN.keys(), result.stdout
