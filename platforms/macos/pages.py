"""The pages that the Installer shows, from the files below ``resources``, with a package's words put in.

A text of a choice stands in the Distribution in English, and each ``Localizable.strings`` translates
it: so it can be read where no language fits, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from importlib.resources import files

LANGUAGES = ("en", "de", "fr")
WORD = re.compile(r"@([A-Z]+)@")
CERTIFICATES = re.compile(r'<section id="certificates">.*?</section>\n', re.DOTALL)


def resource(
    name: str, words: Mapping[str, str], quote: Callable[[str], str] = lambda word: word
) -> str:
    """Return the text of the file ``name``, each ``@WORD@`` replaced by what ``quote`` makes of it."""
    text = files("rtinstall.platforms.macos").joinpath("resources", name).read_text("utf-8")
    return WORD.sub(lambda found: quote(words[found[1]]), text)


def pages(words: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each resource.

    ``words`` are VERSION, NPM, PREFIX, VENDOR, UNINSTALL, LICENCE and CERTIFICATES, the path of the
    certificates that are installed, empty where there are none. The licence becomes a page as well:
    of plain text, the Installer would have to guess the encoding.
    """
    yield "license.html", _page("license.html", "en", words)
    for language in LANGUAGES:
        for name in ("welcome.html", "conclusion.html"):
            yield f"{language}.lproj/{name}", _page(f"{language}.lproj/{name}", language, words)
        strings = f"{language}.lproj/Localizable.strings"
        yield strings, resource(strings, words).encode()


def _page(path: str, language: str, words: Mapping[str, str]) -> bytes:
    """Return the page whose body is in the file ``path``."""
    body = resource(path, words, escape)
    if not words["CERTIFICATES"]:
        body = CERTIFICATES.sub("", body)
    version = escape(words["VERSION"])
    return resource("page.html", {"LANGUAGE": language, "VERSION": version, "BODY": body}).encode()
