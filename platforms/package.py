"""A Package: a Bundle placed for one format, with everything its metadata says. Immutable, no bytes yet.

A format is a module with ``package(bundle, settings)``, ``filename(package)`` and
``write(package, out, effort)``; the mapping in :mod:`rtinstall.platforms.formats` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from rtinstall.runtime_bundle.model import Bundle, Entry, File

if TYPE_CHECKING:
    from rtinstall.platforms.settings import Settings

Level = Literal["fast", "balanced", "max"]
LEVELS: tuple[Level, ...] = ("fast", "balanced", "max")
Codec = Literal["none", "gzip", "xz", "zstd"]
Scope = Literal["machine", "user", "dual"]
SCOPES: tuple[Scope, ...] = ("machine", "user", "dual")


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to compress, and on how many threads; the bytes depend on ``level`` alone.

    ``advance`` is called with the number of payload bytes just written, for a progress bar.
    """

    level: Level = "balanced"
    jobs: int = 1
    advance: Callable[[int], object] = lambda count: None


@dataclass(frozen=True, slots=True)
class Windows:
    """What only a Windows Installer package says.

    ``upgrade_code`` is the GUID of the product family, in capitals and without braces; empty means
    derived from vendor and name. ``replace_nodejs`` takes over from Node.js's own installer.
    """

    scope: Scope = "machine"
    upgrade_code: str = ""
    replace_nodejs: bool = False


@dataclass(frozen=True, slots=True)
class MacOs:
    """What only a macOS package says: ``identifier`` is the prefix of its receipts' names.

    Empty means derived from vendor and name.
    """

    identifier: str = ""


@dataclass(frozen=True, slots=True)
class FreeBsd:
    """What only a FreeBSD package says: ``release`` is the FreeBSD it is for, such as ``14``.

    Empty means the one its runtime was built for.
    """

    release: str = ""


@dataclass(frozen=True, slots=True)
class IbmI:
    """What only an rpm for IBM i says: ``release`` is the oldest IBM i it installs on, such as ``7.3``.

    Empty means the one its runtime was built for. ``alternatives`` adds the two scriptlets by which
    update-alternatives knows of it: the only scripts any package of ours can have.
    """

    release: str = ""
    alternatives: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a package says of itself, apart from what the runtime determines.

    ``revision`` counts packagings of one runtime version, from 1. ``codec`` overrides a format's own
    choice, keyed by format name.
    """

    name: str = "nodejs"
    vendor: str = "rtinstall"
    maintainer: str = "rtinstall <packages@rtinstall.invalid>"
    revision: int = 1
    summary: str = "Node.js event-driven JavaScript runtime, with npm"
    description: str = (
        "Node.js runs JavaScript outside the browser, on an event-driven,\n"
        "non-blocking model of input and output that suits network servers.\n"
        "This package carries the runtime as it was published, the C++\n"
        "headers for native addons, and the package manager npm."
    )
    homepage: str = "https://nodejs.org/"
    license: str = "MIT"
    codec: Mapping[str, Codec] = field(default_factory=dict)
    windows: Windows = Windows()
    macos: MacOs = MacOs()
    freebsd: FreeBsd = FreeBsd()
    ibmi: IbmI = IbmI()


@dataclass(frozen=True, slots=True)
class Package:
    """Entries at their final place (no leading ``/``, owned by root), and the words about them.

    ``config``, ``docs`` and ``licenses`` are paths of files in ``entries``. ``shared`` are directories
    that belong to the operating system: a format that owns directories leaves them out. ``requires``,
    ``provides``, ``conflicts`` and ``replaces`` are already in the format's own syntax. ``companion``
    says which ``rtinstall`` is among the entries, if any.
    """

    bundle: Bundle
    metadata: Metadata
    format: str
    version: str
    architecture: str
    entries: tuple[Entry, ...]
    config: frozenset[str] = frozenset()
    docs: frozenset[str] = frozenset()
    licenses: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    requires: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    companion: str = ""
    time: int = 0

    @property
    def files(self) -> tuple[File, ...]:
        """Return the regular files, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, File))

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(file.size for file in self.files)


class Format(Protocol):
    """What a module in the mapping of formats offers."""

    def package(self, bundle: Bundle, settings: Settings) -> Package:
        """Place ``bundle`` by this format's conventions."""

    def filename(self, package: Package) -> str:
        """Return the file's name, as this format's users expect it."""

    def write(self, package: Package, out: BinaryIO, effort: Effort) -> None:
        """Write the package into ``out``, a seekable, readable and empty file."""
