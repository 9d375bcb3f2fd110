"""Where runtimes come from, in the words of the command line, and the sources these words mean.

A value: the same words mean the same sources on every machine that has the paths they name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rtinstall.platforms.settings import Settings
from rtinstall.runtime_bundle.cache import Cache
from rtinstall.runtime_bundle.freebsd.keys import FREEBSD_KEYS
from rtinstall.runtime_bundle.network import Network
from rtinstall.runtime_bundle.sources import RuntimeSource, Say
from rtinstall.runtime_bundle.sources.joined import Joined
from rtinstall.runtime_bundle.sources.local import Local
from rtinstall.runtime_bundle.sources.named import Ways, source_named, trusted_key
from rtinstall.runtime_bundle.sources.npm import Npm
from rtinstall.runtime_bundle.targets import FREEBSD
from rtinstall.runtime_bundle.versions import Channel

SOURCES = ("dist", "pip", "npm", "freebsd", "ibmi")


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources to ask, in order, and the one that has npm by itself."""

    ordered: tuple[RuntimeSource, ...]
    npm: Npm


@dataclass(frozen=True, slots=True)
class Origin:
    """What the command line says of where a runtime comes from and how servers are reached."""

    sources: tuple[str, ...] = ()
    allow_unsigned: bool = False
    trust: tuple[str, ...] = ()
    sha256: str | None = None
    ca_certificate: Path | None = None
    offline: bool = False

    def open(self, channel: Channel, say: Say, settings: Settings) -> Sources:
        """Make the sources that the names mean; none named means ``SOURCES``, in this order."""
        network = Network(ca=self.ca_certificate, offline=self.offline)
        cache = Cache()
        ways = Ways(
            cache,
            network,
            say,
            channel=channel,
            allow_unsigned=self.allow_unsigned,
            release=settings.metadata.freebsd.release or FREEBSD[0],
            trusted=tuple(map(trusted_key, self.trust)) or FREEBSD_KEYS,
            sha256=self.sha256,
        )
        found = [source_named(name, ways) for name in self.sources or SOURCES]
        # What is on disk is one runtime, which is universal or not.
        joined = (each if isinstance(each, Local) else Joined(each) for each in found)
        npm = next((each for each in found if isinstance(each, Npm)), Npm(cache, network))
        return Sources(tuple(joined), npm)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the options that say the same on a command line."""
        valued = (
            *(("--source", name) for name in self.sources),
            *(("--trust", key) for key in self.trust),
            *((("--sha256", self.sha256),) if self.sha256 else ()),
            *((("--ca-certificate", str(self.ca_certificate)),) if self.ca_certificate else ()),
        )
        flags = (
            *(("--allow-unsigned",) if self.allow_unsigned else ()),
            *(("--offline",) if self.offline else ()),
        )
        return (*(word for pair in valued for word in pair), *flags)
