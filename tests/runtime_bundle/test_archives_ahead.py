"""Chunks taken early are the same chunks; both libraries for gzip take and refuse the same."""

import gzip
import io
import random
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import archive_makers as make
from rtinstall.runtime_bundle.archives import compressed, open_archive
from rtinstall.runtime_bundle.archives.ahead import WAITING, ahead
from rtinstall.runtime_bundle.archives.limits import LIMITS, Meter
from rtinstall.runtime_bundle.errors import UnsafeArchive

PAYLOAD = random.Random(5).randbytes(90_000) + bytes(700_000)


def numbered(count: int, taken: list[int]) -> Iterator[bytes]:
    for number in range(count):
        taken.append(number)
        yield str(number).encode()


@pytest.mark.parametrize("count", [0, 1, WAITING, 100])
def test_all_chunks_come_in_their_order(count: int) -> None:
    assert list(ahead(numbered(count, []))) == [str(number).encode() for number in range(count)]


def test_no_more_is_taken_than_may_wait() -> None:
    taken: list[int] = []
    chunks = ahead(numbered(100, taken))
    next(chunks)
    del chunks
    assert len(taken) <= WAITING + 1


def test_what_goes_wrong_is_raised_when_its_turn_comes() -> None:
    def failing() -> Iterator[bytes]:
        yield b"good"
        raise UnsafeArchive("broken")

    chunks = ahead(failing())
    assert next(chunks) == b"good"
    with pytest.raises(UnsafeArchive, match="broken"):
        next(chunks)


def test_an_archive_that_is_left_half_read_leaves_no_thread(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(make.pack(make.gnu_tar({"a": PAYLOAD, "b": PAYLOAD}), "gz"))
    before = threading.active_count()
    members = open_archive(path).entries()
    next(members)
    del members
    assert threading.active_count() == before


def read(data: bytes) -> bytes | str:
    stream = compressed.decompress(io.BytesIO(data), "gzip", Meter(LIMITS, len(data)))
    try:
        return b"".join(iter(lambda: stream.read(70_000), b""))
    except UnsafeArchive:
        return "refused"


def spoilt(chance: random.Random) -> bytes:
    data = bytearray(gzip.compress(PAYLOAD[:60_000], mtime=0) + gzip.compress(PAYLOAD, mtime=0))
    for _ in range(chance.randint(0, 2)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data[: chance.choice((len(data), chance.randrange(len(data)))) + 1])


def test_zlib_and_zlib_ng_take_and_refuse_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compressed._zlib() is not zlib, "the build extra has zlib-ng"
    chance = random.Random(7)
    inputs = [spoilt(chance) for _ in range(200)]
    fast = [read(data) for data in inputs]
    monkeypatch.setattr(compressed, "_zlib", lambda: zlib)
    assert [read(data) for data in inputs] == fast
    assert {type(each) for each in fast} == {bytes, str}
