import itertools
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.runtime_bundle.errors import UnknownVersion
from rtinstall.runtime_bundle.versions import LONGEST, Version, VersionSpec

PUBLISHED = [
    ("24.19.0", Version(24, 19, 0), "release"),
    ("v24.19.0", Version(24, 19, 0), "release"),
    ("0.1.104", Version(0, 1, 104), "release"),
    ("v24.0.0-rc.1", Version(24, 0, 0, "rc.1"), "rc"),
    (
        "v27.0.0-nightly20260101abcdef0123",
        Version(27, 0, 0, "nightly20260101abcdef0123"),
        "nightly",
    ),
    ("v24.0.0-test20260101abcdef0123", Version(24, 0, 0, "test20260101abcdef0123"), "test"),
    (
        "27.0.0-v8-canary20260101abcdef0123",
        Version(27, 0, 0, "v8-canary20260101abcdef0123"),
        "v8-canary",
    ),
]

NO_VERSION = """
    24 24.19 24.19.0.1 V24.19.0 vv24.19.0 =24.19.0 024.19.0 24.019.0 24.19.00 1000.0.0 -1.0.0
    24.19.0- 24.19.0-beta.1 24.19.0-rc 24.19.0-rc. 24.19.0-rc..1 24.19.0-rc.01 24.19.0-RC.1
    24.19.0-rc.1+build 24.19.0+build 24.19.0-nightly/../../etc 24.19.0/.. ../24.19.0 latest x
    24.19.0-rc.1%2f 24.19.0-nightly-1 24.19.0;id $(id) \u0662\u0664.19.0 24.19.0-rc.\u00b2
"""


@pytest.mark.parametrize(("text", "version", "channel"), PUBLISHED)
def test_every_published_kind_of_version_is_read(text: str, version: Version, channel: str) -> None:
    assert Version.parse(text) == version
    assert version.channel == channel
    assert str(version) == text.removeprefix("v")
    assert version.tag == "v" + text.removeprefix("v")


@pytest.mark.parametrize(
    "text",
    [*NO_VERSION.split(), "", " 24.19.0", "24.19.0\n", "24.19.0\0", "24.19.0-rc." + "1" * 40],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UnknownVersion):
        Version.parse(text)


def test_a_message_holds_no_control_characters_and_stays_short() -> None:
    with pytest.raises(UnknownVersion) as caught:
        Version.parse("\x1b[31m\n" + "9" * 10_000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 120


def test_versions_sort_by_precedence() -> None:
    ascending = [
        "0.12.18",
        "4.0.0-rc.1",
        "4.0.0",
        "9.11.2",
        "22.0.0-nightly20240101ab",
        "22.0.0-rc.1",
        "22.0.0-rc.1.1",
        "22.0.0-rc.2",
        "22.0.0-rc.10",
        "22.0.0-rc.a",
        "22.0.0-test1",
        "22.0.0-v8-canary20240101ab",
        "22.0.0",
        "22.9.0",
        "22.10.0",
        "22.10.1",
        "100.0.0",
    ]
    versions = [Version.parse(text) for text in ascending]
    shuffled = random.Random(7).sample(versions, len(versions))
    assert sorted(shuffled) == versions
    assert len({*versions, *shuffled}) == len(versions)
    assert all(low < high and high >= low for low, high in itertools.pairwise(versions))


numbers = st.integers(0, 999)


@settings(max_examples=50, deadline=None)
@given(numbers, numbers, numbers, st.sampled_from(["", "rc.1", "v8-canary20260101ab", "nightly1"]))
def test_what_is_written_is_read_back(major: int, minor: int, patch: int, suffix: str) -> None:
    version = Version(major, minor, patch, suffix)
    assert Version.parse(str(version)) == version == Version.parse(version.tag)


# A range, versions it admits, versions it does not; the last three are ours, the others npm's.
RANGES = [
    ("22", "22.0.0 22.99.9", "21.9.9 23.0.0 22.0.0-rc.1 23.0.0-rc.1"),
    ("v22", "22.0.0 22.99.9", "21.9.9 23.0.0"),
    ("22.x", "22.0.0 22.99.9", "21.9.9 23.0.0"),
    ("22.11", "22.11.0 22.11.9", "22.10.9 22.12.0"),
    ("22.11.*", "22.11.0 22.11.9", "22.10.9 22.12.0"),
    ("22.11.1", "22.11.1", "22.11.0 22.11.2 22.11.1-rc.1"),
    ("=22.11.1", "22.11.1", "22.11.0"),
    ("0.10", "0.10.48", "0.11.0 0.9.9"),
    (">=20 <23", "20.0.0 22.9.9", "19.9.9 23.0.0 23.0.0-rc.1"),
    (">= 20 < 23", "20.0.0 22.9.9", "19.9.9 23.0.0"),
    ("  >=20\t<23 ", "20.0.0 22.9.9", "19.9.9 23.0.0"),
    (">22", "23.0.0", "22.99.9"),
    (">22.1", "22.2.0", "22.1.9"),
    (">22.1.0", "22.1.1", "22.1.0"),
    ("<=22", "22.99.9", "23.0.0 23.0.0-rc.1"),
    ("<=22.1", "22.1.9", "22.2.0"),
    ("<22.1", "22.0.9", "22.1.0 22.1.0-rc.1"),
    ("^22.3", "22.3.0 22.99.0", "22.2.9 23.0.0"),
    ("^ 22.3.1", "22.3.1 22.4.0", "22.3.0 23.0.0"),
    ("^0.12.1", "0.12.1 0.12.9", "0.12.0 0.13.0"),
    ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
    ("^0", "0.0.0 0.99.0", "1.0.0"),
    ("~22.3.1", "22.3.1 22.3.9", "22.3.0 22.4.0"),
    ("~22.3", "22.3.0 22.3.9", "22.4.0"),
    ("~22", "22.0.0 22.9.0", "23.0.0"),
    ("~> 22.3.1", "22.3.1", "22.4.0"),
    (">=22 || 20.x", "20.1.0 22.0.0 25.0.0", "21.0.0 19.0.0"),
    (">=22||20.x", "20.1.0 22.0.0 25.0.0", "21.0.0"),
    ("20 - 22", "20.0.0 22.99.9", "19.9.9 23.0.0"),
    ("20.1.2 - 22.3.4", "20.1.2 22.3.4", "20.1.1 22.3.5"),
    ("20.1 - 22.3", "20.1.0 22.3.9", "20.0.9 22.4.0"),
    ("*", "0.1.14 99.0.0", "22.0.0-rc.1"),
    ("x", "0.1.14 99.0.0", "22.0.0-rc.1"),
    (">=*", "0.1.14", ""),
    ("<*", "", "0.0.0 22.0.0"),
    (">=20 ||", "0.1.14 22.0.0", ""),
    ("22.0.0-rc.1", "22.0.0-rc.1", "22.0.0 22.0.0-rc.2"),
    (">=22.0.0-rc.1", "22.0.0-rc.1 22.0.0-rc.2 22.0.0 23.0.0", "22.0.0-nightly1 22.1.0-rc.1"),
    ("^22.0.0-rc.2", "22.0.0-rc.10 22.1.0", "22.0.0-rc.1 23.0.0"),
    (">=22.0.0-rc.1 <22", "", "22.0.0-rc.1 22.0.0-rc.2 21.0.0"),
    (">=22.0.0-rc.1 <=21", "", "22.0.0-rc.1 22.0.0-rc.2 21.0.0"),
    ("22.11.1+anything", "22.11.1", "22.11.0"),
    (">=22.3.0-alpha.beta-1", "22.3.0 22.3.0-rc.1", "22.2.0"),
    ("latest", "0.1.14 99.0.0", "22.0.0-rc.1"),
    ("Node", "0.1.14 99.0.0", "22.0.0-rc.1"),
    ("current", "0.1.14 99.0.0", "22.0.0-rc.1"),
]


@pytest.mark.parametrize(("text", "inside", "outside"), RANGES)
def test_a_range_admits_what_npm_would(text: str, inside: str, outside: str) -> None:
    spec = VersionSpec.parse(text)
    assert [word for word in inside.split() if not spec.matches(Version.parse(word))] == []
    assert [word for word in outside.split() if spec.matches(Version.parse(word))] == []


@pytest.mark.parametrize(
    ("text", "lts"),
    [
        ("lts", 0),
        ("LTS/*", 0),
        ("lts/latest", 0),
        ("lts-latest", 0),
        ("lts/-1", 1),
        ("lts/krypton", "krypton"),
        ("lts/Krypton", "krypton"),
        ("lts-krypton", "krypton"),
        ("lts/v26", "v26"),
        ("latest", None),
        ("22", None),
    ],
)
def test_an_alias_names_an_lts_line(text: str, lts: str | int | None) -> None:
    spec = VersionSpec.parse(f" {text}\r\n")
    assert spec.lts == lts
    assert spec.text == text


@pytest.mark.parametrize(("text", "version", "channel"), PUBLISHED)
def test_an_exact_version_is_known_without_an_index(
    text: str, version: Version, channel: str
) -> None:
    assert VersionSpec.parse(text).version == version


@pytest.mark.parametrize("text", ["22", "22.x", "=22.1.0", "lts", "latest", "22.1.0 || 22.1.1"])
def test_what_is_not_exact_has_no_version(text: str) -> None:
    assert VersionSpec.parse(text).version is None


NO_SPEC = """
    stable unstable system default iojs krypton lts/ lts/-0 lts/../x lts/*/x lts/-100
    022 22.01 22. .22 22..1 22.1.2.3 22.1.2- 22.1.2-01 x.1 22.x.1 >=20<23 ==22.1.0 vv22.1.0
    => >=> ^^22 ^~22 >=a ~ ^ > - 22-24 >22|<20 99999999999999999 $(id) \u0662\u0662
"""


@pytest.mark.parametrize(
    "text",
    [
        *NO_SPEC.split(),
        *["", " ", "22 -24", "20 - ", "- 22", "20 - 22 - 24", "20 - 22 <21", "22,24", "22; id"],
        *["22\0", "22 ||| 24", "v 22", "= = 22", "22.1.0 - =22.1.0", "node 22"],
    ],
)
def test_what_nobody_can_mean_is_refused(text: str) -> None:
    with pytest.raises(UnknownVersion) as caught:
        VersionSpec.parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("unit", ["22 ", "1.", ">", "~ ", "22||", "1.1.1-", "a-", "x - "])
def test_hostile_length_costs_nothing(unit: str) -> None:
    with pytest.raises(UnknownVersion):
        VersionSpec.parse(unit * (LONGEST // len(unit)) + "!")
    with pytest.raises(UnknownVersion, match="too long"):
        VersionSpec.parse(unit * 1_000_000)


SEMVER = """
const semver = require(require.resolve('semver', {paths: process.argv.slice(1)}));
const cases = JSON.parse(require('fs').readFileSync(0));
console.log(JSON.stringify(cases.map(([range, versions]) =>
  semver.validRange(range) === null ? null : versions.map(v => semver.satisfies(v, range)))));
"""


def npm_verdicts(cases: list[tuple[str, list[str]]]) -> list[list[bool] | None]:
    """Ask the semver module that npm on this machine brings along, in one process."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not on this machine")
    folder = Path(npm).resolve().parent
    places = [str(folder), str(folder / "node_modules" / "npm")]  # the second on Windows
    ran = subprocess.run(
        [node, "-e", SEMVER, *places],
        input=json.dumps(cases),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    if "Cannot find module 'semver'" in ran.stderr:
        pytest.skip("npm on this machine has no semver module of its own")
    assert ran.returncode == 0, ran.stderr
    verdicts: list[list[bool] | None] = json.loads(ran.stdout)
    return verdicts


def drawn_cases(count: int) -> list[tuple[str, list[str]]]:
    """Draw ranges, sound and broken, and versions near their bounds; always the same ones."""
    draw = random.Random(20)
    pick = draw.choice

    def number() -> str:
        return pick(["0", "0", "1", "2", "3", "10", "22"])

    def bound() -> str:
        text = pick([number(), number(), f"{number()}.{number()}", "x", "v", "01", "1."])
        if draw.random() < 0.7:
            text = f"{number()}.{number()}.{pick([number(), number(), 'x', '*'])}"
        if text[-1].isdigit() and text.count(".") == 2 and draw.random() < 0.3:
            text += pick(["-rc.1", "-rc.2", "-0", "-nightly1", "-a-b.1.x", "-rc.01", "-", "+b.1"])
        return pick(["", "", "", "v"]) + text

    def alternative() -> str:
        if draw.random() < 0.2:
            return bound() + pick([" - ", " - ", "  - ", " -", "- "]) + bound()
        signs = ["", "<", "<=", ">", ">=", "=", "^", "~", "~>", "> =", "=>", "=="]
        return " ".join(
            pick(signs) + pick(["", "", " "]) + bound() for _ in range(pick([1, 1, 2, 3]))
        )

    def version() -> str:
        suffix = pick(["", "", "-rc.1", "-rc.2", "-rc.10", "-nightly1", "-v8-canary2"])
        return f"{number()}.{number()}.{number()}{suffix}"

    return [
        (
            pick(["||", " || "]).join(alternative() for _ in range(pick([1, 1, 2]))),
            [version() for _ in range(8)],
        )
        for _ in range(count)
    ]


def test_ranges_agree_with_npm() -> None:
    cases = drawn_cases(4000) + [
        (text, (inside + " " + outside).split()) for text, inside, outside in RANGES[:-3]
    ]
    verdicts = npm_verdicts(cases)
    disagreements = []
    for (text, versions), verdict in zip(cases, verdicts, strict=True):
        try:
            spec = VersionSpec.parse(text)
        except UnknownVersion:
            ours = None
        else:
            ours = [spec.matches(Version.parse(version)) for version in versions]
        if ours != verdict:
            disagreements.append((text, versions, ours, verdict))
    assert disagreements == []
    assert sum(verdict is not None and any(verdict) for verdict in verdicts) > 500
    assert sum(verdict is None for verdict in verdicts) > 500
