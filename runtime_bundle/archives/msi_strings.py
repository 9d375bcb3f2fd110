"""The string pool of a Windows Installer package: every text, with a count of its uses.

A stream of lengths and counts, and one of the texts themselves in one code page. What can be read
in one way only is read; wrong counts, and texts that are unused or stored twice, are faults.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator

from rtinstall.runtime_bundle.archives.limits import Limits
from rtinstall.runtime_bundle.archives.msi_summary import code_page
from rtinstall.runtime_bundle.errors import UnsafeArchive


class StringPool:
    """The texts by number, and which of them were used.

    ``codepage`` is that of all texts; ``wide`` says that their numbers are of three bytes.
    """

    def __init__(self, pool: bytes, data: bytes, limits: Limits) -> None:
        """Read the streams ``_StringPool`` and ``_StringData``."""
        self._used: Counter[int] = Counter()
        self._undecoded: list[str] = []
        self._strings: list[str | None] = [None]
        self._counts = [0]
        if len(pool) < 4 or len(pool) % 4 or len(pool) > limits.metadata // 8:
            raise UnsafeArchive(f"the string pool of {len(pool)} bytes is malformed or too large")
        (head,) = struct.unpack_from("<I", pool)
        self.codepage: int = head & 0x7FFFFFFF
        self.wide = bool(head >> 31)
        encoding = code_page(self.codepage)
        at = 0
        slots = struct.iter_unpack("<HH", pool[4:])
        for size, count in slots:
            if not size and count:
                # 64 KiB or more: the next slot is the size (what msitools writes differs above 128 KiB).
                low, high = next(slots, (0, 0))
                size = high << 16 | low
                if not high:
                    raise UnsafeArchive(f"string {len(self._counts)} is used, but has no bytes")
            self._strings.append(self._decoded(data[at : at + size], encoding) if size else None)
            self._counts.append(count)
            at += size
        if at != len(data):
            raise UnsafeArchive(
                f"the strings take {len(data)} bytes, but their sizes add up to {at}"
            )

    def use(self, number: int, table: str) -> str | None:
        """Return the text that ``table`` refers to, and count it as used; 0 is none."""
        self._used[number] += 1
        if not number:
            return None
        text = self._strings[number] if number < len(self._strings) else None
        if text is None:
            raise UnsafeArchive(f"{table} refers to the string {number}, which is not there")
        return text

    def faults(self) -> Iterator[str]:
        """Yield reference counts that are wrong, strings nothing uses, and strings stored twice."""
        wrong: list[str] = []
        unused: list[str] = []
        twice: list[str] = []
        seen: set[str] = set()
        for number, (text, count) in enumerate(zip(self._strings, self._counts, strict=True)):
            if text is None:
                continue
            used = self._used[number]
            if not used:
                unused.append(f"{text[:40]!r}")
            elif min(used, 0xFFFF) != count:
                wrong.append(f"{text[:40]!r} is used {used} times, not {count}")
            if text in seen:
                twice.append(f"{text[:40]!r}")
            seen.add(text)
        for found, what in (
            (self._undecoded, "not in ASCII, as the code page 0 wants"),
            (wrong, "with a wrong reference count"),
            (unused, "that no table uses"),
            (twice, "stored more than once"),
        ):
            if found:
                yield f"{len(found)} strings {what}, the first: {found[0]}"

    def _decoded(self, data: bytes, encoding: str) -> str:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            if encoding != "ascii":
                raise UnsafeArchive(f"a string is not {encoding}: {data[:80]!r}") from None
            # Neutral databases of wixl hold whatever the author typed.
            self._undecoded.append(f"{data[:40]!r}")
            return data.decode("ascii", "backslashreplace")
