"""XML from outside: a document type is refused with everything that entities could do (XML 1.0, 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from rtinstall.runtime_bundle.errors import UnsafeArchive

MOST = 4 << 20  # bytes; a tree of it takes twenty times that in memory
DEPTH = 64


def document(data: bytes, what: str, most: int = MOST, *, namespaces: bool = False) -> Element:
    """Parse XML in UTF-8 that declares nothing, at most ``most`` bytes of it, or raise :class:`UnsafeArchive`.

    With ``namespaces``, names are ``{namespace}local``, as in ElementTree.
    """
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            raise UnsafeArchive(f"{what} is nested too deeply")
        builder.start(_name(tag), {_name(key): text for key, text in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(tag))

    if len(data) > most:
        raise UnsafeArchive(f"{what} is larger than {most} bytes")
    parser = _parser(what, start, end, builder.data, namespaces=namespaces)
    _parse(parser, data, what, last=True)
    return builder.close()


def children(chunks: Iterable[bytes], what: str, root: str, most: int = MOST) -> Iterator[Element]:
    """Yield each child of the element ``root`` with all that is below it; memory is that of one child.

    Names are ``{namespace}local``, as in ElementTree. Raises :class:`UnsafeArchive` for another root,
    for what :func:`document` refuses, and for a child or a single tag of more than ``most`` bytes.
    """
    done: list[Element] = []
    builder = TreeBuilder()
    depth = begun = seen = fed = 0

    def limited() -> None:
        nonlocal seen
        seen = parser.CurrentByteIndex
        if depth > 1 and seen - begun > most:
            raise UnsafeArchive(f"one entry of {what} is larger than {most} bytes")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, begun, builder
        depth += 1
        if depth == 1 and _name(tag) != root:
            raise UnsafeArchive(f"{what} is <{tag[:80]}>, not {root}")
        if depth == 2:
            begun = parser.CurrentByteIndex
            builder = TreeBuilder()
        limited()
        if depth > DEPTH:
            raise UnsafeArchive(f"{what} is nested too deeply")
        if depth > 1:
            builder.start(_name(tag), {_name(key): text for key, text in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        limited()
        if depth > 1:
            builder.end(_name(tag))
        if depth == 2:
            done.append(builder.close())
        depth -= 1

    def data(text: str) -> None:
        limited()
        if depth > 1:
            builder.data(text)

    parser = _parser(what, start, end, data, namespaces=True)
    for chunk in chunks:
        fed += len(chunk)
        _parse(parser, chunk, what, last=False)
        yield from done
        done.clear()
        if fed - seen > most + len(chunk):
            raise UnsafeArchive(f"one tag of {what} is larger than {most} bytes")
    _parse(parser, b"", what, last=True)
    yield from done


def _name(tag: str) -> str:
    return f"{{{tag}" if "}" in tag else tag


def _parser(
    what: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    data: Callable[[str], object],
    *,
    namespaces: bool = False,
) -> expat.XMLParserType:
    def declared(*words: object) -> NoReturn:
        raise UnsafeArchive(f"{what} declares a document type")

    parser = expat.ParserCreate("utf-8", "}" if namespaces else None)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = declared
    return parser


def _parse(parser: expat.XMLParserType, data: bytes, what: str, *, last: bool) -> None:
    try:
        parser.Parse(data, last)
    except expat.ExpatError as error:
        raise UnsafeArchive(f"{what} is no XML: {error}") from None
