from __future__ import annotations

import pytest

from real_release import Release, released

NEW = "24.19.0"
OLD = "22.20.0"  # whose npm has files that the newer one has not


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give a release of the real Node.js, made once."""
    folder = tmp_path_factory.mktemp("new")
    return released(folder, NEW, "linux-x64", "deb", "rpm", "arch", "tar.gz")


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give the release before, to upgrade from."""
    folder = tmp_path_factory.mktemp("old")
    return released(folder, OLD, "linux-x64", "deb", "rpm", "arch")
