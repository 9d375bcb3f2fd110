from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from oracles import run
from readers import xar as reader
from rtinstall.platforms.containers import xar

TIME = 1_767_225_600
FILES = {
    "Distribution": b"<installer-gui-script/>" * 9,
    "Resources/en.lproj/welcome.html": "Größe <&> ✓\n".encode(),
    "Resources/empty": b"",
    'a&b "c"/größe ✓.txt': b"odd",
    "node.pkg/Bom": bytes(9000),
}
PAYLOAD = b"\x1f\x8b" + bytes(range(256)) * 9


def archive(time: int = TIME) -> bytes:
    out = BytesIO()
    heap = xar.Heap(BytesIO(), time)
    for path, data in FILES.items():
        heap.add(path, data)
    with heap.stored("node.pkg/Payload") as member:
        member.write(PAYLOAD[:1000])
        member.write(PAYLOAD[1000:])
    heap.finish(out)
    return out.getvalue()


def test_every_file_is_read_back() -> None:
    found = reader.read(archive())
    files = {m.path: m for m in found.members if m.kind == "file"}
    assert {path: m.data for path, m in files.items()} == {**FILES, "node.pkg/Payload": PAYLOAD}
    assert {path for path, m in files.items() if m.stored == m.data} == {"node.pkg/Payload"}
    assert {(m.owner, m.mode) for m in files.values()} == {(("0", "root", "0", "wheel"), 0o644)}
    assert [m.path for m in found.members if m.kind == "directory" and m.mode == 0o755] == [
        "Resources", "Resources/en.lproj", 'a&b "c"', "node.pkg"
    ]  # fmt: skip


def test_ids_and_the_heap_are_in_the_order_of_the_table() -> None:
    members = reader.read(archive()).members
    assert [m.id for m in members] == [str(number + 1) for number in range(len(members))]
    offsets = [m.offset for m in members if m.kind == "file"]
    assert offsets == sorted(offsets)
    assert offsets[0] == 20


def test_times_are_those_that_were_asked_for() -> None:
    found = reader.read(archive(86399))
    assert found.created == "1970-01-01T23:59:59"
    assert {m.time for m in found.members} == {"1970-01-01T23:59:59Z"}
    assert archive() == archive() != archive(86399)


def test_bsdtar_and_7z_extract_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "x.xar"
    path.write_bytes(archive())
    run("bsdtar", "-xf", path, "-C", tmp_path)
    for name, data in {**FILES, "node.pkg/Payload": PAYLOAD}.items():
        assert (tmp_path / name).read_bytes() == data
    listed = run("bsdtar", "-tvf", path).splitlines()
    assert all(line.split()[2:4] == ["root", "wheel"] for line in listed)
    assert len(listed) == len(FILES) + 1 + 4
    assert "Everything is Ok" in run("7z", "t", "-txar", path)
    (tmp_path / "toc.xml").write_bytes(reader.read(path.read_bytes()).toc)
    run("xmllint", "--noout", tmp_path / "toc.xml")


@pytest.mark.parametrize("place", [0, 5, 40, -1, -3000])
def test_the_reader_refuses_an_altered_archive(place: int) -> None:
    data = bytearray(archive())
    data[place] ^= 1
    with pytest.raises(ValueError, match=r"."):
        reader.read(bytes(data))


def test_the_reader_refuses_what_follows_the_heap() -> None:
    with pytest.raises(ValueError, match="follows"):
        reader.read(archive() + b"\0")
