"""A program that walks through the steps of one operation: ``walker.py FOLDER OPERATION FAULT``.

A process of its own, with one thread, because it forks.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rtinstall.installer import steps
from rtinstall.installer.changes import Changes
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.versions import Version
from world.store import (
    CREATING,
    DENIED,
    FULL,
    MUTATING,
    READ_ONLY,
    Operation,
    add,
    failing,
    killed,
    part,
    store_at,
    walk,
)

FAULTS = {
    "kill": (killed, ()),
    "full once": (failing(FULL), ()),
    "full": (failing(FULL), CREATING),
    "denied": (failing(DENIED), ()),
    "read-only": (failing(READ_ONLY), MUTATING),
}
HERE = "22.20.0"  # what is installed before


def operations(folder: Path) -> dict[str, Operation]:
    here, new = part(folder, HERE, few=True), part(folder, few=True)
    heavier = part(folder, HERE, weight=3200, few=True)
    foreign = Provenance("runtime", "import", "nvm", "", "nothing")
    other = folder / "other" / "versions" / "v24.19.0"

    def remove(changes: Changes, *, keep: bool) -> None:
        installed = changes.store.find(Version.parse(HERE))
        if installed:
            changes.remove(installed, keep=keep)

    def link(changes: Changes, name: str) -> None:
        changes.link_alias(name, changes.store.find(Version.parse(HERE)))

    def in_two_steps(changes: Changes) -> None:
        setattr(steps, "exchange", lambda *_: False)  # noqa: B010  # as on systems that cannot
        add(changes, heavier, HERE, again=True)

    return {
        "add": lambda changes: add(changes, new),
        "add again": lambda changes: add(changes, here, HERE, again=True),
        "replace": lambda changes: add(changes, heavier, HERE, again=True),
        "replace in two steps": in_two_steps,
        "remove": lambda changes: remove(changes, keep=True),
        "remove all": lambda changes: remove(changes, keep=False),
        "alias": lambda changes: link(changes, "work"),
        "alias again": lambda changes: link(changes, "default"),
        "unalias": lambda changes: changes.link_alias("default", None),
        "adopt": lambda changes: changes.adopt(other, foreign),
    }


def main() -> None:
    """Walk, and print how many steps there were."""
    folder, operation, fault = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    sys.dont_write_bytecode = True
    start = folder / "start"
    with store_at(start).changing() as changes:
        installed = add(changes, part(folder, HERE, few=True), HERE)
        changes.link_alias("default", installed)
        package = installed.folder / "lib/node_modules/typescript/bin"
        package.mkdir(parents=True)
        (package / "tsc").write_text("tsc\n")
        (installed.bin / "tsc").symlink_to("../lib/node_modules/typescript/bin/tsc")
    with store_at(folder / "other").changing() as changes:
        add(changes, part(folder, few=True))
    how, lasting = FAULTS[fault]
    gap = operation.endswith("in two steps")
    print(walk(start, folder, operations(folder)[operation], how, lasting, gap=gap))  # noqa: T201


if __name__ == "__main__":
    main()
