"""A user's names for versions: ``HOME/aliases/NAME.spec``, a line of text for each.

What a name leads to on the disk, the link of the same name beside it, belongs to the store.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer.atomic import write_atomically
from rtinstall.installer.expression import alias_name, check_alias_name, check_expression
from rtinstall.installer.version_file import LIMIT, read
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError, UnknownVersion

SUFFIX = ".spec"
LONGEST = 16  # names that may lead to one another


@dataclass(frozen=True, slots=True)
class Aliases:
    """The names of one user, in the folder that holds them."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return the file that says what ``name`` stands for."""
        return self.folder / f"{name}{SUFFIX}"

    def get(self, name: str) -> str | None:
        """Return what ``name`` stands for, or None; :class:`BadConfiguration` if its file is broken."""
        name = alias_name(name) or ""
        path = self.path(name)
        if not name:
            return None
        try:
            text = read(path, LIMIT)
            return None if text is None else check_expression(text.strip())
        except RtError as error:
            hint = f"rtinstall unalias {name}, and set it again"
            raise BadConfiguration(f"{path}: {error}", hint=hint) from error

    def names(self) -> tuple[str, ...]:
        """Return every name there is."""
        try:
            found = os.listdir(self.folder)  # noqa: PTH208  # quicker than as paths
        except FileNotFoundError:
            return ()
        names = (file.removesuffix(SUFFIX) for file in found if file.endswith(SUFFIX))
        return tuple(sorted(name for name in names if alias_name(name) == name))

    def expand(self, text: str) -> str:
        """Return ``text``, or what it stands for if it is a name; a circle is refused."""
        seen = [text]
        while (meant := self.get(text)) is not None:
            text = meant
            seen.append(text)
            if len(seen) > LONGEST or text in seen[:-1]:
                raise BadConfiguration(
                    f"the aliases {' -> '.join(seen[:4])} lead in a circle",
                    hint=f"rtinstall unalias {seen[0]}",
                )
        return text

    def set(self, name: str, text: str) -> str:
        """Let ``name`` stand for ``text``; return the name as it is kept.

        Raises :class:`BadConfiguration` if it is no name, if ``text`` leads back to it or to nothing.
        """
        name, text = check_alias_name(name), check_expression(text.strip())
        meant, steps = text, 0
        while (other := alias_name(meant)) and other != "system":
            steps += 1
            if other == name or steps > LONGEST:
                raise BadConfiguration(
                    f"{name} would stand for itself", hint="name a version, not the alias"
                )
            known = self.get(other)
            if known is None:
                raise UnknownVersion(
                    f"{other!r} is neither a version nor an alias",
                    hint="rtinstall alias shows them",
                )
            meant = known
        write_atomically(self.path(name), f"{text}\n".encode())
        return name

    def remove(self, name: str) -> bool:
        """Take ``name`` away; say whether it was there."""
        try:
            self.path(check_alias_name(name)).unlink()
        except FileNotFoundError:
            return False
        return True
