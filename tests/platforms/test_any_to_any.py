"""Any package is a runtime to build from: what it becomes is what its own runtime would have become."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.manifest import describe_entry
from rtinstall.platforms.package import Effort
from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.assemble import assemble, described
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.targets import TARGETS, Target, target_named
from world.runtime import archive, archive_name

FROM = [
    pytest.param(target.name, name, id=f"{target}-{name}")
    for target in TARGETS
    if not target.parts and target.name not in ("linux-armv6l", "linux-x64-glibc-217")
    for name in target.formats
]


def bundle_of(path: Path, target: Target, folder: Path) -> Bundle:
    """Return the runtime in the file or folder at ``path``, which says itself what it is."""
    part = Local(path).part()
    release, found = described(part, target, folder / "look")
    return assemble((part,), release, found, folder / "spool")


def written(bundle: Bundle, name: str) -> tuple[str, bytes]:
    module = FORMATS[name]
    package = module.package(bundle, Settings())
    out = BytesIO()
    module.write(package, out, Effort("fast"))
    return module.filename(package), out.getvalue()


@pytest.mark.parametrize(("target", "name"), FROM)
def test_a_package_becomes_what_its_own_runtime_would_have_become(
    tmp_path: Path, target: str, name: str
) -> None:
    upstream = tmp_path / archive_name(target)
    upstream.write_bytes(archive(target))
    (tmp_path / "first").mkdir()
    first = bundle_of(upstream, target_named(target), tmp_path / "first")
    if name == "msi":  # which offers no downloads of compilers
        kept = tuple(e for e in first.entries if e.path != "install_tools.bat")
        first = replace(first, entries=kept)
    filename, data = written(first, name)
    package = tmp_path / filename
    package.write_bytes(data)

    (tmp_path / "again").mkdir()
    again = bundle_of(package, first.target, tmp_path / "again")
    if name == "msi":  # whose files have the times of no time zone; a real change log has the day
        again = replace(again, released=first.released)
    if name == "ibmi":  # which names the release that upstream's archive leaves open
        again = replace(again, os_release=first.os_release)
    if name == "freebsd":  # which asks for what the executable needs, as its packager had not said
        assert [d.name for d in again.dependencies] == ["libuv.so.1"]
        again = replace(again, dependencies=first.dependencies)
    assert [*map(describe_entry, again.entries)] == [*map(describe_entry, first.entries)]
    assert replace(again, provenance=first.provenance, entries=first.entries) == first
    for other in first.target.formats:
        assert written(again, other) == written(first, other)
