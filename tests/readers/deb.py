"""A strict reader of Debian packages (deb(5), deb-control(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass

from readers import ar, streams, tar

SUFFIXES = ("", ".gz", ".xz", ".zst")
FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*): ?(.*)")


@dataclass(frozen=True)
class Deb:
    """``suffixes`` of the two tar members; ``files`` of control.tar by name; ``members`` of data.tar."""

    suffixes: tuple[str, str]
    time: int
    control: dict[str, str]
    files: dict[str, bytes]
    members: list[tar.Member]


def read(package: bytes) -> Deb:
    """Return what is in the package."""
    version, control, data = ar.read(package)
    assert (version.name, version.data) == ("debian-binary", b"2.0\n")
    suffixes = (control.name.removeprefix("control.tar"), data.name.removeprefix("data.tar"))
    assert set(suffixes) <= set(SUFFIXES), (control.name, data.name)
    for member in (version, control, data):
        assert (member.uid, member.gid, member.mode) == (0, 0, 0o100644)
        assert member.time == version.time
    root, *files = tar.read(streams.decompress(control.data))
    assert (root.name, root.kind) == ("./", "directory")
    assert all(file.kind == "file" and file.mode == 0o644 for file in files)
    contents = {file.name.removeprefix("./"): file.data for file in files}
    return Deb(
        suffixes=suffixes,
        time=version.time,
        control=fields(contents["control"].decode()),
        files=contents,
        members=tar.read(streams.decompress(data.data)),
    )


def fields(text: str) -> dict[str, str]:
    """Read one paragraph of deb822: folded lines keep their newline, a dot is an empty line."""
    assert text.endswith("\n")
    found: dict[str, str] = {}
    last = ""
    for line in text[:-1].split("\n"):
        assert line.strip(), "an empty line ends the paragraph"
        if line.startswith(" "):
            found[last] += "\n" + ("" if line == " ." else line[1:])
        else:
            match = FIELD.fullmatch(line)
            assert match, line
            last = match[1]
            assert last not in found
            found[last] = match[2]
    return found
