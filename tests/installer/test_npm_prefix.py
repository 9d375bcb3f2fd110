from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.installer.npm_prefix import conflicts


@pytest.mark.parametrize(
    ("environment", "npmrc", "said"),
    [
        ({}, "", []),
        ({}, "registry=https://x/\n#prefix=/a\n;prefix = /b\nmy-prefix=/c\n", []),
        ({}, "a=b\r\n prefix = ${HOME}/.npm \r\n", [".npmrc sets prefix to '${HOME}/.npm'"]),
        ({"NPM_CONFIG_PREFIX": "/x"}, "", ["NPM_CONFIG_PREFIX is set to '/x'"]),
        ({"npm_config_prefix": "/x"}, "", ["npm_config_prefix is set to '/x'"]),
        ({"NPM_CONFIG_PREFIX": "", "PREFIX": ""}, "", []),
        (
            {"PREFIX": "/y"},
            "globalconfig=/g",
            ["PREFIX is set to '/y'", "sets globalconfig to '/g'"],
        ),
    ],
)
def test_what_moves_global_packages_is_found(
    tmp_path: Path, environment: dict[str, str], npmrc: str, said: list[str]
) -> None:
    (tmp_path / ".npmrc").write_bytes(npmrc.encode())
    found = conflicts(environment, tmp_path)
    assert len(found) == len(said)
    assert all(line.endswith(words) for line, words in zip(found, said, strict=True))


def test_no_npmrc_is_no_conflict(tmp_path: Path) -> None:
    assert conflicts({}, tmp_path / "none") == ()
