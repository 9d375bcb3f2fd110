"""Write one package from a runtime on disk: what ``packages.py`` times as our side.

Usage: python one_package.py TREE FORMAT LEVEL CODEC OUT
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from rtinstall.platforms.formats import FORMATS
from rtinstall.platforms.package import Effort, Metadata
from rtinstall.platforms.settings import WITH_CODECS, Settings
from rtinstall.runtime_bundle.executables import check_executable
from rtinstall.runtime_bundle.model import Bundle
from rtinstall.runtime_bundle.targets import target_named
from rtinstall.runtime_bundle.unpack import read_tree
from rtinstall.runtime_bundle.versions import Version

# For apk the benchmark's tree is a glibc one all the same: there only the work counts.
TARGETS = {"apk": "linux-x64-musl", "msi": "win-x64", "zip": "win-x64", "pkg": "darwin-arm64"}


def main() -> None:
    """Read the tree, place it, write it; no reading back, since the peers do none."""
    tree, name, level, codec, out = sys.argv[1:]
    target = target_named(TARGETS.get(name, "linux-x64"))
    bundle = Bundle(
        version=Version.parse("24.19.0"),
        target=target,
        npm="11.0.0",
        released=1_700_000_000,
        entries=read_tree(Path(tree)),
        provenance=(),
    )
    if target.libc == "glibc":
        executable = check_executable(bundle.file("bin/node").content, target)
        bundle = replace(bundle, glibc=executable.glibc)
    metadata = replace(Metadata(), codec={name: codec} if name in WITH_CODECS else {})  # type: ignore[dict-item]
    module = FORMATS[name]
    package = module.package(bundle, Settings(metadata=metadata))
    with Path(out).open("xb+") as file:
        module.write(package, file, Effort(level, jobs=2))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
