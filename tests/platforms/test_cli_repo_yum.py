"""``rtbuild repo yum`` as people run it, and what dnf makes of it."""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bundles import small_bundle
from readers import repodata
from roots import Dnf, needs_root
from rpm_maker import LIBC, Made, ibmi_world, linux, nodejs
from rpms import content, owned, settings
from rtinstall.platforms import yum_folder
from rtinstall.platforms.linux import rpm
from rtinstall.platforms.staging import held
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.download import SILENT
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources.ibmi import IbmI
from rtinstall.runtime_bundle.targets import target_named
from world.rtbuild import Desk
from world.server import Server, running

IBMI = target_named("ibmi-ppc64")


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def put(folder: Path, *every: Made) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for made in every:
        (folder / made.file).write_bytes(made.data())
    return [folder / made.file for made in every]


def runtime(folder: Path, version: str) -> Path:
    package = rpm.package(small_bundle(version=version), settings())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / rpm.filename(package)).write_bytes(content(package))
    return folder / rpm.filename(package)


def system(folder: Path) -> Path:
    """Give what our package needs of a distribution."""
    needed = rpm.package(small_bundle(), settings()).requires
    return put(folder, linux("system", relations={"provides": needed}))[0]


def serve(server: Server, root: Path, base: str) -> str:
    for path in root.rglob("*"):
        if path.is_file():
            server.serve(f"{base}/{path.relative_to(root).as_posix()}", path.read_bytes())
    return server.url + base


def test_it_says_what_is_there_and_how_clients_find_it(desk: Desk) -> None:
    first, second = put(desk.folder, linux("a"), linux("b", "2.0"))
    ended = desk.run("repo", "yum", "my rpms", first, second).good()
    table = [line.split() for line in ended.out.splitlines()[:3]]
    assert table[0] == ["PACKAGE", "SIZE", "FILE"]
    assert [(row[0], row[-1]) for row in table[1:]] == [
        ("a-1.0-1.x86_64", "Packages/a-1.0-1.x86_64.rpm"),
        ("b-2.0-1.x86_64", "Packages/b-2.0-1.x86_64.rpm"),
    ]
    _, _, text = ended.out.partition("\n# /etc/yum.repos.d/my-rpms.repo\n")
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    assert dict(config["my-rpms"]) == {
        "name": "my-rpms", "baseurl": f"{(desk.work / 'my rpms').as_uri()}", "enabled": "1",
        "gpgcheck": "0",
    }  # fmt: skip


def test_json_says_the_same(desk: Desk) -> None:
    (file,) = put(desk.folder, nodejs())
    ended = desk.run(
        "repo", "yum", "rpms", file, "--compat", "ibmi", "--name", "own",
        "--url", "https://rpms.example/i", "--json",
    ).good()  # fmt: skip
    assert ended.err == ""
    assert ended.json["compat"] == "ibmi"
    (package,) = ended.json["packages"]
    assert package["href"] == f"ppc64/{nodejs().file}"
    assert package["label"] == "nodejs20-20.11.1-1.ppc64"
    assert ended.json["repo_file"]["path"] == "/QOpenSys/etc/yum/repos.d/own.repo"
    assert "baseurl=https://rpms.example/i\n" in ended.json["repo_file"]["content"]


def test_source_date_epoch_is_the_time_of_the_catalogue(desk: Desk) -> None:
    (file,) = put(desk.folder, linux("a"))
    desk.run("repo", "yum", "rpms", file, SOURCE_DATE_EPOCH="12345").good()
    assert repodata.read(desk.work / "rpms").revision == "12345"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--compat", "ibmi"), 9, "not for IBM i"),
        (("--name", "a b"), 11, "no name of a repository"),
        (("--url", "nowhere"), 11, "unusable address"),
    ],
)
def test_what_cannot_be_done_is_one_error_and_leaves_nothing(
    desk: Desk, words: tuple[str, ...], code: int, text: str
) -> None:
    (file,) = put(desk.folder, linux("a"))
    desk.run("repo", "yum", "rpms", file, *words).failed(code, text)
    assert [path.name for path in (desk.work / "rpms").glob("*")] in ([], [".lock"])


def test_a_damaged_package_is_named(desk: Desk) -> None:
    (file,) = put(desk.folder, linux("a"))
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"A package", b"B package"))
    desk.run("repo", "yum", "rpms", file).failed(
        7, f"Packages/{file.name} is damaged: the header's sha1"
    )
    file.write_bytes(whole[:-1])
    desk.run("repo", "yum", "rpms", file).failed(
        8, f"Packages/{file.name} is damaged: the gzip data is cut"
    )


def test_two_runs_never_write_at_once(desk: Desk) -> None:
    with held(desk.work / "rpms"):
        desk.run("repo", "yum", "rpms").failed(10, "another rtbuild is writing into rpms")


def test_a_full_disk_leaves_the_repository_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.run("repo", "yum", "rpms", *put(desk.folder, linux("a"))).good()
    before = {p: p.read_bytes() for p in (desk.work / "rpms").rglob("*") if p.is_file()}

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(yum_folder, "sync", full)
    desk.run("repo", "yum", "rpms", *put(desk.folder, linux("b"))).failed(10, "No space left")
    assert before == {p: p.read_bytes() for p in (desk.work / "rpms").rglob("*") if p.is_file()}


def test_at_every_moment_the_catalogue_names_files_that_are_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Look at the folder before each rename: what a client could read then must agree."""
    root = desk.work / "rpms"
    desk.run("repo", "yum", "rpms", *put(desk.folder, linux("a"))).good()
    seen = []
    rename = Path.replace

    def replacing(self: Path, target: Path) -> Path:
        if root in target.parents and ".stage" not in str(target):
            seen.append([package.texts["name"] for package in repodata.read(root).packages])
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replacing)
    desk.run("repo", "yum", root, *put(desk.folder, linux("b"))).good()
    assert seen == [["a"]] * 5
    assert len(repodata.read(root).packages) == 2


# The two halves of ours: what is written is read.


def test_the_source_reads_what_is_written(desk: Desk, server: Server) -> None:
    desk.run("repo", "yum", "rpms", *put(desk.folder, *ibmi_world()), "--compat", "ibmi").good()
    root = desk.work / "rpms"
    for address in (str(root), serve(server, root, "/ibmi")):
        source = IbmI(Cache(desk.folder / address[:4]), Network(), address=address)
        (release,) = source.releases(IBMI)
        (part,) = source.fetch(source.offer(release, IBMI), SILENT)
        assert part.path.read_bytes() == nodejs().data()


# dnf is the judge; libsolv solves, rpm installs.


@needs_root
@pytest.mark.parametrize("over", ["file", "http"])
def test_dnf_lists_installs_upgrades_and_removes(desk: Desk, server: Server, over: str) -> None:
    dnf = Dnf(desk.folder)
    system(desk.folder / "in")
    old = runtime(desk.folder / "in", "24.18.0")
    files = [system(desk.folder / "in"), old]
    root = desk.folder / "ours"
    desk.run("repo", "yum", root, *files).good()

    def place(generation: str) -> str:
        return "ours" if over == "file" else f"ours,{serve(server, root, f'/{generation}')}"

    query = ("--refresh", "repoquery", "--qf", "%{name} %{epoch}:%{version} %{size}")
    assert "nodejs 2:24.18.0" in dnf.run(place("one"), *query)
    dnf.run(place("one"), "--refresh", "install", "npm")
    assert dnf.installed == {"nodejs 2:24.18.0", "system 0:1.0"} or "system (none):1.0" in str(
        dnf.installed
    )
    desk.run("repo", "yum", root, runtime(desk.folder / "in", "24.19.0")).good()
    dnf.run(place("two"), "--refresh", "upgrade")
    assert "nodejs 2:24.19.0" in dnf.installed
    package = rpm.package(small_bundle(), settings())
    for name in owned(package):
        assert (dnf.root / name[1:]).lstat()
    dnf.run(place("two"), "remove", "--noautoremove", "nodejs")
    assert not any("nodejs" in name for name in dnf.installed)


@needs_root
def test_dnf_finds_who_has_a_file_and_what_depends_on_what(desk: Desk) -> None:
    dnf = Dnf(desk.folder)
    files = [system(desk.folder / "in"), runtime(desk.folder / "in", "24.19.0")]
    extra = linux(
        "extra", relations={"requires": ("/usr/lib/node_modules/npm/package.json", "npm >= 2:11")}
    )
    weak = linux("weak", relations={"recommends": ("extra",)})
    desk.run("repo", "yum", desk.folder / "ours", *files, *put(desk.folder, extra, weak)).good()
    said = dnf.run("ours", "repoquery", "--whatprovides", "/usr/bin/node", "--qf", "%{name}")
    assert said.split() == ["nodejs"]
    said = dnf.run("ours", "repoquery", "--whatrequires", "npm", "--qf", "%{name}")
    assert "extra" in said.split()
    said = dnf.run("ours", "repoquery", "--changelogs", "nodejs")
    assert "- Node.js 24.19.0 with npm 11.6.2" in said
    dnf.run("ours", "--setopt=install_weak_deps=True", "install", "weak")
    assert {name.split()[0] for name in dnf.installed} == {"weak", "extra", "nodejs", "system"}


@needs_root
def test_dnf_refuses_a_package_that_was_changed_afterwards(desk: Desk) -> None:
    dnf = Dnf(desk.folder)
    (file,) = put(desk.folder, linux("a"))
    desk.run("repo", "yum", desk.folder / "ours", file).good()
    place = desk.folder / "ours/Packages" / file.name
    place.write_bytes(linux("a", summary="B package").data())
    result = dnf.attempt("ours", "install", "a")
    assert result.returncode != 0
    assert "checksum" in (result.stdout + result.stderr).lower()


@needs_root
def test_dnf_solves_a_repository_for_ibm_i(desk: Desk) -> None:
    """Dnf ignores the system an rpm is for: it can resolve, though nothing here can install it."""
    dnf = Dnf(desk.folder)
    world = [replace(made, arch="noarch") for made in ibmi_world()]
    desk.run(
        "repo", "yum", desk.folder / "ours", *put(desk.folder, *world), "--compat", "ibmi"
    ).good()
    said = dnf.run("ours", "repoquery", "--requires", "--resolve", "nodejs20", "--qf", "%{name}")
    assert set(said.split()) == {"libz1", "pase-libs-dummy"}
    said = dnf.run("ours", "repoquery", "--whatprovides", LIBC, "--qf", "%{name}")
    assert said.split() == ["pase-libs-dummy"]
