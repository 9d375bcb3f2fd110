from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rtinstall.runtime_bundle.download import Progress
from rtinstall.runtime_bundle.errors import (
    MissingTool,
    NotReadable,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.releases import EPOCH, Release
from rtinstall.runtime_bundle.sources import Offer, Part, survey, unindexed
from rtinstall.runtime_bundle.targets import Target, target_named
from rtinstall.runtime_bundle.versions import Version

X64, ARMV7, MUSL = (target_named(name) for name in ("linux-x64", "linux-armv7l", "linux-x64-musl"))


@dataclass
class Fake:
    """A source that has one version for some targets, or fails."""

    name: str
    serves: tuple[Target, ...] = ()
    fails: RtError | None = None
    asked: list[Target] = field(default_factory=list)

    def releases(self, target: Target) -> tuple[Release, ...]:
        self.asked.append(target)
        if self.fails:
            raise self.fails
        return (Release(Version(24, 19, 0), EPOCH),) if target in self.serves else ()

    def offer(self, release: Release, target: Target) -> Offer:
        raise AssertionError("a survey only asks")

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        raise AssertionError("a survey only asks")


GONE = Unreachable("nodejs.org cannot be reached")


def names(sources: list[Fake], said: list[str]) -> dict[str, list[str]]:
    found = survey((X64, ARMV7, MUSL), sources, said.append)
    return {target.name: [source.name for source, _ in found[target]] for target in found}


def test_the_first_source_is_enough_where_it_serves() -> None:
    dist, pip = Fake("dist", (X64, ARMV7)), Fake("pip", (X64, MUSL))
    said: list[str] = []
    assert names([dist, pip], said) == {
        "linux-x64": ["dist"],
        "linux-armv7l": ["dist"],
        "linux-x64-musl": ["pip"],
    }
    assert pip.asked == [MUSL]
    assert said == []


def test_where_the_first_cannot_be_reached_the_others_are_taken_and_one_line_says_so() -> None:
    dist = Fake("dist", fails=GONE)
    said: list[str] = []
    found = names([dist, Fake("pip", (X64, MUSL)), Fake("npm", (X64, ARMV7))], said)
    assert found == {
        "linux-x64": ["pip", "npm"],
        "linux-armv7l": ["npm"],
        "linux-x64-musl": ["pip"],
    }
    assert said == ["nodejs.org cannot be reached; taking the runtime from pip or npm instead"]


def test_another_that_cannot_be_asked_either_does_no_harm() -> None:
    said: list[str] = []
    sources = [
        Fake("dist", fails=GONE),
        Fake("pip", fails=MissingTool("no pip")),
        Fake("npm", (X64,)),
    ]
    assert names(sources, said)["linux-x64"] == ["npm"]


def test_if_nobody_can_be_asked_the_first_one_says_why() -> None:
    sources = [Fake("dist", fails=GONE), Fake("pip", fails=MissingTool("no pip")), Fake("npm")]
    with pytest.raises(Unreachable, match=r"nodejs\.org"):
        names(sources, [])
    with pytest.raises(MissingTool, match="no pip"):
        names([Fake("dist"), Fake("pip", fails=MissingTool("no pip"))], [])


def test_a_target_of_nobody_has_no_source() -> None:
    assert names([Fake("dist", (X64,))], [])["linux-armv7l"] == []


@pytest.mark.parametrize("fault", [VerificationFailed("tampered"), NotReadable("no index")])
def test_a_source_that_answers_wrongly_is_not_passed_over(fault: RtError) -> None:
    with pytest.raises(type(fault)):
        names([Fake("dist", fails=fault), Fake("pip", (X64,))], [])


def test_versions_without_an_index_become_releases() -> None:
    texts = [
        "22.20.0",
        "24.19.0",
        "24.4.1rc0",
        "23.1.0",
        "../../etc",
        "24.19.0-rc.1",
        "1.2",
        "24.19.0",
    ]
    found = unindexed(texts)
    assert [str(release.version) for release in found] == ["24.19.0", "23.1.0", "22.20.0"]
    assert [release.lts for release in found] == ["Krypton", "", "Jod"]
    assert {release.date for release in found} == {EPOCH}
