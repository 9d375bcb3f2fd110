"""Which version a release takes, and from where, when sources do not agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pytest

from rtinstall.platforms.release import plan
from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import NotPublished, UnknownVersion
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part, RuntimeSource
from rtinstall.runtime_bundle.targets import Target, target_named
from rtinstall.runtime_bundle.versions import Version, VersionSpec

LTS = {20: "Iron", 22: "Jod", 24: "Krypton"}


@dataclass(frozen=True)
class Shelf:
    """A source that has what it was given."""

    name: str
    stock: Mapping[str, str]

    def releases(self, target: Target) -> tuple[Release, ...]:
        versions = [Version.parse(text) for text in self.stock.get(target.name, "").split()]
        return tuple(
            Release(version, date(2026, 1, 1), lts=LTS.get(version.major, ""))
            for version in sorted(versions, reverse=True)
        )

    def offer(self, release: Release, target: Target) -> Offer:
        return Offer(self.name, release, target, 1, False, self.name)

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        raise AssertionError("a plan fetches nothing")


PIP = Shelf("pip", {"linux-x64": "24.19.0 24.17.0 22.20.0", "linux-arm64": "24.19.0 22.20.0"})
NPM = Shelf(
    "npm",
    {
        "linux-x64": "26.10.0 24.21.0 24.19.0 20.11.0",
        "linux-arm64": "26.12.0 26.10.0 24.22.0 24.21.0 20.11.0",
        "linux-s390x": "20.11.0",
    },
)


def decide(
    text: str, targets: str, *sources: RuntimeSource, required: bool = False
) -> dict[str, str]:
    chosen = [target_named(name) for name in targets.split()]
    survey = {t: [(s, s.releases(t)) for s in sources if s.releases(t)] for t in chosen}
    formats = dict.fromkeys(chosen, ("deb",))
    made = plan(VersionSpec.parse(text), survey, formats, required=required)
    return {
        job.target.name: f"{job.offer.release.version} {job.source.name}" for job in made.jobs
    } | dict.fromkeys((target.name for target in made.without), "")


@pytest.mark.parametrize(
    ("text", "targets", "sources", "expected"),
    [
        # the first source with a match decides, others fill in
        ("lts", "linux-x64 linux-arm64", (PIP, NPM),
         {"linux-x64": "24.19.0 pip", "linux-arm64": "24.19.0 pip"}),
        ("24.21.0", "linux-x64 linux-arm64", (PIP, NPM),
         {"linux-x64": "24.21.0 npm", "linux-arm64": "24.21.0 npm"}),
        ("24.17.0", "linux-x64 linux-arm64", (PIP, NPM),
         {"linux-x64": "24.17.0 pip", "linux-arm64": ""}),
        # within a line the version that most targets have is taken, not the newest of one
        ("24", "linux-x64 linux-arm64", (NPM,),
         {"linux-x64": "24.21.0 npm", "linux-arm64": "24.21.0 npm"}),
        ("latest", "linux-x64 linux-arm64", (NPM,),
         {"linux-x64": "26.10.0 npm", "linux-arm64": "26.10.0 npm"}),
        # but never an older line because more targets have that
        (">=20", "linux-x64 linux-arm64 linux-s390x", (NPM,),
         {"linux-x64": "26.10.0 npm", "linux-arm64": "26.10.0 npm", "linux-s390x": ""}),
        ("lts/iron", "linux-x64 linux-s390x", (PIP, NPM),
         {"linux-x64": "20.11.0 npm", "linux-s390x": "20.11.0 npm"}),
    ],
)  # fmt: skip
def test_one_version_is_chosen_for_all_targets(
    text: str, targets: str, sources: tuple[Shelf, ...], expected: dict[str, str]
) -> None:
    assert decide(text, targets, *sources) == expected


def test_named_targets_must_all_have_it() -> None:
    assert decide(">=20", "linux-x64 linux-s390x", NPM, required=True) == {
        "linux-x64": "20.11.0 npm",
        "linux-s390x": "20.11.0 npm",
    }
    with pytest.raises(NotPublished, match="26") as caught:
        decide("26", "linux-x64 linux-s390x", NPM, required=True)
    assert "linux-x64" in caught.value.hint


def test_a_version_nobody_has_names_what_there_is() -> None:
    with pytest.raises(UnknownVersion, match=r"99") as caught:
        decide("99", "linux-x64", PIP, NPM)
    assert "26.10.0" in caught.value.hint


def test_targets_nobody_serves_are_said_to_be_so() -> None:
    with pytest.raises(NotPublished, match="linux-ppc64le"):
        decide("lts", "linux-ppc64le", PIP, NPM, required=True)
