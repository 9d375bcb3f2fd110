"""What makes npm install global packages elsewhere than in the version that runs: for ``doctor``.

npm's ``prefix`` is a version's own folder unless something sets it. Set, the packages of every version
get into one place, where programs are not found or were built for another version; nvm refuses to
work then, we only say it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

LIMIT = 1 << 20  # bytes of an .npmrc that are looked at
_SET = re.compile(r"^[ \t]*(prefix|globalconfig)[ \t]*=[ \t]*(.+?)[ \t\r]*$", re.MULTILINE)


def conflicts(environment: Mapping[str, str], home: Path) -> tuple[str, ...]:
    """Return a sentence for each setting that takes global packages out of the active version."""
    found = [
        f"{name} is set to {value!r}"
        for name, value in sorted(environment.items())
        if name.lower() in ("npm_config_prefix", "npm_config_globalconfig") and value
    ]
    if environment.get("PREFIX"):  # npm's own fallback for its prefix
        found.append(f"PREFIX is set to {environment['PREFIX']!r}")
    path = Path(environment.get("NPM_CONFIG_USERCONFIG") or home / ".npmrc")
    try:
        with path.open("rb") as file:
            text = file.read(LIMIT).decode("utf-8", "replace")
    except OSError:
        text = ""
    found += [f"{path} sets {name} to {value!r}" for name, value in _SET.findall(text)]
    return tuple(found)
