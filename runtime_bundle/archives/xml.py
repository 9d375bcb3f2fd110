"""XML from outside: a document type is refused with everything that entities could do (XML 1.0, 4)."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from rtinstall.runtime_bundle.errors import UnsafeArchive

MOST = 4 << 20  # bytes; a tree of it takes twenty times that in memory
DEPTH = 64


def document(data: bytes, what: str, most: int = MOST) -> Element:
    """Parse XML in UTF-8 that declares nothing, at most ``most`` bytes of it, or raise :class:`UnsafeArchive`."""
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise UnsafeArchive(f"{what} is nested too deeply")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def declared(*words: object) -> NoReturn:
        raise UnsafeArchive(f"{what} declares a document type")

    if len(data) > most:
        raise UnsafeArchive(f"{what} is larger than {most} bytes")
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnsafeArchive(f"{what} is no XML: {error}") from None
    return builder.close()
