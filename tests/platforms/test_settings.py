"""``rtbuild.toml``: what may stand in it, and that nothing else is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtinstall.platforms.package import MacOs, Windows
from rtinstall.platforms.settings import Settings, load, parse
from rtinstall.runtime_bundle.errors import BadConfiguration, RtError

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
WHOLE = """\
name = "acme-node"
vendor = "ACME"
maintainer = "ACME Build <build@acme.example>"
revision = 7
prefix = "/opt/node"
summary = "Node.js for ACME"
npm = "11.6.2"
npmrc = "npmrc"
ca_certificates = "ca.pem"
codec = { deb = "xz", freebsd = "gzip" }

[files]
"/etc/motd.d/node" = "motd"
"""


def test_every_key_reaches_the_settings(tmp_path: Path) -> None:
    (tmp_path / "npmrc").write_text("registry=https://npm.acme.example/\n")
    (tmp_path / "ca.pem").write_text(PEM)
    (tmp_path / "motd").write_text("hello\n")
    (tmp_path / "rtbuild.toml").write_text(WHOLE)
    found = load(tmp_path / "rtbuild.toml")
    assert found.metadata.name == "acme-node"
    assert found.metadata.vendor == "ACME"
    assert found.metadata.revision == 7
    assert found.metadata.codec == {"deb": "xz", "freebsd": "gzip"}
    assert found.prefix == "opt/node"
    assert found.npm == "11.6.2"
    assert found.npmrc == b"registry=https://npm.acme.example/\n"
    assert found.certificates == PEM.encode()
    assert [(file.path, file.size) for file in found.extra] == [("etc/motd.d/node", 6)]


def test_an_empty_configuration_is_the_default(tmp_path: Path) -> None:
    assert parse({}, tmp_path) == Settings()


@pytest.mark.parametrize(
    "line",
    [
        'nmae = "misspelt"',
        'name = "Upper"',
        'name = ""',
        "name = 3",
        'name = "a b"',
        'name = "../up"',
        'maintainer = "nobody"',
        'maintainer = "A <a@b.example>\\nDepends: evil"',
        'summary = "two\\nlines"',
        "revision = 0",
        "revision = true",
        'revision = "1"',
        'prefix = "usr"',
        'prefix = "/usr/../etc"',
        'prefix = "/"',
        'prefix = "/opt/a b"',
        'npm = "latest"',
        'npmrc = "missing"',
        'ca_certificates = "key.pem"',
        'codec = { deb = "lzma" }',
        'codec = "xz"',
        'codec = { dbe = "xz" }',
        'codec = { apk = "xz" }',
        'windows = "machine"',
        'windows = { scope = "everyone" }',
        'windows = { upgrade_code = "47C07A3A" }',
        "windows = { upgrade_code = 1 }",
        'windows = { replace_nodejs = "yes" }',
        'windows = { scop = "user" }',
        'macos = { identifier = "nodejs" }',
        'macos = { identifier = "com.acme/nodejs" }',
        "macos = []",
        'files = { "relative" = "npmrc" }',
        'files = { "/etc/../x" = "here" }',
        'files = { "/etc/x" = "missing" }',
        "name = [",
    ],
)
def test_what_cannot_be_used_is_refused_and_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("x")
    (tmp_path / "key.pem").write_text(PEM + "-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "rtbuild.toml").write_text(line)
    with pytest.raises(RtError) as caught:
        load(tmp_path / "rtbuild.toml")
    assert caught.value.exit_code != 1
    assert caught.value.hint


def test_a_missing_file_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot read"):
        load(tmp_path / "none.toml")


def test_windows_and_macos_have_tables_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "rtbuild.toml").write_text(
        "[windows]\n"
        'scope = "dual"\n'
        'upgrade_code = "{5f3b6c1e-0a54-4bd5-9a0f-0c6a3f1d2e4b}"\n'
        "replace_nodejs = true\n"
        "[macos]\n"
        'identifier = "com.acme.nodejs"\n'
    )
    metadata = load(tmp_path / "rtbuild.toml").metadata
    assert metadata.windows == Windows("dual", "5F3B6C1E-0A54-4BD5-9A0F-0C6A3F1D2E4B", True)
    assert metadata.macos == MacOs("com.acme.nodejs")
