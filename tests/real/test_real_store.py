"""The real Node.js in a store: it runs, npm works on it, and what npm changes stays in its version."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from real_release import Release
from rtinstall.installer.installed import Installed
from rtinstall.installer.store import Store, check
from rtinstall.installer.tree_check import extra
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.sources import Part
from rtinstall.runtime_bundle.targets import target_named
from world.store import release as release_of
from world.store import store_at

pytestmark = pytest.mark.real
LINUX = target_named("linux-x64")
NPM = "lib/node_modules/npm"


def add(
    store: Store,
    archive: Path,
    version: str,
) -> Installed:
    where = Provenance("runtime", "local", archive.name, "", "nothing")
    part = Part("runtime", archive, "upstream", where)
    with store.changing() as changes:
        return changes.add([part], release_of(version), LINUX)


@pytest.fixture
def both(release: Release, older: Release, tmp_path: Path) -> tuple[Store, Installed, Installed]:
    store = store_at(tmp_path / "home")
    first, second = (add(store, one.path("tar.gz"), one.version) for one in (older, release))
    return store, first, second


def npm(one: Installed, *words: str) -> str:
    environment = {**os.environ, "PATH": f"{one.bin}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"npm_config_audit": "false", "npm_config_fund": "false"}
    ended = subprocess.run(
        ["npm", *words], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    if ended.returncode and ("ENOTFOUND" in ended.stderr or "E404" in ended.stderr):
        pytest.skip("needs an npm registry")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_what_npm_changes_in_one_version_does_not_show_in_another(
    both: tuple[Store, Installed, Installed],
) -> None:
    store, older, newer = both
    for one in (older, newer):
        assert list(check(one)) == []
        node = [str(one.bin / "node"), "-v"]
        assert (
            subprocess.run(node, capture_output=True, text=True, check=True).stdout
            == f"{one.version.tag}\n"
        )
    links = [path.stat().st_nlink for path in (newer.folder / NPM).rglob("*") if path.is_file()]
    assert max(links) > 1, "what both npms have is stored once, where clones are not to be had"
    before = npm(older, "-v")

    npm(newer, "install", "--global", "--ignore-scripts", "npm@11.6.2", "is-odd@3.0.1")
    assert npm(newer, "-v").strip() == "11.6.2"
    assert list(check(older)) == []
    assert npm(older, "-v") == before
    assert "lib/node_modules/is-odd/" in set(extra(newer))
    with store.changing() as changes:
        kept = changes.remove(newer)
    assert kept
    assert (kept / "lib/node_modules/is-odd/package.json").exists()
    assert not (kept / NPM).exists()
    assert list(check(older)) == []
