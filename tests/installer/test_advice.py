"""What is said of a version: end of life, security releases missed, age, where it came from."""

from __future__ import annotations

from datetime import date

import pytest

from rtinstall.installer import advice
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.targets import BY_NAME
from rtinstall.runtime_bundle.versions import Version

TODAY = date(2026, 6, 1)


def release(version: str, *, security: bool = False, day: date = date(2026, 1, 1)) -> Release:
    return Release(Version.parse(version), day, security=security)


@pytest.mark.parametrize(
    ("version", "today", "said"),
    [
        ("24.1.0", TODAY, None),
        ("20.1.0", date(2026, 4, 29), None),
        ("20.1.0", date(2026, 4, 30), "node 20 is at its end of life since 2026-04-30"),
        ("0.10.0", TODAY, "node 0 is at its end of life:"),
        ("99.0.0", TODAY, None),
    ],
)
def test_the_end_of_a_line_is_said(version: str, today: date, said: str | None) -> None:
    found = advice.eol(Version.parse(version), today)
    assert (found is None) if said is None else (found is not None and said in found.text)
    assert found is None or found.code == "eol"


RELEASES = (
    release("24.3.0", security=True),
    release("24.2.0"),
    release("24.1.1", security=True),
    release("24.1.0"),
    release("22.9.0", security=True),
)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("24.3.0", None),
        ("24.2.0", "node 24.2.0 is a security release behind; the last of its line is 24.3.0"),
        ("24.1.0", "node 24.1.0 is 2 security releases behind; the last of its line is 24.3.0"),
        ("22.9.0", None),
        ("20.0.0", None),
    ],
)
def test_the_security_releases_that_were_missed_are_counted(version: str, said: str | None) -> None:
    found = advice.security(Version.parse(version), RELEASES)
    assert (found.text if found else None) == said


@pytest.mark.parametrize(
    ("day", "days", "young"),
    [
        (date(2026, 5, 31), 0, False),
        (date(2026, 5, 31), 1, False),
        (date(2026, 5, 31), 2, True),
        (date(2026, 6, 3), 1, True),
        (EPOCH, 1, True),
        (EPOCH, 0, False),
    ],
)
def test_a_release_is_too_young_until_it_is_known_not_to_be(
    day: date, days: int, young: bool
) -> None:
    assert bool(advice.too_young(release("24.0.0", day=day), TODAY, days)) == young


@pytest.mark.parametrize(
    ("source", "target", "checked", "codes"),
    [
        ("dist", "linux-x64", "signature of Release Person (ABC), SHA-256", []),
        ("dist", "linux-x64", "sha256 of SHASUMS256.txt over TLS, no signature", ["unsigned"]),
        ("unofficial", "linux-x64-musl", "sha256 of SHASUMS256.txt over TLS, no signature",
         ["unofficial"]),
        ("pip", "linux-x64", "SHA-256 of the package index", ["unsigned"]),
        ("freebsd", "freebsd-x64", "repository signature of pkg.freebsd.org (abc), SHA-256", []),
        ("local", "linux-x64", "nothing", ["unchecked"]),
    ],
)  # fmt: skip
def test_a_source_that_nobody_signs_is_said(
    source: str, target: str, checked: str, codes: list[str]
) -> None:
    found = list(advice.origin(source, BY_NAME[target], checked))
    assert [each.code for each in found] == codes


def test_an_emulator_is_said() -> None:
    target = BY_NAME["darwin-x64"]
    found = advice.emulated(Version.parse("14.0.0"), target, "Rosetta 2")
    assert found is not None
    assert "darwin-x64 runs through Rosetta 2" in found.text
    assert advice.emulated(Version.parse("14.0.0"), target, "") is None
