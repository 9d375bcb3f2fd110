"""The places where pip and npm work: side by side, and gone afterwards."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.sources.clients import STALE, workplace


def test_places_come_and_go_side_by_side(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")

    def work(number: int) -> bool:
        with workplace(cache) as place:
            return (place / "package.json").is_file()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))
    assert list((tmp_path / "cache" / "work").iterdir()) == []


def test_what_a_killed_run_left_is_removed_and_what_another_works_in_is_not(tmp_path: Path) -> None:
    home = tmp_path / "cache" / "work"
    for name, age in (("left", STALE + 60), ("busy", 60)):
        (home / name).mkdir(parents=True)
        then = (home / name).stat().st_mtime - age
        os.utime(home / name, (then, then))
    with workplace(Cache(tmp_path / "cache")):
        assert (home / "busy").is_dir()
        assert not (home / "left").exists()
