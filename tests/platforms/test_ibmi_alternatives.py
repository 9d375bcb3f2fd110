"""The two scripts of --alternatives: what they do with Debian's update-alternatives, which IBM ported,
and that nothing but these two, word for word, is let through.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ibmi import runtime
from oracles import run, tool
from readers import rpm as reader
from roots import needs_root, rpm_in
from rpms import build, content
from rtinstall.platforms.check import check_artifact
from rtinstall.platforms.containers.rpm_header import Value, int32, string, strings
from rtinstall.platforms.ibmi import alternatives, rpm
from rtinstall.platforms.package import Effort, IbmI, Metadata, Package
from rtinstall.platforms.rpm import tags, writer
from rtinstall.platforms.rpm.profile import Profile, Scripts
from rtinstall.platforms.settings import Settings, parse
from rtinstall.runtime_bundle.errors import BadConfiguration, VerificationFailed
from rtinstall.runtime_bundle.model import Bundle, File, Symlink
from world.rtbuild import FAST, Desk

WITH = Settings(Metadata(ibmi=IbmI(alternatives=True)))
BIN = "/QOpenSys/pkgs/bin"
HOME = "/QOpenSys/pkgs/lib/nodejs24"
NAME = "nodejs24-24.19.0-1.ibmi7.3.ppc64.rpm"
FOR_SCRIPTS = 512 | 1024 | 2048


def with_corepack(bundle: Bundle) -> Bundle:
    program = "lib/node_modules/corepack/dist/corepack.js"
    more = (File.of(program, b"#!/usr/bin/env node\n", 0o755),)
    link = Symlink("bin/corepack", f"../{program}")
    return replace(bundle, entries=(*bundle.entries, *more, link))


def scripts_of(package: Package) -> Scripts:
    paths = {entry.path for entry in package.entries}
    return alternatives.scripts(package.metadata.name, package.bundle.version.major, paths)


def test_without_the_option_there_is_no_script() -> None:
    found = reader.read(content(rpm.package(runtime(), Settings())))
    assert not found.header.values.keys() & {1023, 1024, 1025, 1026, 1085, 1086, 1087, 1088}
    assert "update-alternatives" not in [relation.name for relation in found.requires]


def test_with_it_rpm_shows_the_two_scripts_and_what_they_call(tmp_path: Path) -> None:
    path = build(rpm.package(runtime(), WITH), tmp_path)
    assert run("rpm", "-qp", "--scripts", path) == (
        "postinstall scriptlet (using /bin/sh):\n"
        f"{BIN}/update-alternatives --install {BIN}/node node {HOME}/bin/node 24 \\\n"
        f" --slave {BIN}/npm npm {HOME}/bin/npm \\\n"
        f" --slave {BIN}/npx npx {HOME}/bin/npx\n\n"
        "preuninstall scriptlet (using /bin/sh):\n"
        'if [ "$1" = 0 ]; then\n'
        f" {BIN}/update-alternatives --remove node {HOME}/bin/node || :\n"
        "fi\n\n"
    )
    needed = {r.name: r.flags for r in reader.read(path.read_bytes()).requires}
    assert needed["update-alternatives"] == FOR_SCRIPTS
    assert "/bin/sh" not in needed


def test_corepack_follows_where_there_is_one() -> None:
    package = rpm.package(with_corepack(runtime()), WITH)
    found = reader.read(content(package))
    assert f"--slave {BIN}/corepack corepack {HOME}/bin/corepack\n" in found.tag(1024)


@pytest.mark.parametrize("bundle", [runtime(), with_corepack(runtime())], ids=["npm", "corepack"])
def test_shellcheck_finds_nothing(tmp_path: Path, bundle: Bundle) -> None:
    scripts = scripts_of(rpm.package(bundle, WITH))
    for name, text in (("postin", scripts.postin), ("preun", scripts.preun)):
        (tmp_path / name).write_text(text)
        run("shellcheck", "--shell=sh", tmp_path / name)


# On a machine: rpm runs them in a root directory that has sh and Debian's update-alternatives.


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a root with a shell and Debian's update-alternatives where IBM's is."""
    root = tmp_path / "root"
    (root / "etc/alternatives").mkdir(parents=True)
    (root / "var/lib/dpkg/alternatives").mkdir(parents=True)
    (root / "var/log").mkdir()
    (root / "etc/passwd").write_text("qsys:x:0:0::/:/bin/sh\n")
    (root / "etc/group").write_text("*none:x:0:\n")
    programs = {
        "bin/sh": tool("dash"),
        f"{BIN[1:]}/update-alternatives": tool("update-alternatives"),
    }
    for place, program in programs.items():
        libraries = re.findall(r"(/\S+) \(0x", run("ldd", program))
        for source, goal in (
            (program, root / place),
            *((lib, root / lib[1:]) for lib in libraries),
        ):
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(source).resolve(), goal)
    return root


def programs_of(root: Path) -> dict[str, str]:
    """Return where each program's link leads, through update-alternatives' own."""
    found = {}
    for name in ("node", "npm", "npx"):
        path = root / BIN[1:] / name
        assert path.is_symlink() or not path.exists()
        if path.is_symlink():
            middle = root / str(path.readlink())[1:]
            found[name] = str(middle.readlink())
    return found


def bins(major: int) -> dict[str, str]:
    return {name: f"/QOpenSys/pkgs/lib/nodejs{major}/bin/{name}" for name in ("node", "npm", "npx")}


def install(root: Path, version: str, judge: str, folder: Path) -> None:
    path = build(rpm.package(runtime(version), WITH), folder)
    rpm_in(root, "-U", "--ignoreos", "--ignorearch", "--nodeps", path, rpm=judge)


@needs_root
@pytest.mark.parametrize("judge", ["rpm", "rpm413"])
def test_node_is_the_highest_major_through_installation_upgrade_and_removal(
    root: Path, tmp_path: Path, judge: str
) -> None:
    install(root, "22.1.0", judge, tmp_path)
    assert programs_of(root) == bins(22)
    install(root, "24.18.0", judge, tmp_path)
    assert programs_of(root) == bins(24)
    install(root, "24.19.0", judge, tmp_path)  # the old one's script runs last
    assert programs_of(root) == bins(24)
    said = run("chroot", root, f"{BIN}/update-alternatives", "--query", "node")
    assert re.findall(r"Alternative: (.*)\nPriority: (.*)", said) == [
        (bins(22)["node"], "22"), (bins(24)["node"], "24"),
    ]  # fmt: skip
    rpm_in(root, "-e", "nodejs24", rpm=judge)
    assert programs_of(root) == bins(22)
    rpm_in(root, "-e", "nodejs22", rpm=judge)
    assert programs_of(root) == {}
    assert not list((root / "etc/alternatives").iterdir())
    assert [path.name for path in (root / BIN[1:]).iterdir()] == ["update-alternatives"]


@needs_root
def test_an_administrators_choice_is_kept_by_an_upgrade(root: Path, tmp_path: Path) -> None:
    for version in ("22.1.0", "24.18.0"):
        install(root, version, "rpm", tmp_path)
    chosen = bins(22)["node"]
    run("chroot", root, f"{BIN}/update-alternatives", "--set", "node", chosen)
    install(root, "24.19.0", "rpm", tmp_path)
    assert programs_of(root) == bins(22)


@needs_root
def test_a_removal_does_not_hang_on_update_alternatives(root: Path, tmp_path: Path) -> None:
    install(root, "24.19.0", "rpm", tmp_path)
    (root / BIN[1:] / "update-alternatives").write_text("#!/bin/sh\nexit 2\n")
    rpm_in(root, "-e", "nodejs24")
    assert not (root / HOME[1:]).exists()


# Nothing else is let through.


def written(
    folder: Path, package: Package, scripts: Scripts | None, system: str = "ibmi7.3"
) -> Path:
    path = folder / NAME
    owner = ("root", "root") if system == "linux" else ("qsys", "*none")
    with path.open("wb+") as out:
        writer.write(package, Profile(system, *owner, "gzip", scripts=scripts), out, Effort("fast"))
    return path


OURS = scripts_of(rpm.package(runtime(), WITH))


@pytest.mark.parametrize(
    ("scripts", "said"),
    [
        (replace(OURS, postin=OURS.postin + "true\n"), "runs the script postin"),
        (replace(OURS, postin=OURS.postin.replace("24", "25")), "runs the script postin"),
        (replace(OURS, postin=OURS.postin[:-1]), "runs the script postin"),
        (replace(OURS, postin=""), "runs the script postin"),
        (replace(OURS, preun=OURS.preun.replace("0", "1")), "runs the script preun"),
        (replace(OURS, preun=f"id\n{OURS.preun}"), "runs the script preun"),
        (replace(OURS, interpreter="/bin/bash"), "runs the script postin"),
        (replace(OURS, interpreter="<lua>"), "runs the script postin"),
        (scripts_of(rpm.package(with_corepack(runtime()), WITH)), "runs the script postin"),
    ],
)
def test_a_script_that_is_not_ours_word_for_word_is_found(
    desk: Desk, scripts: Scripts, said: str
) -> None:
    package = rpm.package(runtime(), WITH)
    path = written(desk.folder, package, scripts)
    desk.run("verify", path).failed(7, said)
    with pytest.raises(VerificationFailed, match=said):
        check_artifact(path, package, Effort())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({1026: string("id\n"), 1088: string("/bin/sh")}, "postun"),
        ({1088: string("/sbin/ldconfig")}, "postun"),  # a program without a script
        ({1085: strings(["/bin/sh", "-c", "id"])}, "prein"),
        ({1152: string("id\n")}, "posttrans"),
        ({5103: string("id\n")}, "preuntrans"),
        ({1065: strings(["id"]), 1066: strings(["bash"])}, "trigger"),
        ({5066: strings(["id"]), 5070: int32(0)}, "filetrigger"),
        ({1086: strings(["/bin/sh", "-x"])}, "postin"),
    ],
)
def test_a_script_besides_ours_is_found(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, more: Mapping[int, Value], said: str
) -> None:
    own = tags._scripts
    monkeypatch.setattr(tags, "_scripts", lambda scripts: {**own(scripts), **more})
    path = written(desk.folder, rpm.package(runtime(), WITH), OURS)
    desk.run("verify", path).failed(7, f"runs the script {said}")


def test_the_same_scripts_are_found_in_an_rpm_for_linux(desk: Desk) -> None:
    path = written(desk.folder, rpm.package(runtime(), WITH), OURS, "linux")
    desk.run("verify", path).failed(7, "runs the script postin")


@pytest.mark.parametrize("name", ["nodejs;id;24", "nodejs24\nid", "$(id)24", "../nodejs24"])
def test_a_name_that_a_shell_would_obey_lets_no_script_through(desk: Desk, name: str) -> None:
    package = rpm.package(runtime(), WITH)
    package = replace(package, metadata=replace(package.metadata, name=name))
    path = written(desk.folder, package, scripts_of(package))
    desk.run("verify", path).failed(7, "runs the script postin")


def test_a_package_that_should_have_scripts_and_has_none_is_found(tmp_path: Path) -> None:
    package = rpm.package(runtime(), WITH)
    with pytest.raises(VerificationFailed, match="runs the scripts none"):
        check_artifact(written(tmp_path, package, None), package, Effort())


def test_a_package_that_should_have_none_and_has_ours_is_found(tmp_path: Path) -> None:
    package = rpm.package(runtime(), Settings())
    with pytest.raises(VerificationFailed, match="runs the scripts postin, preun"):
        check_artifact(written(tmp_path, package, OURS), package, Effort())


# The ways to ask for them.


def test_option_and_configuration_mean_the_same(desk: Desk) -> None:
    source = build(rpm.package(runtime(), Settings()), desk.folder)
    words = ("build", source, "-f", "ibmi", *FAST)
    desk.run(*words, "--alternatives", "-o", "option").good()
    (desk.work / "rtbuild.toml").write_text("[ibmi]\nalternatives = true\n")
    desk.run(*words, "-o", "configuration").good()
    option, configuration = (desk.work / folder / NAME for folder in ("option", "configuration"))
    assert option.read_bytes() == configuration.read_bytes() != source.read_bytes()
    (desk.work / "rtbuild.toml").unlink()
    target = ("-t", "ibmi-ppc64", "-f", "ibmi")
    desk.run("release", "24", "-s", source, *target, "--alternatives", *FAST).good()
    assert (desk.dist / "v24.19.0" / NAME).read_bytes() == option.read_bytes()
    desk.run("verify", desk.dist).good()
    verified = desk.run("verify", option).good()
    assert "owners, modes, the scripts of --alternatives" in verified.out
    shown = desk.run("inspect", option).good().out
    assert '\npreun:\n  if [ "$1" = 0 ]; then\n' in shown
    assert re.search(r"^scripts +postin, preun$", shown, re.MULTILINE)
    facts = desk.run("inspect", option, "--json").good().json["metadata"]
    assert (facts["postin"], facts["preun"]) == (OURS.postin, OURS.preun)
    assert facts["postinprog"] == facts["preunprog"] == "/bin/sh"


def test_the_option_changes_no_other_package(desk: Desk) -> None:
    source = build(rpm.package(runtime(), Settings()), desk.folder)
    for folder, option in (("with", ("--alternatives",)), ("without", ())):
        desk.run("build", source, "-f", "tar.gz", *FAST, *option, "-o", folder).good()
    (with_option,) = (desk.work / "with").glob("*.tar.gz")
    assert with_option.read_bytes() == (desk.work / "without" / with_option.name).read_bytes()


def test_the_configuration_takes_true_and_false() -> None:
    assert parse({"ibmi": {"alternatives": True}}, Path()).metadata.ibmi.alternatives
    with pytest.raises(BadConfiguration, match=r"ibmi\.alternatives must be true or false"):
        parse({"ibmi": {"alternatives": "yes"}}, Path())
