"""What any mirror promises its readers, held against what is there, file by file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from rtinstall.runtime_bundle.releases import parse_index
from rtinstall.runtime_bundle.targets import BY_NAME
from rtinstall.runtime_bundle.verify import parse_shasums

ARCHIVES = (".tar.gz", ".tar.xz", ".zip")


def files_of(root: Path) -> dict[str, bytes]:
    """Return every file of a mirror in a folder, in the order in which a reader comes to them.

    Left out is what readers do not look at, which has a dot.
    """
    lists = [*root.glob("index.*"), *root.glob("v*/SHASUMS256.txt"), *root.glob("v*/*")]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in lists}


def promised(files: Mapping[str, bytes]) -> int:
    """Make sure that every list tells the truth; return how many versions the index names.

    What SHASUMS256.txt names is there, with that digest. What the index names has its checksums and
    an archive for each of its words.
    """
    for name, data in files.items():
        folder, _, last = name.rpartition("/")
        if last == "SHASUMS256.txt":
            for each, digest in parse_shasums(data).items():
                assert f"{folder}/{each}" in files, f"{name} names {each}, which is not there"
                found = hashlib.sha256(files[f"{folder}/{each}"]).hexdigest()
                assert found == digest, f"{each} is not what {name} says"
    releases = parse_index(files["index.json"]) if "index.json" in files else ()
    for release in releases:
        sums = parse_shasums(files[f"{release.version.tag}/SHASUMS256.txt"])
        for word in release.files:
            target = next(t for t in BY_NAME.values() if t.index == word)
            top = f"node-{release.version.tag}-{target.name}"
            assert any(f"{top}{ending}" in sums for ending in ARCHIVES), (release.version, word)
    return len(releases)
