r"""The user's PATH on Windows, in ``HKEY_CURRENT_USER\Environment``.

Never by ``setx``, which cuts it off at 1024 characters. The value keeps its type and its text, apart
from the entries that come and go; what it was is written down first; it is read back afterwards; and
programs that are running are told. The registry is handed in, so that all but that is tested anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rtinstall.runtime_bundle.errors import BadConfiguration

REG_SZ, REG_EXPAND_SZ = 1, 2
LONGEST = 2047  # characters; what cmd.exe still takes


class Registry(Protocol):
    r"""The values of ``HKEY_CURRENT_USER\Environment``."""

    def get(self, name: str) -> tuple[object, int] | None:
        """Return the value of ``name`` and its type, or None."""

    def set(self, name: str, value: str, kind: int) -> None:
        """Set ``name``."""

    def remove(self, name: str) -> None:
        """Remove ``name``."""

    def tell(self) -> None:
        """Tell running programs that the environment has changed."""


@dataclass(frozen=True, slots=True)
class UserPath:
    """The value, or None if there is none, and its type."""

    text: str | None
    kind: int = REG_EXPAND_SZ


def read(registry: Registry) -> UserPath:
    """Return the user's PATH; :class:`BadConfiguration` if it is no text."""
    found = registry.get("Path")
    if found is None:
        return UserPath(None)
    value, kind = found
    if kind not in (REG_SZ, REG_EXPAND_SZ) or not isinstance(value, str):
        raise BadConfiguration(
            "the user's Path in the registry is no text, so it is left alone",
            hint="set it with Windows' own dialog for environment variables, and try again",
        )
    return UserPath(value, kind)


def with_entries(text: str, entries: Sequence[str]) -> str:
    """Return ``text`` with ``entries`` in front, each once; what was there is not touched.

    Raises :class:`BadConfiguration` for an entry that PATH cannot hold and if it would be too long.
    """
    for entry in entries:
        if ";" in entry or '"' in entry or entry[1:3] not in (":\\", ":/"):
            raise BadConfiguration(
                f"{entry!r} cannot be an entry of PATH",
                hint="name another folder with RTINSTALL_HOME, a whole path without ; and quotes",
            )
    new = ";".join([*entries, *filter(None, [without_entries(text, entries)])])
    if len(new) > LONGEST:
        raise BadConfiguration(
            f"the user's PATH would have {len(new)} characters, and cmd.exe takes {LONGEST}",
            hint="remove entries from it that lead nowhere, and try again",
        )
    return new


def without_entries(text: str, entries: Sequence[str]) -> str:
    """Return ``text`` without ``entries``, however these are spelt; the rest stays, empty entries too."""
    ours = {_plain(entry) for entry in entries}
    return ";".join(entry for entry in text.split(";") if not entry or _plain(entry) not in ours)


def _plain(entry: str) -> str:
    return entry.strip('"').replace("/", "\\").rstrip("\\").casefold()


def change(registry: Registry, new: str) -> None:
    """Set the user's PATH to ``new`` (remove it if that is empty), look at it again, and tell programs."""
    before = read(registry)
    if new == (before.text or ""):
        return
    if new:
        registry.set("Path", new, before.kind)
    else:
        registry.remove("Path")
    if (read(registry).text or "") != new:
        raise BadConfiguration(
            "the user's Path in the registry is not what was written",
            hint="another program changes it too; run the command again",
        )
    registry.tell()


if sys.platform == "win32":
    import ctypes
    import winreg

    class UserEnvironment:
        """The registry of the user whose program this is."""

        def get(self, name: str) -> tuple[object, int] | None:
            """Return the value of ``name`` and its type, or None."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
                try:
                    return winreg.QueryValueEx(key, name)
                except FileNotFoundError:
                    return None

        def set(self, name: str, value: str, kind: int) -> None:
            """Set ``name``."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, "Environment") as key:
                winreg.SetValueEx(key, name, 0, kind, value)

        def remove(self, name: str) -> None:
            """Remove ``name``."""
            with winreg.OpenKey(
                winreg.HKEY_CURRENT_USER, "Environment", 0, winreg.KEY_SET_VALUE
            ) as key:
                winreg.DeleteValue(key, name)

        def tell(self) -> None:
            """Send WM_SETTINGCHANGE to every window, and wait for none longer than a second."""
            everyone, changed, unless_hung = 0xFFFF, 0x001A, 0x0002
            ctypes.windll.user32.SendMessageTimeoutW(
                everyone, changed, 0, "Environment", unless_hung, 1000, None
            )
