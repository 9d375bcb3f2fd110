"""The manifests in a catalogue, one after the other while it arrives: a line each, or one JSON object.

One manifest is held at a time, and no more than ``MANIFEST_LIMIT`` of it is waited for.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator

from rtinstall.runtime_bundle.errors import UnsafeArchive

MANIFEST_LIMIT = 1 << 20  # characters of one package's manifest; the longest has about 100,000
BLANKS = " \t\r\n"


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnsafeArchive("an entry of the catalogue is no JSON") from None


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise UnsafeArchive("the catalogue is not UTF-8") from None


def lines(chunks: Iterable[bytes]) -> Iterator[object]:
    """Yield what each line holds; the last may lack its end."""
    held = ""
    for text in _decoded(chunks):
        *whole, held = (held + text).split("\n")
        if max(len(held), max(map(len, whole), default=0)) > MANIFEST_LIMIT:
            raise UnsafeArchive(
                f"a line of the catalogue has more than {MANIFEST_LIMIT} characters"
            )
        for line in whole:
            if line.strip(BLANKS):
                yield _json(line)
    if held.strip(BLANKS):
        yield _json(held)


class _Reader:
    """JSON that is taken apart while it arrives."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = _decoded(chunks)
        self._held = ""
        self._at = 0
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        text = next(self._chunks, None)
        if text is None:
            return False
        self._held = self._held[self._at :] + text
        self._at = 0
        return True

    def take(self, marks: str) -> str:
        """Take the next character, one of ``marks``, or raise :class:`UnsafeArchive`."""
        mark = self.peek()
        if mark not in marks:
            raise UnsafeArchive("the catalogue is cut short or no JSON")
        self._at += 1
        return mark

    def peek(self) -> str:
        """Return the next character that is not blank; a NUL at the end."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in BLANKS:
                    return self._held[self._at]
                self._at += 1
            if not self._more():
                return "\0"

    def value(self) -> object:
        """Take the next text, list or object."""
        if self.peek() not in '"[{':
            raise UnsafeArchive("the catalogue is cut short or no JSON")
        while True:
            try:
                found, self._at = self._decoder.raw_decode(self._held, self._at)
            except RecursionError:
                raise UnsafeArchive("an entry of the catalogue is nested too deeply") from None
            except ValueError:
                if len(self._held) - self._at > MANIFEST_LIMIT or not self._more():
                    raise UnsafeArchive("an entry of the catalogue is no JSON") from None
            else:
                return found


def objects(chunks: Iterable[bytes]) -> Iterator[object]:
    """Yield the elements of the list ``packages`` in the one object there is."""
    reader = _Reader(chunks)
    reader.take("{")
    more = reader.peek() != "}"
    seen = False
    while more:
        key = reader.value()
        reader.take(":")
        if key != "packages":
            reader.value()
        elif seen:
            raise UnsafeArchive("the catalogue has two lists of packages")
        else:
            seen = True
            reader.take("[")
            if reader.peek() == "]":
                reader.take("]")
            else:
                yield reader.value()
                while reader.take(",]") == ",":
                    yield reader.value()
        more = reader.take(",}") == ","
    if not seen:
        raise UnsafeArchive("the catalogue has no list of packages")
    reader.take("\0")
