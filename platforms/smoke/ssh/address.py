"""Addresses of machines: ``ssh://[user@]host[:port]``, an IPv6 address in brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rtinstall.runtime_bundle.errors import BadConfiguration

HINT = "an address is ssh://[user@]host[:port], without a password or a path"
PARTS = re.compile(
    r"ssh://(?:(?P<user>[^@/]*)@)?(?P<host>\[[^\]/@]*\]|[^:/@\[\]]*)(?::(?P<port>[^/]*))?/?"
)
# What ssh itself would take for an option, or a ProxyCommand's shell for its own, is no name.
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*(?<!\\)")
HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
IPV6 = re.compile(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?)\]")


@dataclass(frozen=True, slots=True)
class Address:
    """A machine; without ``user`` and ``port`` the user's own ssh_config decides."""

    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        """Return it as it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user = f"{self.user}@" if self.user else ""
        return f"ssh://{user}{host}" + (f":{self.port}" if self.port else "")


def parse_address(text: str) -> Address:
    """Read an address, or raise :class:`BadConfiguration` for what is none."""
    parts = PARTS.fullmatch(text)
    if parts is None:
        raise BadConfiguration(f"{text!r} is no address of a machine", hint=HINT)
    user, host, port = parts["user"], parts["host"], parts["port"]
    if user is not None and ":" in user:
        hint = "use a key or an ssh-agent; a password in an address is seen by everybody"
        raise BadConfiguration("a password is not taken from an address", hint=hint)
    if user is not None and not USER.fullmatch(user):
        raise BadConfiguration(f"{user!r} is no name of a user", hint=HINT)
    bracketed = IPV6.fullmatch(host)
    if not bracketed and not HOST.fullmatch(host):
        raise BadConfiguration(f"{host!r} is no name of a machine", hint=HINT)
    if port is not None and not (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 1 << 16):
        raise BadConfiguration(f"{port!r} is no port", hint=HINT)
    return Address(bracketed[1] if bracketed else host, user, int(port) if port else None)
