"""What a folder's own files lead to, as its record says it: never an error, whatever is in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rtinstall.installer.aliases import Aliases
from rtinstall.installer.allowed import allowed_or_none, check_allowed
from rtinstall.installer.expression import SYSTEM
from rtinstall.installer.installed import Installed
from rtinstall.installer.places import WINDOWS, Places
from rtinstall.installer.project import Request, in_folder
from rtinstall.installer.records import REFUSED, WEAK, Answer
from rtinstall.installer.resolution import among, install_word
from rtinstall.installer.shells.values import DEFAULT
from rtinstall.installer.store import Store
from rtinstall.runtime_bundle.errors import RtError


def asker(
    places: Places, store: Store, installed: Sequence[Installed] | None = None
) -> Callable[[Path], Answer]:
    """Return what tells the answer of a folder, from what is named now and may be used of the store.

    Or from what is ``installed``, whether it may be used or not.
    """
    if installed is None:
        installed = allowed_or_none(store)
    aliases = Aliases(places.aliases)

    def ask(folder: Path) -> Answer:
        found = sorted(in_folder(folder), key=lambda request: not request.chooses)
        return _answer(found[0], places, store, installed, aliases) if found else Answer()

    return ask


def _answer(
    request: Request,
    places: Places,
    store: Store,
    installed: Sequence[Installed],
    aliases: Aliases,
) -> Answer:
    """Return what ``request`` leads to, which nothing that is wrong with it keeps from an answer."""
    weak = "" if request.chooses else WEAK
    file = str(request.file or "")
    note = f"{request.place}: {request.fault}; {request.hint}" if request.fault else ""
    try:
        for text in () if note else request.texts:
            if aliases.expand(text) == SYSTEM:
                return Answer("", f"{weak}{SYSTEM}", text, file)
            if one := among(text, installed, aliases):
                return Answer(str(one.bin), f"{weak}{one.name}", text, file)
        for text in () if note else request.texts:
            check_allowed(text, store, aliases)
        word = install_word(aliases.expand(request.text))
    except RtError as error:
        note = f"{request.place}: {error}; {error.hint}"
    if not note:
        wanted = " or ".join(map(repr, request.texts))
        note = (
            f"{request.place} asks for {wanted}, which is not installed; rtinstall install {word}"
        )
    instead = _default(places) if weak else places.shims
    return Answer(str(instead), f"{weak}{REFUSED}", request.text, file, note)


def _default(places: Places) -> Path:
    return places.home / DEFAULT / ("" if WINDOWS else "bin")
