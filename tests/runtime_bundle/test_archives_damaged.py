"""Whatever bytes come: entries, or one of two errors. Also: memory does not grow with the payload."""

import io
import os
import random
import tracemalloc
from pathlib import Path

import pytest

import archive_makers as make
from archive_makers import ZipMember
from rtinstall.runtime_bundle.archives import Limits, open_archive
from rtinstall.runtime_bundle.archives.compressed import decompress, gzip_member
from rtinstall.runtime_bundle.archives.limits import LIMITS, Meter
from rtinstall.runtime_bundle.errors import MissingTool, NotReadable, UnsafeArchive

FILES = {"usr/bin/x": b"text" * 40, "usr/y": b""}
ABSOLUTE = {f"/{name}": data for name, data in FILES.items()}
RECORDS = make.pax({"path": "p" * 120, "mtime": "1.5", "SCHILY.fflags": "x"})
# Uncompressed where the format allows it: damage should meet the parser, not the decoder's CRC.
SEEDS = {
    "tar": make.tar(RECORDS, make.tar_member("x", b"abc"), make.tar_member("l", flag=b"2", link="x"),
                    make.tar_member("L", b"n" * 130 + b"\0", flag=b"L"), make.tar_member("x")),
    "zip": make.zip_archive(ZipMember(b"a/", mode=0o040755, method=0), ZipMember(b"a/b", b"c" * 99),
                            ZipMember(b"l", b"a/b", mode=0o120777, method=0),
                            ZipMember(b"s", b"stream", method=0, flags=8)),
    "deb": make.deb({f"./{name}": data for name, data in FILES.items()}, codec=""),
    "rpm": make.rpm(ABSOLUTE, codec=""),
    "apk": make.apk(FILES),
    "arch": make.arch(FILES, codec=""),
    "freebsd": make.freebsd(ABSOLUTE, codec=""),
    "wheel": make.wheel(FILES),
    "tar.gz": make.pack(make.gnu_tar(FILES), "gz"),
    "tar.xz": make.pack(make.gnu_tar(FILES), "xz"),
    "tar.zst": make.pack(make.gnu_tar(FILES), "zst"),
    "tar.bz2": make.pack(make.gnu_tar(FILES), "bz2"),
}  # fmt: skip
INTERESTING = (
    b"\0",
    b"\xff",
    b"/",
    b"9",
    b"\n",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"77777777",
    b"=",
)


def damaged(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        # Headers are dense: half of the damage goes where there is no run of zeros.
        place = chance.randrange(len(data))
        if chance.random() < 0.5:
            place = chance.choice([at for at in range(len(data)) if data[at]] or [0])
        value = chance.choice((*INTERESTING, chance.randbytes(1)))
        match chance.randrange(4):
            case 0:
                data[place : place + len(value)] = value
            case 1:
                data[place] ^= 1 << chance.randrange(8)
            case 2:
                data[place:place] = value
            case _:
                del data[place : place + chance.choice((1, 4, 512))]
        if not data:
            return b""
    return bytes(data[: chance.randrange(len(data))] if chance.random() < 0.1 else data)


def repaired(data: bytes) -> bytes:
    """Make the checksums of tar headers right again, so that damage gets past them."""
    blocks = [data[at : at + 512] for at in range(0, len(data), 512)]
    for number, block in enumerate(blocks):
        if block[257:262] == b"ustar" and len(block) == 512:
            total = sum(block) - sum(block[148:156]) + 256
            blocks[number] = block[:148] + b"%06o\0 " % total + block[156:]
    return b"".join(blocks)


@pytest.mark.parametrize("kind", SEEDS)
def test_damage_ends_in_entries_or_in_an_error_of_ours(kind: str, tmp_path: Path) -> None:
    chance = random.Random(kind)
    path = tmp_path / "damaged"
    read = refused = 0
    for number in range(300):
        data = damaged(SEEDS[kind], chance)
        path.write_bytes(repaired(data) if number % 2 else data)
        try:
            for _, chunks in open_archive(path, Limits(expanded=1 << 24)).entries():
                for _ in chunks:
                    pass
            read += 1
        except (UnsafeArchive, NotReadable):
            refused += 1
    assert refused > 50
    assert read + refused == 300


@pytest.mark.parametrize("codec", ["gz", "xz", "zst", ""])
def test_memory_does_not_grow_with_the_payload(codec: str, tmp_path: Path) -> None:
    noise = os.urandom(1 << 16) * 16
    size = 24 << 20
    path = tmp_path / "big"
    path.write_bytes(make.pack(make.tar(make.tar_member("x", noise * 24)), codec))
    tracemalloc.start()
    try:
        limits = Limits(ratio=10_000)
        assert (
            sum(len(c) for _, chunks in open_archive(path, limits).entries() for c in chunks)
            == size
        )
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


def meter() -> Meter:
    return Meter(LIMITS, 1 << 20)


@pytest.mark.parametrize(
    ("codec", "suffix"), [("gzip", "gz"), ("xz", "xz"), ("bzip2", "bz2"), ("zstd", "zst")]
)
def test_concatenated_streams_are_one(codec: str, suffix: str) -> None:
    data = make.pack(b"one", suffix) + make.pack(b"", suffix) + make.pack(b"two", suffix)
    stream = decompress(io.BytesIO(data), codec, meter())  # type: ignore[arg-type]
    assert b"".join(iter(lambda: stream.read(2), b"")) == b"onetwo"


def test_a_gzip_member_ends_where_the_next_begins() -> None:
    first, second = make.pack(b"one" * 50_000, "gz"), make.pack(b"two", "gz")
    file = io.BytesIO(first + second)
    stream = gzip_member(file, meter())
    assert len(b"".join(iter(lambda: stream.read(1 << 20), b""))) == 150_000
    assert file.tell() == len(first)


def test_without_its_library_zstandard_is_a_missing_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(MissingTool, match="zstandard") as caught:
        decompress(io.BytesIO(), "zstd", meter())
    assert "pip install" in caught.value.hint
