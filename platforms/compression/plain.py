"""No compression, behind the same interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rtinstall.platforms.compression import Writable
    from rtinstall.runtime_bundle.model import Content


class PlainStream:
    """Pass everything through."""

    def __init__(self, out: Writable) -> None:
        """Write into ``out``."""
        self._out = out

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._out.write(data)

    def add(self, content: Content) -> None:
        """Append the bytes of ``content``."""
        for chunk in content.chunks():
            self.write(chunk)

    def close(self) -> None:
        """Nothing is held back."""
