"""Versions as rpm orders them (rpm manual, "Versions")."""

from __future__ import annotations

import re

NIGHTLY = re.compile(r"(.*?[a-z])([0-9]{8})([0-9a-f]+)")


def version_text(version: str) -> str:
    """Return a version as rpm orders it: ``24.0.0~rc.1`` below ``24.0.0``, no hyphen.

    A nightly's date is divided from the commit, which may begin with a digit.
    """
    release, hyphen, prerelease = version.partition("-")
    if dated := NIGHTLY.fullmatch(prerelease):
        prerelease = "{}{}.{}".format(*dated.groups())
    return release + hyphen.replace("-", "~") + prerelease.replace("-", ".")
