from __future__ import annotations

from collections.abc import Iterator

import pytest

from real_release import Release, released, shared
from world.folder import served

NEW = "24.19.0"
OLD = "22.20.0"  # whose npm has files that the newer one has not
X86 = "22.23.2"  # of the last line with Windows on x86
SIGNED = "26.10.0"  # whose packages for macOS have upstream's signature


def once(
    factory: pytest.TempPathFactory, version: str, target: str, *formats: str, source: str = "pip"
) -> Release:
    """Make a release in the test process that comes first; the others wait for it."""
    with shared(factory, f"real-{version}-{target}") as folder:
        if (folder / "dist" / "index.json").exists():
            return Release(folder / "dist", version, target)
        return released(folder, version, target, *formats, source=source)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give a release of the real Node.js."""
    return once(tmp_path_factory, NEW, "linux-x64", "deb", "rpm", "arch", "tar.gz")


@pytest.fixture(scope="session")
def older(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give an earlier release, to upgrade from."""
    return once(tmp_path_factory, OLD, "linux-x64", "deb", "rpm", "arch", "tar.gz")


@pytest.fixture(scope="session")
def for_arm64(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give the same release for another architecture than this machine's."""
    return once(tmp_path_factory, NEW, "linux-arm64", "deb")


@pytest.fixture(scope="session")
def for_mac_arm64(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return once(tmp_path_factory, NEW, "darwin-arm64", "pkg")


@pytest.fixture(scope="session")
def for_mac_universal(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return once(tmp_path_factory, NEW, "darwin-universal", "pkg")


@pytest.fixture(scope="session")
def for_mac_signed(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Give a release whose executables upstream has signed, each for itself."""
    return once(tmp_path_factory, SIGNED, "darwin-universal", "pkg", source="npm")


@pytest.fixture(scope="session")
def for_windows_x64(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return once(tmp_path_factory, NEW, "win-x64", "msi", "zip")


@pytest.fixture(scope="session")
def for_windows_arm64(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return once(tmp_path_factory, NEW, "win-arm64", "msi")


@pytest.fixture(scope="session")
def for_windows_x86(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return once(tmp_path_factory, X86, "win-x86", "msi", source="npm")


@pytest.fixture(scope="session")
def mirror(release: Release) -> Iterator[str]:
    """Serve dist/ on loopback."""
    with served(release.dist) as address:
        yield address
