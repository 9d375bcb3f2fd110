"""Every codec gives one standard stream, the same bytes for any number of threads."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import subprocess
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import tool
from rtinstall.platforms.compression import open_stream
from rtinstall.platforms.compression.deflate import PIECE
from rtinstall.platforms.compression.xz import dictionary_code, number
from rtinstall.platforms.package import LEVELS, Codec, Effort, Level
from rtinstall.runtime_bundle.model import Blob

CODECS: tuple[Codec, ...] = ("none", "gzip", "xz", "zstd")
MIXED = random.Random(7).randbytes(300_000) + b"node" * 500_000 + bytes(200_000)
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, len(MIXED)]


def compressed(codec: Codec, data: bytes, level: Level = "fast", jobs: int = 2) -> bytes:
    out = io.BytesIO()
    stream = open_stream(codec, out, Effort(level, jobs))
    stream.write(data[:10])
    stream.add(Blob(data[10:]))
    stream.close()
    return out.getvalue()


def one_stream(codec: Codec, data: bytes) -> bytes:
    """Decode exactly one stream; anything after its end is an error."""
    match codec:
        case "none":
            return data
        case "gzip":
            decoder = zlib.decompressobj(31)
            plain = decoder.decompress(data)
            assert decoder.eof
            assert not decoder.unused_data
            return plain
        case "xz":
            xz = lzma.LZMADecompressor(lzma.FORMAT_XZ)
            plain = xz.decompress(data)
            assert xz.eof
            assert not xz.unused_data
            return plain
        case "zstd":
            frame = zstandard.ZstdDecompressor().decompressobj()
            plain = frame.decompress(data)
            assert frame.eof
            assert not frame.unused_data
            return plain


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_is_one_standard_stream(codec: Codec, size: int) -> None:
    assert one_stream(codec, compressed(codec, MIXED[:size])) == MIXED[:size]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("codec", CODECS)
def test_bytes_do_not_depend_on_the_number_of_threads(codec: Codec, level: Level) -> None:
    data = MIXED * 4 if level == "fast" else MIXED
    streams = {compressed(codec, data, level, jobs) for jobs in (0, 1, 2, 5)}
    assert len(streams) == 1
    assert one_stream(codec, streams.pop()) == data


@pytest.mark.parametrize("codec", CODECS)
def test_bytes_do_not_depend_on_how_they_were_written(codec: Codec) -> None:
    out = io.BytesIO()
    stream = open_stream(codec, out, Effort("fast", 2))
    for start in range(0, len(MIXED), 77_777):
        stream.write(MIXED[start : start + 77_777])
    stream.close()
    assert one_stream(codec, out.getvalue()) == MIXED
    if codec != "zstd":
        assert out.getvalue() == compressed(codec, MIXED)


@pytest.mark.parametrize(("codec", "program"), [("gzip", "gzip"), ("xz", "xz"), ("zstd", "zstd")])
def test_the_real_tool_accepts_a_stream_of_many_pieces(codec: Codec, program: str) -> None:
    done = subprocess.run(
        [tool(program), "-dc"], input=compressed(codec, MIXED * 6), capture_output=True, check=True
    )
    assert done.stdout == MIXED * 6


def test_gzip_says_nothing_of_time_name_or_machine() -> None:
    assert compressed("gzip", b"x")[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_progress_counts_the_payload() -> None:
    counted: list[int] = []
    out = io.BytesIO()
    stream = open_stream("gzip", out, Effort("fast", 1, counted.append))
    stream.write(b"header")
    stream.add(Blob(MIXED))
    stream.close()
    assert sum(counted) == len(MIXED)


@given(st.binary(max_size=4096))
@settings(max_examples=50, deadline=None)
def test_round_trip(data: bytes) -> None:
    assert gzip.decompress(compressed("gzip", data)) == data
    assert lzma.decompress(compressed("xz", data)) == data
    assert one_stream("zstd", compressed("zstd", data)) == data


@given(st.integers(0, 2**63 - 1))
def test_xz_numbers_decode_to_what_was_encoded(value: int) -> None:
    decoded = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(number(value)))
    assert decoded == value


@pytest.mark.parametrize(("size", "code"), [(4096, 0), (6144, 1), (1 << 20, 16), (4 << 20, 20)])
def test_xz_dictionary_codes_are_those_of_the_specification(size: int, code: int) -> None:
    assert dictionary_code(size) == code


def test_a_fault_on_a_thread_reaches_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(28, "No space left on device")

    def write_all() -> None:
        stream = open_stream("xz", Full(), Effort("fast", 2))
        stream.write(MIXED)
        stream.close()

    with pytest.raises(OSError, match="No space"):
        write_all()
