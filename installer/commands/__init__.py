"""The verbs of ``rtinstall``, one file each, and the one table that says which there are.

A verb's module is imported when the verb is run, and not before: starting up is most of what the
quick ones do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """What the program knows of a verb without importing it.

    The command is ``COMMAND`` of the module ``rtinstall.installer.commands.<module>``. ``others`` are
    the names that people bring along from nvm, fnm, n and volta.
    """

    help: str
    others: tuple[str, ...] = ()
    module: str = ""
    hidden: bool = False


VERBS: dict[str, Verb] = {
    "install": Verb("Install versions: lts, 22, '>=20 <23', or what this folder asks for.", ("i", "add")),
    "uninstall": Verb("Remove versions, and nothing else.", ("uni", "rm", "remove")),
    "use": Verb("Use a version in this shell.", ("shell",)),
    "default": Verb("Choose the version for everywhere nothing else is asked for."),
    "alias": Verb("Give a version a name, or show the names."),
    "unalias": Verb("Take a name away."),
    "list": Verb("Show what is installed.", ("ls",)),
    "list-remote": Verb("Show what can be installed.", ("ls-remote", "lsr")),
    "current": Verb("Show the version that is active here."),
    "which": Verb("Show where a program of the active version is.", ("bin", "where")),
    "why": Verb("Show which file asks for the version, and which ones disagree."),
    "resolve": Verb("Show what a version expression means.", ("version", "version-remote")),
    "run": Verb("Run node with a version."),
    "exec": Verb("Run a program with a version on PATH.", ("x",)),
    "pin": Verb("Write the version into this project's version file."),
    "outdated": Verb("Show what is newer than the installed versions."),
    "upgrade": Verb("Install the newest of a line, and carry global packages over."),
    "migrate-packages": Verb("Carry global npm packages to another version.",
                             ("reinstall-packages",)),
    "import": Verb("Adopt what nvm, fnm, n, volta, nodenv, asdf or mise has installed.",
                   module="import_"),
    "prune": Verb("Remove versions that nothing asks for."),
    "cache": Verb("Show or clear the downloads that are kept."),
    "doctor": Verb("Look for what is wrong, and mend it.", ("debug",)),
    "config": Verb("Show every setting, and where it comes from."),
    "lock": Verb("Write down versions and digests for every target, for a team."),
    "bundle": Verb("Pack versions for machines without a network."),
    "env": Verb("Print what a shell has to run at its start.", ("activate",)),
    "hook": Verb("Write down which version a folder asks for.", hidden=True),
    "setup": Verb("Put it into the start files of your shells."),
    "implode": Verb("Take everything away again: versions, and the lines in start files."),
    "self": Verb("Show what this program is, and how it is updated.", module="self_"),
}  # fmt: skip

OTHERS = {other: name for name, verb in VERBS.items() for other in verb.others}


def module_of(name: str) -> str:
    """Return the module of the verb ``name``."""
    own = VERBS[name].module or name.replace("-", "_")
    return f"rtinstall.installer.commands.{own}"
