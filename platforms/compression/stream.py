"""What every codec's stream has: ``write``, ``add``, ``close``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from rtinstall.platforms.package import Effort
from rtinstall.runtime_bundle.model import Content


class Writable(Protocol):
    """Where compressed bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take all of ``data``."""


class Stream(ABC):
    """One compressed stream being written; ``close`` ends it and leaves the file below open."""

    def __init__(self, out: Writable, effort: Effort) -> None:
        """Write into ``out``."""
        self._out = out
        self._advance = effort.advance

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Append ``data``."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left and the end of the stream."""

    def add(self, content: Content, observe: Callable[[bytes], object] = lambda data: None) -> None:
        """Append the bytes of ``content``, and tell the effort how far it is.

        ``observe`` is called with the same bytes, for who has to hash them as well.
        """
        for chunk in content.chunks():
            observe(chunk)
            self.write(chunk)
            self._advance(len(chunk))


class PlainStream(Stream):
    """No compression, behind the same interface."""

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._out.write(data)

    def close(self) -> None:
        """Nothing is held back."""
