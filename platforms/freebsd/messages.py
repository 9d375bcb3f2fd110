"""What pkg prints after it has installed a package: what nobody would guess, and nothing else."""

from __future__ import annotations

from rtinstall.platforms.package import Package
from rtinstall.platforms.unix import certificates

INSTALLED = """\
npm install -g puts packages into /usr/local/lib/node_modules, which takes root.
For a place of your own: npm config set prefix ~/.local"""
ELSEWHERE = "node and npm are in /{prefix}/bin, which has to be put on PATH."
# No profile.d and no script: login.conf(5) is where FreeBSD sets the environment of everybody.
TRUSTED = """\
The certificates in /{path}
are trusted where NODE_EXTRA_CA_CERTS names that file. For every login: add it to setenv of
the class default in /etc/login.conf, then run cap_mkdb /etc/login.conf."""
ANOTHER_MAJOR = """\
Native addons that were built for an older major version of Node.js must be built again:
npm rebuild in a project, npm rebuild -g for the global ones."""


def messages(package: Package, prefix: str) -> list[dict[str, str]]:
    """Return the messages, each for an installation or an upgrade; ``prefix`` without a slash.

    The one for upgrades is printed to whoever comes from an older major version alone.
    """
    words = [INSTALLED]
    if f"{prefix}/bin" not in package.shared:
        words.append(ELSEWHERE.format(prefix=prefix))
    trusted = certificates(prefix, package.metadata.name)
    if trusted in package.config:
        words.append(TRUSTED.format(path=trusted))
    return [
        {"message": "\n\n".join(words), "type": "install"},
        {
            "message": ANOTHER_MAJOR,
            "type": "upgrade",
            "maximum_version": str(package.bundle.version.major),
        },
    ]
