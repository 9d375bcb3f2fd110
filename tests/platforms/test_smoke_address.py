"""Addresses of machines: what ssh would take for something else than a name is refused."""

from __future__ import annotations

import pytest

from rtinstall.platforms.smoke.ssh.address import Address, parse_address
from rtinstall.runtime_bundle.errors import BadConfiguration


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ssh://host", Address("host")),
        ("ssh://host/", Address("host")),
        ("ssh://me@host", Address("host", "me")),
        ("ssh://me@host:2222", Address("host", "me", 2222)),
        ("ssh://MyMac.local", Address("MyMac.local")),
        ("ssh://build_1.example:65535", Address("build_1.example", None, 65535)),
        ("ssh://127.0.0.1:22", Address("127.0.0.1", None, 22)),
        ("ssh://[::1]", Address("::1")),
        ("ssh://qsecofr@[fe80::1%eth0]:22", Address("fe80::1%eth0", "qsecofr", 22)),
        (r"ssh://DOMAIN\me@host", Address("host", r"DOMAIN\me")),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text.removesuffix("/")


@pytest.mark.parametrize(
    "text",
    [
        "", "host", "me@host", "ssh:host", "ssh://", "ssh://@", "ssh://@host", "ssh://me@", "http://host",
        "ssh://-oProxyCommand=true", "ssh://-oProxyCommand=true@host", "ssh://me@-host", "ssh://me@-p22",
        "ssh://me@host:0", "ssh://me@host:65536", "ssh://me@host:", "ssh://me@host:ssh",
        "ssh://me@host:²", "ssh://me@host:-1", "ssh://me@host:99999999999999999999",
        "ssh://me@host/path", "ssh://host//", "ssh://host?query", "ssh://host#part",
        "ssh://[host]", "ssh://[::1", "ssh://::1", "ssh://[::1]x", "ssh://[-::1]", "ssh://[]",
        "ssh://ho st", "ssh://host\n", "ssh://host\nProxyCommand", "ssh://$(touch x)", "ssh://`x`",
        "ssh://%h", "ssh://a;b", "ssh://a'b", 'ssh://a"b', "ssh://a&b@host", "ssh://a b@host",
        "ssh://a\\@host", "ssh://größe", "ssh://me@@host", "SSH://host",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration):
        parse_address(text)


@pytest.mark.parametrize(
    "text", ["ssh://me:secret@host", "ssh://:secret@host", "ssh://me:@host:22"]
)
def test_a_password_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse_address(text)
    assert "password" in str(caught.value)
    assert "secret" not in str(caught.value) + caught.value.hint
