"""What an expression means among what is installed, and which node is the system's."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.installer.expression import alias_name, check_alias_name, check_expression
from rtinstall.installer.resolution import (
    among,
    first_program,
    installed_for,
    release_for,
    system_program,
)
from rtinstall.runtime_bundle.errors import BadConfiguration, NotInstalled, RtError, UnknownVersion
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.versions import Version, VersionSpec
from world.installed import Home, executable


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("v22.11.0", "v22.11.0"),
        ("22.11.0", "v22.11.0"),
        ("22", "v22.12.0"),
        ("v22.11", "v22.11.0"),
        ("22.x", "v22.12.0"),
        (">=18 <23", "v22.12.0"),
        ("20.1.0 || 18.1.0", "v18.1.0"),
        ("*", "v25.1.0"),
        ("latest", "v25.1.0"),
        ("node", "v25.1.0"),
        ("lts", "v24.1.0"),
        ("lts/*", "v24.1.0"),
        ("LTS/Jod", "v22.12.0"),
        ("lts-hydrogen", "v18.1.0"),
        ("lts/-1", "v22.12.0"),
        ("lts/-3", "v18.1.0"),
        ("work", "v22.11.0"),
        ("Team", "v22.11.0"),
        ("v20.9.0-darwin-x64", "v20.9.0-darwin-x64"),
        ("20", "v20.9.0-darwin-x64"),
        ("18", "v18.1.0"),
    ],
)  # fmt: skip
def test_an_expression_means_the_newest_installed_version_that_fits(
    home: Home, text: str, name: str
) -> None:
    home.put("25.1.0", "24.1.0", "22.12.0", "22.11.0", "18.1.0")
    home.put("18.1.0", "20.9.0", target="darwin-x64")
    session = home.session()
    session.aliases.set("work", "22.11")
    session.aliases.set("team", "work")
    assert installed_for(text, session.store, session.aliases).name == name


@pytest.mark.parametrize(
    "text", ["21", "lts/-2", "lts/iron", "22.11.1", ">=26", "v23.0.0-nightly20250101aa"]
)
def test_what_is_not_installed_is_said_with_what_installs_it(home: Home, text: str) -> None:
    home.put("24.1.0", "22.11.0", "18.1.0")
    session = home.session()
    with pytest.raises(NotInstalled) as caught:
        installed_for(text, session.store, session.aliases)
    assert text in str(caught.value)
    assert caught.value.hint.startswith("rtinstall install ")


def test_the_second_newest_lts_line_is_not_the_next_that_is_installed(home: Home) -> None:
    home.put("24.1.0", "20.9.0")
    session = home.session()
    assert among("lts/-1", session.store.installed(), session.aliases) is None
    assert among("lts/-2", session.store.installed(), session.aliases)


def test_a_version_from_before_its_line_was_lts_is_not_lts(home: Home) -> None:
    home.put("24.1.0", lts=False)
    home.put("22.11.0")
    session = home.session()
    found = among("lts", session.store.installed(), session.aliases)
    assert found is not None
    assert found.name == "v22.11.0"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stable", "newest"),
        ("unstable", "before Node.js 1.0"),
        ("iojs", "io.js ended"),
        ("iojs-v3.3", "io.js ended"),
        ("", "no version"),
        ("nobody", "no version, alias or range"),
        ("../../x", "no version, alias or range"),
        ("22\n", "is_installed"),
    ],
)
def test_words_that_mean_nothing_are_explained(home: Home, text: str, words: str) -> None:
    home.put("22.1.0")
    session = home.session()
    if words == "is_installed":
        assert among(text, session.store.installed(), session.aliases)
        return
    with pytest.raises(UnknownVersion, match=words) as caught:
        among(text, session.store.installed(), session.aliases)
    assert caught.value.hint
    assert "rtbuild" not in caught.value.hint


def test_a_release_is_the_newest_that_an_expression_means(home: Home) -> None:
    releases = [
        Release(Version.parse(text), EPOCH, lts=lts)
        for text, lts in (("22.1.0", ""), ("22.12.0", "Jod"))
    ]
    aliases = home.session().aliases
    aliases.set("work", "22")
    assert str(release_for("work", releases, aliases).version) == "22.12.0"
    with pytest.raises(UnknownVersion):
        release_for("system", releases, aliases)


@pytest.mark.parametrize(
    "name", ["latest", "LTS", "lts-jod", "node", "system", "x", "v8", "iojs", "con", "a.b", "-f", "a/b", "..", "",
             "é", "1a", "a" * 65, "a\n"]
)  # fmt: skip
def test_a_name_hides_no_expression_and_is_a_file_everywhere(name: str) -> None:
    assert alias_name(name) is None
    with pytest.raises(BadConfiguration):
        check_alias_name(name)


def test_a_circle_of_names_is_refused(home: Home) -> None:
    aliases = home.session().aliases
    aliases.set("a", "22")
    aliases.set("b", "a")
    with pytest.raises(BadConfiguration, match="stand for itself"):
        aliases.set("a", "b")
    with pytest.raises(UnknownVersion, match="neither"):
        aliases.set("c", "nothing")
    aliases.path("a").write_text("b\n")
    with pytest.raises(BadConfiguration, match="circle"):
        aliases.expand("a")


@pytest.mark.parametrize("content", [b"", b"22\n20", b"$(id)", b"\xff", b"22\0", b"2" * 5000])
def test_a_broken_alias_is_named(home: Home, content: bytes) -> None:
    aliases = home.session().aliases
    aliases.set("work", "22")
    aliases.path("work").write_bytes(content)
    with pytest.raises(BadConfiguration, match=r"work\.spec"):
        aliases.get("work")


@pytest.mark.parametrize("text", ["22", "v22.1.0", "system", "work", "lts/*", ">=20 <23"])
def test_an_expression_is_taken_as_it_is(text: str) -> None:
    assert check_expression(text) == text


@pytest.mark.parametrize("text", ["", "-x", "a b", "22;id", "\x1b[2J", "x" * 300, "9" * 300])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(RtError):
        check_expression(text)


def test_the_system_s_node_is_the_first_on_path_that_is_not_ours(
    home: Home, tmp_path: Path
) -> None:
    home.put("22.1.0")
    ours = home.store / "versions/v22.1.0/bin"
    linked, plain, relative = tmp_path / "linked", tmp_path / "plain", tmp_path / "user/work/here"
    linked.mkdir()
    (linked / "node").symlink_to(ours / "node")
    executable(relative / "node")
    (tmp_path / "folder/node").mkdir(parents=True)
    (tmp_path / "no-program").mkdir()
    (tmp_path / "no-program/node").write_text("")
    node = executable(plain / "node")
    path = f"{ours}:{linked}:here:.::{tmp_path}/folder:{tmp_path}/no-program:{plain}"
    session = home.session(PATH=path)
    assert system_program(session.environment, session.places) == node
    assert first_program(session.environment) == ours / "node"
    assert system_program({"PATH": str(ours)}, session.places) is None
    assert system_program({}, session.places) is None


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("22", ">=20", True), ("22", "20", False), ("22.11.0", "22.x", True), ("^20.1", "<20.1.0", False),
        ("^20.1", "<=20.1.0", True), (">20.1.0", "<=20.1.0", False), ("18 || 20", ">=19 <21", True),
        ("18 || 20", "19", False), ("latest", "4", True), ("22.1.0", "22.1.1", False), ("<0.0.0-0", "*", False),
        (">=20", ">=26", True), ("20.1.0", "=20.1.0", True), (">X", "22", False),
    ],
)  # fmt: skip
def test_two_expressions_meet_if_one_version_could_fit_both(
    one: str, other: str, *, meet: bool
) -> None:
    first, second = VersionSpec.parse(one), VersionSpec.parse(other)
    assert first.meets(second) == second.meets(first) == meet
