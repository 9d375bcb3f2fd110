from __future__ import annotations

from datetime import date

import pytest

from rtinstall.runtime_bundle.sources.changelog import npm_of, released_on
from rtinstall.runtime_bundle.versions import Version

# The form of the change logs of Node.js: newest first, one line a commit.
LOG = """\
# Node.js 24 ChangeLog

<a href="#24.3.0">24.3.0</a><br/>

<a id="24.3.0"></a>

## 2025-07-24, Version 24.3.0 'Krypton' (LTS), @someone prepared by @another

### Notable Changes

* \\[[`0000000001`](https://x/1)] - **(SEMVER-MINOR)** **http**: upgrade npm to 99.0.0 in no way

## 2025-07-09, Version 24.2.1 (Current), @someone

* \\[[`0000000002`](https://x/2)] - **deps**: upgrade npm to 11.4.2 (npm team) [#1](https://x/1)
* \\[[`0000000003`](https://x/3)] - _**Revert**_ "**deps**: upgrade npm to 11.4.2" (someone) [#2](https://x/2)
* \\[[`0000000004`](https://x/4)] - **deps**: update npm to 11.4.1 (npm team) [#3](https://x/3)

## 2025-05-14, Version 24.0.2 (Current), @someone

* \\[[`0000000005`](https://x/5)] - **deps**: update undici to 7.0.0 (bot) [#4](https://x/4)

## 2025-05-06, Version 24.0.0 (Current), @someone

* \\[[`0000000006`](https://x/6)] - **(SEMVER-MAJOR)** **deps**: upgrade npm to 11.0.0 (npm team) [#5](https://x/5)
* \\[[`0000000007`](https://x/7)] - **deps**: upgrade npm to 11.3.0 (npm team) [#6](https://x/6)
* \\[[`0000000008`](https://x/8)] - **deps**: upgrade npm to 11.20.0-pre.1 (npm team) [#7](https://x/7)
"""


@pytest.mark.parametrize(
    ("version", "npm", "day"),
    [
        ("24.3.0", "11.4.1", date(2025, 7, 24)),
        ("24.2.1", "11.4.1", date(2025, 7, 9)),
        ("24.0.2", "11.3.0", date(2025, 5, 14)),
        ("24.0.0", "11.3.0", date(2025, 5, 6)),
        ("24.0.1", "", None),
        ("22.0.0", "", None),
    ],
)
def test_a_change_log_says_npm_and_day(version: str, npm: str, day: date | None) -> None:
    assert npm_of(LOG, Version.parse(version)) == npm
    assert released_on(LOG, Version.parse(version)) == day


@pytest.mark.parametrize(
    "log",
    ["", "## 2025-99-99, Version 24.0.0 (Current)\n* **deps**: upgrade npm to 11.0.0", "## Version 24.0.0",
     "## 2025-05-06, Version 24.0.0 (Current), @someone\nnothing of npm", "\0" * 100],
)  # fmt: skip
def test_a_log_that_does_not_say_gives_nothing(log: str) -> None:
    assert npm_of(log, Version(24, 0, 0)) == ""
