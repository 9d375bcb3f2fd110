"""Prereleases for package managers that keep the hyphen to themselves: pacman, FreeBSD's pkg."""

from __future__ import annotations

import re


def unhyphenated(prerelease: str) -> str:
    """Return ``rc1`` for ``rc.1``, and ``nightly20260101.abcdef`` for ``nightly20260101abcdef``.

    A date and the commit after it are kept apart by a dot, or they would compare as one number.
    """
    text = re.sub(r"^([a-z]+)\.", r"\1", prerelease.replace("-", ""))
    return re.sub(r"(\d{8})(?=[0-9a-f])", r"\1.", text, count=1)
