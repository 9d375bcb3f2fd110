"""What one run of ``rtinstall`` works with, each part made when a verb first asks for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.places import Places, find_places
from rtinstall.runtime_bundle.commandline import tell

if TYPE_CHECKING:
    from datetime import date

    from rtinstall.installer.aliases import Aliases
    from rtinstall.installer.catalogue import Catalogue
    from rtinstall.installer.choice import Rules
    from rtinstall.installer.in_force import InForce
    from rtinstall.installer.machine import Machine
    from rtinstall.installer.policy import Policy
    from rtinstall.installer.settings import Settings
    from rtinstall.installer.store import Store
    from rtinstall.runtime_bundle.cache import Cache
    from rtinstall.runtime_bundle.network import Network
    from rtinstall.runtime_bundle.targets import Target
    from rtinstall.runtime_bundle.versions import Channel


@dataclass(frozen=True)
class Session:
    """A run: the environment and folder it was started in, and what follows from these.

    ``flags`` are those that set something, each with the setting's name, itself and its value; a verb
    that has any works with a session of its own. ``say`` hears what a person should know.
    ``locked`` is the lock that counts, if one does.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = field(default_factory=Path.cwd)
    flags: Mapping[str, tuple[str, object]] = field(default_factory=dict)
    say: Callable[[str], None] = tell
    locked: InForce | None = None

    @cached_property
    def places(self) -> Places:
        """Return where everything lies."""
        return find_places(self.environment)

    @cached_property
    def aliases(self) -> Aliases:
        """Return the user's names for versions."""
        from rtinstall.installer.aliases import Aliases

        return Aliases(self.places.aliases)

    @cached_property
    def store(self) -> Store:
        """Return the versions on this machine."""
        from rtinstall.installer.store import Store

        return Store(self.places, own=self.own_target, environment=self.environment)

    @cached_property
    def settings(self) -> Settings:
        """Return what is set, and where; raises :class:`BadConfiguration`."""
        from rtinstall.installer.settings import load

        return load(self.environment, self.places.config, self.flags)

    @cached_property
    def policy(self) -> Policy:
        """Return what the administrator allows; raises :class:`BadConfiguration`."""
        from rtinstall.installer.policy import load_policy

        return load_policy(self.places.policy)

    @cached_property
    def machine(self) -> Machine:
        """Return what is known of this machine; raises :class:`NotPublished`."""
        from rtinstall.installer.machine import this_machine

        return this_machine()

    @cached_property
    def own_target(self) -> Target | None:
        """Return what this machine's own versions are for; None where there is no Node.js for it."""
        from rtinstall.runtime_bundle.errors import NotPublished

        try:
            return self.machine.target
        except NotPublished:
            return None

    @cached_property
    def today(self) -> date:
        """Return the day, by which lines end and releases are old enough."""
        from datetime import UTC, datetime

        return datetime.now(UTC).date()

    @cached_property
    def rules(self) -> Rules:
        """Return what decides over a release besides the expression that asks for it."""
        from rtinstall.installer.choice import Rules

        return Rules(self.settings, self.policy, self.machine, self.today)

    @cached_property
    def cache(self) -> Cache:
        """Return the downloads that are kept."""
        from rtinstall.runtime_bundle.cache import Cache

        return Cache()

    @cached_property
    def network(self) -> Network:
        """Return how servers are reached."""
        from rtinstall.runtime_bundle.network import Network

        ca, extra = self.settings.ca.value, self.settings.extra_ca.value
        return Network(
            ca=Path(ca).expanduser() if ca else None,
            extra_ca=Path(extra).expanduser() if extra else None,
            offline=self.settings.offline.value,
        )

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return what can be installed."""
        return self.catalogue_of("release")

    def catalogue_of(self, channel: Channel, system: str = "") -> Catalogue:
        """Return what can be installed of ``channel``; ``system`` is another FreeBSD than this one's."""
        from rtinstall.installer.catalogue import Catalogue

        return Catalogue(
            self.settings,
            self.policy,
            self.cache,
            self.network,
            self.say,
            seen=None if self.settings.offline.value else self.places.home / "seen.json",
            os_release=system or self.machine.os_release,
            channel=channel,
            vouched=self.locked.vouched if self.locked else None,
        )
