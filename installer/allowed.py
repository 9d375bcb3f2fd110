"""What of the installed versions the administrator's policy lets be used.

Decisions:

* ``versions`` and ``signatures`` count for what is installed, too. ``sources`` and ``minimum_age`` say
  where a version may come from, and when: they count when it is installed.
* A version that is not allowed is passed over as if it were not installed, so that a range means the
  newest that is; where nothing else is meant, the refusal is said, and not that it is missing.
* It is looked at when a verb chooses a version, and when records and links are written for hooks and
  shims, which look at nothing but these.
* Where there is no policy, finding that out is one look at the file system, and imports nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.runtime_bundle.errors import BadConfiguration

if TYPE_CHECKING:  # what the quick verbs do without until they need it
    from rtinstall.installer.aliases import Aliases
    from rtinstall.installer.installed import Installed
    from rtinstall.installer.policy import Policy
    from rtinstall.installer.store import Store


def governed(policy: Path) -> bool:
    """Say whether there is a policy; one that cannot be looked at is one, too."""
    try:
        os.lstat(policy)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def allowed(store: Store) -> tuple[Installed, ...]:
    """Return what is installed and may be used, newest first.

    Raises :class:`BadConfiguration` for a policy that cannot be trusted or understood.
    """
    installed = store.installed()
    if (policy := _policy(store)) is None:
        return installed
    return tuple(one for one in installed if policy.allows_installed(one.receipt))


def allowed_or_none(store: Store) -> tuple[Installed, ...]:
    """Return the same, and nothing where the policy allows nothing since it cannot be trusted."""
    try:
        return allowed(store)
    except BadConfiguration:
        return ()


def check_allowed(text: str, store: Store, aliases: Aliases) -> None:
    """Raise :class:`PolicyRefused` if the newest installed version that ``text`` means may not be used."""
    from rtinstall.installer.resolution import among

    one = among(text, store.installed(), aliases)
    if one is not None and (policy := _policy(store)) is not None:
        policy.check_installed(one.receipt)


def _policy(store: Store) -> Policy | None:
    if not governed(store.places.policy):
        return None
    from rtinstall.installer.policy import load_policy

    return load_policy(store.places.policy)
