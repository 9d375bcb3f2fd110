"""What is known of an executable, and reading a few bytes of it from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from rtinstall.runtime_bundle.errors import NotReadable, WrongBinary
from rtinstall.runtime_bundle.model import Blob, Content
from rtinstall.runtime_bundle.targets import Arch, Libc, Os

# Headers and tables are small; one that claims more is no header.
MOST = 1 << 20
# Return exactly ``size`` bytes from ``offset``: ``at(offset, size)``.
At = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Executable:
    """What an executable's headers say.

    ``os`` is ``aix`` for XCOFF, which IBM i runs too; None where the headers name a system that
    Node.js does not. ``archs`` has several for a universal Mach-O. ``glibc`` and ``glibcxx`` are the
    highest ``GLIBC_x.y`` and ``GLIBCXX_x.y.z`` needed, ``minimum`` the oldest macOS,
    or the FreeBSD it was built for; ``needed`` lists
    the shared libraries of ELF and Mach-O, ``symbols`` the pairs of library and symbol version that
    an ELF needs.
    """

    kind: Literal["elf", "macho", "pe", "xcoff"]
    os: Os | None
    archs: tuple[Arch, ...]
    libc: Libc | None = None
    glibc: tuple[int, int] | None = None
    glibcxx: tuple[int, ...] | None = None
    interpreter: str = ""
    minimum: tuple[int, int] | None = None
    needed: tuple[str, ...] = ()
    symbols: tuple[tuple[str, str], ...] = ()

    @property
    def arch(self) -> Arch:
        """Return the first architecture."""
        return self.archs[0]

    def __str__(self) -> str:
        """Say it in words, for a message."""
        words = [self.os or "an unknown system", "/".join(self.archs), self.libc or "", self.kind]
        return " ".join(word for word in words if word)


@contextmanager
def random_access(content: Content) -> Iterator[At]:
    """Give a function that returns bytes from anywhere in ``content``.

    It raises :class:`WrongBinary` for what lies outside: headers that point there are malformed.
    """

    def check(offset: int, size: int) -> None:
        if offset < 0 or not 0 <= size <= MOST or offset + size > content.size:
            raise WrongBinary("the executable is cut short, or its headers are malformed")

    if isinstance(content, Blob):
        data = content.data

        def from_memory(offset: int, size: int) -> bytes:
            check(offset, size)
            return data[offset : offset + size]

        yield from_memory
        return
    start = content.offset
    try:
        file = content.path.open("rb")
    except OSError as error:
        raise NotReadable(f"{content.path} cannot be read: {error.strerror}") from None

    def from_file(offset: int, size: int) -> bytes:
        check(offset, size)
        file.seek(start + offset)
        data = file.read(size)
        if len(data) != size:
            raise WrongBinary(f"{content.path} was cut short while it was read")
        return data

    with file:
        yield from_file
