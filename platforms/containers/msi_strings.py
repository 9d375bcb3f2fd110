"""The string pool of a Windows Installer database: every text once, with a count of its uses."""

from __future__ import annotations

import struct

# What is in ASCII alone belongs to no code page, which the SDK recommends ("Creating a Database
# with a Neutral Code Page"); the rest is UTF-8, which Windows Installer knows half-heartedly.
NEUTRAL, UTF_8 = 0, 65001
# Set beside the code page: references to strings take three bytes in every table.
WIDE = 0x80000000
# The length of a string and the count of its references are 16-bit numbers. There is a two-slot
# form for longer strings, on which readers disagree.
MAX = 0xFFFF


class StringPool:
    """Strings numbered from 1 in the order in which they are first used."""

    def __init__(self) -> None:
        """Begin without a string."""
        self._ids: dict[str, int] = {}
        self._uses: list[int] = []

    def use(self, text: str) -> int:
        """Count a use of ``text`` and return its number; 0 for the empty string, which is NULL.

        Raises ValueError for what the pool has no room for.
        """
        if not text:
            return 0
        number = self._ids.get(text)
        if number is None:
            size = len(text.encode())
            if size > MAX:
                raise ValueError(f"a string of {size} bytes, and no more than {MAX} are stored")
            self._uses.append(0)
            number = self._ids[text] = len(self._uses)
        if self._uses[number - 1] == MAX:
            raise ValueError(f"{text!r} in more than {MAX} places")
        self._uses[number - 1] += 1
        return number

    @property
    def width(self) -> int:
        """Return the bytes of a reference; final when every string is in."""
        return 2 if len(self._uses) <= MAX else 3

    def pool(self) -> bytes:
        """Return the content of the stream ``_StringPool``."""
        page = NEUTRAL if all(map(str.isascii, self._ids)) else UTF_8
        head = struct.pack("<I", page | (WIDE if self.width == 3 else 0))
        return head + b"".join(
            struct.pack("<HH", len(text.encode()), uses)
            for text, uses in zip(self._ids, self._uses, strict=True)
        )

    def data(self) -> bytes:
        """Return the content of the stream ``_StringData``."""
        return "".join(self._ids).encode()
