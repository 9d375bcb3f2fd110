"""The two scripts by which update-alternatives knows of a package: the only ones any of ours can have.

IBM's packages of Node.js share ``/QOpenSys/pkgs/bin/node`` this way: a link in the group ``node``,
with the major version as priority. Its update-alternatives is a port of Debian's, so the words are
those of update-alternatives(1) there.

* npm and npx, and corepack where there is one, follow node.
* An upgrade runs the new package's script, then the old one's with ``$1`` = 1, which must keep
  what the first one did.
* A removal goes on if update-alternatives fails: a package that cannot be removed is worse than a
  link that leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rtinstall.platforms.ibmi.place import PACKAGES, home
from rtinstall.platforms.rpm.profile import Scripts
from rtinstall.platforms.settings import NAME
from rtinstall.runtime_bundle.archives import Archive

PROGRAM = f"/{PACKAGES}/bin/update-alternatives"
FOLLOWERS = ("npm", "npx", "corepack")


def scripts(name: str, major: int, paths: Collection[str]) -> Scripts:
    """Return the scripts of the package ``name``, such as ``nodejs24``, that holds ``paths``."""
    own = f"{home(name)}/bin"
    slaves = "".join(
        f" \\\n --slave /{PACKAGES}/bin/{program} {program} /{own}/{program}"
        for program in FOLLOWERS
        if f"{own}/{program}" in paths
    )
    node = f"/{own}/node"
    return Scripts(
        postin=f"{PROGRAM} --install /{PACKAGES}/bin/node node {node} {major}{slaves}\n",
        preun=f'if [ "$1" = 0 ]; then\n {PROGRAM} --remove node {node} || :\nfi\n',
        interpreter="/bin/sh",
        requires=("update-alternatives",),
    )


def known(archive: Archive, paths: Collection[str]) -> dict[str, str]:
    """Return what an rpm for IBM i that holds ``paths`` may run, in the words of its metadata.

    Nothing for any other package, nor for a name that could mean something to a shell. Texts are
    compared as a whole: whoever adds a word has a script of his own.
    """
    name, version = str(archive.metadata.get("name")), str(archive.metadata.get("version"))
    major = re.match(r"[0-9]+", version)
    if archive.os != "ibmi" or archive.format != "rpm" or not major or not NAME.fullmatch(name):
        return {}
    ours = scripts(name, int(major[0]), paths)
    return {
        "postin": ours.postin, "postinprog": ours.interpreter,
        "preun": ours.preun, "preunprog": ours.interpreter,
    }  # fmt: skip
