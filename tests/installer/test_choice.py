"""What an expression means on a machine, held against the whole real release index."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rtinstall.installer.catalogue import Catalogue
from rtinstall.installer.choice import Choice, Rules, choose
from rtinstall.installer.machine import Machine
from rtinstall.installer.policy import Policy
from rtinstall.installer.settings import load
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.errors import NotPublished, PolicyRefused, RtError, UnknownVersion
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.releases import parse_index_tab, write_index_json
from rtinstall.runtime_bundle.versions import VersionSpec

INDEX = Path(__file__).parents[1] / "data" / "dist-index.tab"  # 759 releases, up to v23.1.0
TODAY = date(2024, 10, 30)
HERE = Machine("linux", "x64", "glibc", (2, 36))


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    releases = parse_index_tab(INDEX.read_text())
    assert len(releases) > 700
    (folder / "index.json").write_bytes(write_index_json(releases))
    return folder


class Table:
    """A machine before the real index, and what is set there."""

    def __init__(self, mirror: Path, tmp_path: Path) -> None:
        self.mirror = mirror
        self.cache = Cache(tmp_path)
        self.said: list[str] = []

    def choose(
        self,
        text: str,
        machine: Machine = HERE,
        policy: Policy | None = None,
        **environment: str,
    ) -> Choice:
        environment = {"RTINSTALL_SOURCES": str(self.mirror), **environment}
        settings = load(environment, Path("none.toml"))
        policy = policy or Policy()
        catalogue = Catalogue(settings, policy, self.cache, Network(offline=True), self.said.append)
        return choose(VersionSpec.parse(text), catalogue, Rules(settings, policy, machine, TODAY))


@pytest.fixture
def table(mirror: Path, tmp_path: Path) -> Table:
    return Table(mirror, tmp_path)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("latest", "23.1.0"),
        ("node", "23.1.0"),
        ("lts", "22.11.0"),
        ("lts/*", "22.11.0"),
        ("lts/-1", "20.18.0"),
        ("lts/jod", "22.11.0"),
        ("lts/hydrogen", "18.20.4"),
        ("lts/Argon", "4.9.1"),
        ("22", "22.11.0"),
        ("v22", "22.11.0"),
        ("22.9", "22.9.0"),
        ("22.x", "22.11.0"),
        ("16", "16.20.2"),
        (">=20 <22", "21.7.3"),
        ("^18.12.0", "18.20.4"),
        ("~14.17.0", "14.17.6"),
        ("18 || 20", "20.18.0"),
        ("0.12", "0.12.18"),
        ("v0.10.48", "0.10.48"),
        ("12.22.12", "12.22.12"),
    ],
)
def test_expressions_mean_what_they_mean_to_others(table: Table, text: str, version: str) -> None:
    found = table.choose(text).found
    assert (str(found.release.version), found.target.name) == (version, "linux-x64")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("24", UnknownVersion, "no release matches '24'"),
        ("lts/krypton", UnknownVersion, "no release matches 'lts/krypton'"),
        ("22.99.0", UnknownVersion, "no release matches '22.99.0'"),
        (">=99", UnknownVersion, "no release matches"),
    ],
)
def test_what_there_is_not_gets_a_hint(
    table: Table, text: str, error: type[RtError], said: str
) -> None:
    with pytest.raises(error) as caught:
        table.choose(text)
    assert said in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("machine", "text", "version", "target", "codes"),
    [
        # Apple silicon has its own builds from 16 on.
        (Machine("darwin", "arm64"), "16", "16.20.2", "darwin-arm64", {"eol"}),
        (Machine("darwin", "arm64"), "14", "14.21.3", "darwin-x64", {"eol", "emulated"}),
        (Machine("darwin", "arm64"), ">=14", "23.1.0", "darwin-arm64", set()),
        (Machine("darwin", "x64"), "14", "14.21.3", "darwin-x64", {"eol"}),
        # Windows on Arm from 19.9 on.
        (Machine("win", "arm64"), "20", "20.18.0", "win-arm64", set()),
        (Machine("win", "arm64"), "18", "18.20.4", "win-x64", {"emulated"}),
        (Machine("win", "x86"), "22", "22.11.0", "win-x86", set()),
        # ARMv6 is not built any more; ARMv7 is.
        (Machine("linux", "armv7l", "glibc", (2, 36)), "20", "20.18.0", "linux-armv7l", set()),
        (Machine("linux", "armv6l", "glibc", (2, 36)), "11", "11.15.0", "linux-armv6l", {"eol"}),
        (Machine("aix", "ppc64"), "20", "20.18.0", "aix-ppc64", set()),
    ],
)
def test_each_machine_gets_what_was_built_for_it(
    table: Table, machine: Machine, text: str, version: str, target: str, codes: set[str]
) -> None:
    choice = table.choose(text, machine)
    assert (str(choice.found.release.version), choice.found.target.name) == (version, target)
    assert {each.code for each in choice.advice} - {"security"} == codes


OLD = Machine("linux", "x64", "glibc", (2, 17))


def test_a_c_library_that_is_too_old_is_said_before_anything_is_fetched(table: Table) -> None:
    with pytest.raises(NotPublished) as caught:
        table.choose("20", OLD)
    assert str(caught.value) == "node 20.18.0 needs glibc 2.28, and this machine has 2.17"
    assert caught.value.hint == "the newest that runs here is 17.9.1, for linux-x64"


def test_of_a_range_the_newest_that_runs_is_taken_and_that_is_said(table: Table) -> None:
    choice = table.choose(">=16", OLD)
    assert str(choice.found.release.version) == "17.9.1"
    assert [each.text for each in choice.advice if each.code == "libc"] == [
        "node 23.1.0 would be newer, but needs glibc 2.28, and this machine has 2.17"
    ]


@pytest.mark.parametrize(
    ("machine", "target", "text", "version"),
    [
        (OLD, "linux-x64-glibc-217", "22", "22.1.0"),
        (OLD, "linux-x64", "16", "16.20.2"),  # signed, and it runs
        (Machine("linux", "x64", "musl", (1, 2, 4)), "linux-x64-musl", "lts", "22.11.0"),
        (Machine("linux", "armv6l", "glibc", (2, 36)), "linux-armv6l", "20", "20.1.0"),
    ],
)
def test_what_was_built_elsewhere_is_found_by_itself(
    table: Table, tmp_path: Path, machine: Machine, target: str, text: str, version: str
) -> None:
    unofficial = tmp_path / "unofficial"
    unofficial.mkdir()
    rows = (
        ("v23.0.0", "linux-x64-musl", False),
        ("v22.11.0", "linux-x64-musl", "Jod"),
        ("v22.1.0", "linux-x64-glibc-217", False),
        ("v20.1.0", "linux-armv6l", False),
        ("v16.20.2", "linux-x64-glibc-217", "Gallium"),
    )
    index = [
        {"version": v, "date": "2024-05-01", "files": [word], "lts": lts} for v, word, lts in rows
    ]
    (unofficial / "index.json").write_text(json.dumps(index))
    sources = f"{table.mirror} {unofficial}"
    found = table.choose(text, machine, RTINSTALL_SOURCES=sources).found
    assert (str(found.release.version), found.target.name) == (version, target)


def test_for_another_machine_this_ones_library_does_not_count(table: Table) -> None:
    choice = table.choose("20", OLD, RTINSTALL_TARGET="linux-arm64")
    assert choice.found.target.name == "linux-arm64"
    assert table.choose("20", OLD, RTINSTALL_ARCH="arm64").found.target.name == "linux-arm64"


def test_an_architecture_is_one_of_this_system(table: Table) -> None:
    musl = replace(HERE, libc="musl")
    with pytest.raises(NotPublished, match=r"no source has a Node\.js for linux-x64-musl"):
        table.choose("20", musl, RTINSTALL_ARCH="x64")
    with pytest.raises(NotPublished, match=r"there is no Node\.js for darwin on s390x"):
        table.choose("20", Machine("darwin", "x64"), RTINSTALL_ARCH="s390x")


def test_a_line_that_is_over_and_security_releases_that_were_missed_are_said(table: Table) -> None:
    said = {each.code: each.text for each in table.choose("16.20.0").advice}
    assert said["eol"] == (
        "node 16 is at its end of life since 2023-09-11: no fixes are made for it"
    )
    assert said["security"] == (
        "node 16.20.0 is 2 security releases behind; the last of its line is 16.20.2"
    )


def test_a_policy_decides_within_a_range_and_refuses_outside_of_it(table: Table) -> None:
    policy = Policy(Path("/etc/policy"), versions=VersionSpec.parse("<22"))
    assert str(table.choose(">=18", policy=policy).found.release.version) == "21.7.3"
    with pytest.raises(PolicyRefused, match=r"policy /etc/policy does not allow node 22\.11\.0"):
        table.choose("22", policy=policy)


def test_a_release_has_to_be_as_old_as_the_longer_of_two_rules_says(table: Table) -> None:
    # v23.1.0 is of 2024-10-24, v23.0.0 of 2024-10-16.
    assert str(table.choose("23").found.release.version) == "23.1.0"
    seven = table.choose("23", RTINSTALL_MINIMUM_AGE="7")
    assert str(seven.found.release.version) == "23.0.0"
    policy = Policy(Path("p"), minimum_age=30)
    with pytest.raises(PolicyRefused, match="is 6 days old, and has to be 30"):
        table.choose("23", policy=policy, RTINSTALL_MINIMUM_AGE="7")
