"""Where each setting is from: flag, environment, file, default; and what none of them may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.installer.advice import CODES
from rtinstall.installer.settings import FAIL_ON, KINDS, Settings, load
from rtinstall.runtime_bundle.errors import BadConfiguration

# The order in which the variables of other tools count is documented, and this is the document.
MIRRORS = (
    "RTINSTALL_NODE_MIRROR",
    "NVM_NODEJS_ORG_MIRROR",
    "FNM_NODE_DIST_MIRROR",
    "N_NODE_MIRROR",
    "NODE_BUILD_MIRROR_URL",
    "MISE_NODE_MIRROR_URL",
    "VP_NODE_DIST_MIRROR",
    "NODEJS_ORG_MIRROR",
    "NODE_MIRROR",
)


def settings(folder: Path, text: str = "", **environment: str) -> Settings:
    file = folder / "config.toml"
    file.write_text(text)
    return load(environment, file)


def test_without_anything_every_setting_is_its_default(tmp_path: Path) -> None:
    found = load({}, tmp_path / "none.toml")
    assert {name: (s.value, s.origin) for name, s in found.each().items()} == {
        name: (kind.default, "default") for name, kind in KINDS.items()
    }
    assert set(found.each()) == set(KINDS)


def test_a_flag_goes_before_the_environment_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('npm = "9.0.0"\n')
    environment: dict[str, str] = {}
    flags: dict[str, tuple[str, object]] = {}
    found = load(environment, file, flags).npm
    assert (found.value, found.origin) == ("9.0.0", str(file))
    environment["RTINSTALL_NPM"] = "10.0.0"
    found = load(environment, file, flags).npm
    assert (found.value, found.origin) == ("10.0.0", "RTINSTALL_NPM")
    flags["npm"] = ("--npm", "11.0.0")
    found = load(environment, file, flags).npm
    assert (found.value, found.origin) == ("11.0.0", "--npm")


@pytest.mark.parametrize("first", range(len(MIRRORS)))
def test_variables_of_other_tools_count_in_a_documented_order(tmp_path: Path, first: int) -> None:
    environment = {name: f"https://{name.lower()}.example/dist" for name in MIRRORS[first:]}
    found = settings(tmp_path, **environment).mirrors
    assert found.origin == MIRRORS[first]
    assert found.value == (environment[MIRRORS[first]],)


def test_a_variable_that_is_empty_is_not_set(tmp_path: Path) -> None:
    found = settings(tmp_path, RTINSTALL_NODE_MIRROR="", N_NODE_MIRROR="https://n.example").mirrors
    assert found.origin == "N_NODE_MIRROR"


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("RTINSTALL_NODE_MIRROR", "https://a.example, https://b.example/x?y=1", "mirrors",
         ("https://a.example", "https://b.example/x?y=1")),
        ("RTINSTALL_SOURCES", "dist pip", "sources", ("dist", "pip")),
        ("RTINSTALL_ALLOW_UNSIGNED", "yes", "allow_unsigned", True),
        ("RTINSTALL_OFFLINE", "0", "offline", False),
        ("MISE_OFFLINE", "1", "offline", True),
        ("RTINSTALL_TARGET", "linux-arm64", "target", "linux-arm64"),
        ("N_ARCH", "x64-musl", "arch", "x64-musl"),
        ("FNM_ARCH", "arm64", "arch", "arm64"),
        ("RTINSTALL_ARCH", "x86_64", "arch", "x64"),
        ("RTINSTALL_MINIMUM_AGE", "7", "minimum_age", 7),
        ("RTINSTALL_FAIL_ON", "eol,security", "fail_on", ("eol", "security")),
        ("SSL_CERT_FILE", "/ca.pem", "ca", "/ca.pem"),
        ("NODE_EXTRA_CA_CERTS", "/more.pem", "extra_ca", "/more.pem"),
        ("NVM_NO_PROGRESS", "1", "progress", "never"),
    ],
)  # fmt: skip
def test_the_environment_is_read(
    tmp_path: Path, variable: str, text: str, name: str, value: object
) -> None:
    found = settings(tmp_path, **{variable: text}).each()[name]
    assert (found.value, found.origin) == (value, variable)


def test_the_file_is_read(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        'mirrors = ["https://a.example", "https://b.example"]\nallow_unsigned = true\n'
        'minimum_age = 3\nauto_install = "never"\nfail_on = ["eol"]\n',
    )
    assert found.mirrors.value == ("https://a.example", "https://b.example")
    assert found.allow_unsigned.value is True
    assert found.minimum_age.value == 3
    assert found.auto_install.value == "never"
    assert found.fail_on.value == ("eol",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mirrors = [", "is not TOML"),
        ('\n\nmirorrs = ["x"]\n', "line 3: unknown key 'mirorrs'"),
        ("[node]\nmirrors = []\n", "line 1: unknown key 'node'"),
        ("# a\nmirrors = 1\n", "line 2: mirrors must be a list of texts"),
        ("allow_unsigned = 1.5\n", "line 1: allow_unsigned must be true or false"),
        ("minimum_age = -1\n", "must be a number from 0 to 3650"),
        ("minimum_age = true\n", "must be a number"),
        ('target = "linux-z80"\n', "target must be a target; known targets: linux-x64"),
        ('arch = "z80"\n', "arch must be one of x64"),
        ('npm = "latest"\n', "npm must be a whole version"),
        ('fail_on = "oel"\n', "fail_on must be any of eol, security"),
        ('auto_install = "maybe"\n', "must be one of ask, never, always"),
    ],
)  # fmt: skip
def test_a_broken_file_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        settings(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path / "config.toml") in str(caught.value)
    assert caught.value.hint


def test_a_broken_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="RTINSTALL_MINIMUM_AGE must be a number"):
        settings(tmp_path, RTINSTALL_MINIMUM_AGE="week")


def test_a_file_that_is_no_text_or_far_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfiguration, match="is not TOML"):
        load({}, file)
    file.write_bytes(b"#" * (1 << 21))
    with pytest.raises(BadConfiguration, match="larger than"):
        load({}, file)
    with pytest.raises(BadConfiguration, match="cannot read"):
        load({}, tmp_path)


def test_what_an_installation_can_fail_on_is_what_can_be_advised() -> None:
    assert set(FAIL_ON) == set(CODES) - {"libc"}
