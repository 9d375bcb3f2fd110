"""A source with two thin runtimes has the universal one, too, and each source only its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from rtinstall.runtime_bundle.download import SILENT, Progress
from rtinstall.runtime_bundle.errors import NotPublished
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.releases import Release
from rtinstall.runtime_bundle.sources import Offer, Part
from rtinstall.runtime_bundle.sources.joined import Joined
from rtinstall.runtime_bundle.targets import Target, target_named
from rtinstall.runtime_bundle.versions import Version

X64, ARM64, UNIVERSAL = map(target_named, ("darwin-x64", "darwin-arm64", "darwin-universal"))
LINUX = target_named("linux-x64")


def release(version: str) -> Release:
    return Release(Version.parse(version), date(2026, 1, 1))


@dataclass
class Shelf:
    """A source that has what it was given; sizes and cached parts by target."""

    stock: dict[str, str]
    sizes: dict[str, int | None] = field(default_factory=dict)
    cached: tuple[str, ...] = ()
    name: str = "shelf"
    asked: list[str] = field(default_factory=list)

    def releases(self, target: Target) -> tuple[Release, ...]:
        assert not target.parts, "nobody is asked for what is joined"
        self.asked.append(target.name)
        return tuple(map(release, self.stock.get(target.name, "").split()))

    def offer(self, release: Release, target: Target) -> Offer:
        if release not in self.releases(target):
            raise NotPublished(f"no {target}")
        size = self.sizes.get(target.name, 10)
        cached = target.name in self.cached
        return Offer(self.name, release, target, size, cached, f"shelf/{target}")

    def fetch(self, offer: Offer, progress: Progress) -> tuple[Part, ...]:
        origin = Provenance("runtime", self.name, offer.location, "", "nothing")
        return (Part("runtime", Path(offer.target.name), "upstream", origin),)


BOTH = {"darwin-x64": "24.2.0 24.1.0 22.9.0", "darwin-arm64": "24.3.0 24.1.0 22.9.0"}


@pytest.mark.parametrize(
    ("stock", "versions"),
    [
        (BOTH, ["24.1.0", "22.9.0"]),
        ({"darwin-x64": "24.2.0"}, []),
        ({"darwin-arm64": "24.2.0"}, []),
        ({"darwin-x64": "24.2.0", "darwin-arm64": "24.3.0"}, []),
        ({}, []),
    ],
)
def test_there_is_what_every_part_has(stock: dict[str, str], versions: list[str]) -> None:
    found = Joined(Shelf(stock)).releases(UNIVERSAL)
    assert [str(each.version) for each in found] == versions


def test_everything_else_is_as_it_was() -> None:
    shelf = Shelf({"linux-x64": "24.1.0", **BOTH})
    source = Joined(shelf)
    assert source.name == "shelf"
    for target in (LINUX, X64, ARM64):
        assert source.releases(target) == shelf.releases(target)
        found = shelf.releases(target)[0]
        assert source.offer(found, target) == shelf.offer(found, target)
        assert source.offer(found, target).each == (shelf.offer(found, target),)
        (part,) = source.fetch(source.offer(found, target), SILENT)
        assert part.path == Path(target.name)


@pytest.mark.parametrize(
    ("sizes", "size"),
    [
        ({"darwin-x64": 30, "darwin-arm64": 12}, 42),
        ({"darwin-x64": 30, "darwin-arm64": None}, None),
        ({"darwin-x64": 30, "darwin-arm64": 0}, 30),
    ],
)
def test_an_offer_is_the_sum_of_its_parts(sizes: dict[str, int | None], size: int | None) -> None:
    shelf = Shelf(BOTH, sizes)
    offer = Joined(shelf).offer(release("24.1.0"), UNIVERSAL)
    assert (offer.target, offer.size, offer.cached) == (UNIVERSAL, size, False)
    assert offer.location == "shelf/darwin-x64, shelf/darwin-arm64"
    assert [each.target for each in offer.each] == [X64, ARM64]
    assert offer.each == tuple(shelf.offer(release("24.1.0"), t) for t in (X64, ARM64))


@pytest.mark.parametrize(
    ("cached", "all_of_it"),
    [((), False), (("darwin-x64",), False), (("darwin-x64", "darwin-arm64"), True)],
)
def test_only_both_parts_make_it_cached(cached: tuple[str, ...], all_of_it: bool) -> None:
    offer = Joined(Shelf(BOTH, cached=cached)).offer(release("24.1.0"), UNIVERSAL)
    assert offer.cached == all_of_it


def test_one_part_that_is_not_there_is_enough_to_have_nothing() -> None:
    with pytest.raises(NotPublished, match="darwin-arm64"):
        Joined(Shelf(BOTH)).offer(release("24.2.0"), UNIVERSAL)


def test_fetching_brings_the_files_of_every_part() -> None:
    source = Joined(Shelf(BOTH))
    parts = source.fetch(source.offer(release("24.1.0"), UNIVERSAL), SILENT)
    assert [part.path.name for part in parts] == ["darwin-x64", "darwin-arm64"]


def test_each_question_is_asked_once() -> None:
    shelf = Shelf(BOTH)
    source = Joined(shelf)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(source.releases, (UNIVERSAL, X64, ARM64, UNIVERSAL, X64, ARM64)))
    assert answers[:3] == answers[3:]
    assert sorted(shelf.asked) == ["darwin-arm64", "darwin-x64"]


def test_a_failure_reaches_everybody_who_asked() -> None:
    source = Joined(Shelf({}))
    for target in (X64, X64, UNIVERSAL):
        with pytest.raises(NotPublished):
            source.offer(release("24.1.0"), target)
