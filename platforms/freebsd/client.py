"""What a machine needs to use a repository: its configuration (pkg.conf(5)) and the key's fingerprint."""

from __future__ import annotations

import re

from rtinstall.runtime_bundle.addresses import checked
from rtinstall.runtime_bundle.errors import BadConfiguration

REPOSITORIES = "/usr/local/etc/pkg/repos"
FINGERPRINTS = "/usr/local/etc/pkg/fingerprints"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


def client_files(name: str, url: str, fingerprint: str | None) -> dict[str, str]:
    """Return the contents of each file by its path on the client.

    Raises :class:`BadConfiguration` for a name or an address that pkg could not use.
    """
    if not NAME.fullmatch(name):
        raise BadConfiguration(
            f"{name[:80]!r} is no name of a repository", hint="use letters, digits, and _ . -"
        )
    checked(url.replace("${ABI}", "ABI"), plain=True)
    if re.search(r'["\\]', url):
        raise BadConfiguration(f"the address {url!r} cannot be written down for pkg")
    trust = (
        f'  signature_type: "fingerprints",\n  fingerprints: "{FINGERPRINTS}/{name}",\n'
        if fingerprint
        else '  signature_type: "none",\n'
    )
    files = {
        f"{REPOSITORIES}/{name}.conf": f'{name}: {{\n  url: "{url}",\n{trust}  enabled: yes\n}}\n'
    }
    if fingerprint:
        files[f"{FINGERPRINTS}/{name}/trusted/{name}"] = trusted(fingerprint)
    return files


def trusted(fingerprint: str) -> str:
    """Return the file that makes pkg trust the key of ``fingerprint``."""
    return f'function: "sha256"\nfingerprint: "{fingerprint}"\n'
