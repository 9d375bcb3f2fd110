"""Which rpms a repository takes: those its client can install, each name and version once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rtinstall.platforms.repodata.elements import Compat
from rtinstall.platforms.repodata.facts import WEAK, Listed
from rtinstall.runtime_bundle.errors import BadConfiguration, NotExpressible, WrongBinary

# What rpm learned after 4.13, the rpm of IBM i (rpm manual, "Dependencies", rpmlib features).
NEWER = frozenset({"rpmlib(PayloadIsZstd)", "rpmlib(CaretInVersions)"})


def admitted(packages: Iterable[Listed], compat: Compat) -> Iterator[Listed]:
    """Pass ``packages`` on.

    Raises :class:`WrongBinary` for one of another system, :class:`NotExpressible` for one that yum
    3.4 or rpm 4.13 cannot install, :class:`BadConfiguration` for the same name, version and
    architecture again: a client takes either.
    """
    known: dict[str, str] = {}
    for listed in packages:
        if listed.os.startswith("ibmi") != (compat == "ibmi"):
            raise _foreign(listed, compat)
        if compat == "ibmi":
            _old_enough(listed)
        first = known.setdefault(str(listed), listed.href)
        if first != listed.href:
            raise BadConfiguration(
                f"{listed} is there twice: {first} and {listed.href}",
                hint="remove one of them, or give it a release of its own",
            )
        yield listed


def _foreign(listed: Listed, compat: Compat) -> WrongBinary:
    if compat == "ibmi":
        return WrongBinary(
            f"the rpm {listed.href} is for {listed.os[:40]!r}, not for IBM i",
            hint="a repository for IBM i holds rpms of ibmi7.x alone; leave --compat ibmi out for others",
        )
    return WrongBinary(
        f"the rpm {listed.href} is for IBM i ({listed.os[:40]})",
        hint="dnf does not tell systems apart: give it a folder of its own, with --compat ibmi",
    )


def _old_enough(listed: Listed) -> None:
    if features := sorted(listed.features & NEWER):
        raise NotExpressible(
            f"the rpm {listed.href} needs {features[0]}, which the rpm of IBM i (4.13) does not have",
            hint="build it with gzip, and a version without ^",
        )
    for kind, relations in listed.relations.items():
        for relation in relations:
            if kind not in WEAK and relation.name.startswith("("):
                raise NotExpressible(
                    f"the rpm {listed.href} {kind} {relation.name}, which yum 3.4 cannot read",
                    hint="name one package, without a condition",
                )
