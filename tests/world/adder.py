"""A program that adds a version to a store: ``adder.py HOME FOLDER VERSION``; says what it wrote."""

from __future__ import annotations

import sys
from pathlib import Path

from world.store import LINUX, part, release, store_at


def main() -> None:
    """Wait for a line, add, and print how many bytes were written for it."""
    home, folder, version = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    runtime = part(folder, version, weight=320_000)
    written: list[int] = []
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    with store_at(home).changing() as changes:
        changes.add([runtime], release(version), LINUX, progress=written.append)
    print(sum(written))  # noqa: T201


if __name__ == "__main__":
    main()
