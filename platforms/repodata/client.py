"""The ``.repo`` file by which a machine knows a repository (yum.conf(5), dnf.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rtinstall.platforms.repodata.elements import Compat
from rtinstall.runtime_bundle.addresses import checked
from rtinstall.runtime_bundle.errors import BadConfiguration

FOLDER: Mapping[Compat, str] = {
    "dnf": "/etc/yum.repos.d",
    "ibmi": "/QOpenSys/etc/yum/repos.d",
}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def repo_file(name: str, url: str, compat: Compat) -> tuple[str, str]:
    """Return the path on the client and the contents; :class:`BadConfiguration` for a bad name or address.

    Neither rpms nor catalogue are signed here, so nothing is asked to be, as in IBM's own file.
    """
    if not NAME.fullmatch(name):
        raise BadConfiguration(
            f"{name[:80]!r} is no name of a repository", hint="use letters, digits, and _ . -"
        )
    checked(url, plain=True)
    return f"{FOLDER[compat]}/{name}.repo", (
        f"[{name}]\n"
        f"name={name}\n"
        f"baseurl={url}\n"
        "enabled=1\n"
        "# No signature is looked for: who serves baseurl is believed. Serve it over https.\n"
        "gpgcheck=0\n"
    )
