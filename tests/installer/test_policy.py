"""The administrator's policy: who may have written it, what it may say, what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtinstall.installer.policy import Policy, load_policy
from rtinstall.runtime_bundle.errors import BadConfiguration, PolicyRefused
from rtinstall.runtime_bundle.model import Provenance
from rtinstall.runtime_bundle.versions import Version

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="a policy is root's, and this is not root")


def policy(folder: Path, text: str, mode: int = 0o644) -> Policy:
    file = folder / "policy.toml"
    file.write_text(text)
    file.chmod(mode)
    return load_policy(file)


def test_no_file_allows_everything(tmp_path: Path) -> None:
    found = load_policy(tmp_path / "policy.toml")
    found.check_source("anything")
    found.check_version(Version.parse("0.1.2"))
    assert found == Policy()


@ROOT
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(BadConfiguration, match="written to by others"):
        policy(tmp_path, "", mode)


@ROOT
def test_a_file_that_is_not_roots_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text("")
    os.chown(file, 12345, 0)
    with pytest.raises(BadConfiguration, match="is not root's"):
        load_policy(file)


@ROOT
def test_a_link_or_a_folder_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("")
    (tmp_path / "policy.toml").symlink_to("real.toml")
    with pytest.raises(BadConfiguration, match="cannot be read"):
        load_policy(tmp_path / "policy.toml")
    with pytest.raises(BadConfiguration):
        load_policy(tmp_path)


@ROOT
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources = 1", "line 1: sources must be a list of texts"),
        ("\nsource = []", "line 2: unknown key 'source'"),
        ("versions = 'lts'", "versions must be a range"),
        ("versions = 20", None),
        ("versions = []", "versions must be a range"),
        ("signatures = 'yes'", "signatures must be true or false"),
        ("minimum_age = -1", "minimum_age must be a number of days"),
        ("minimum_age = true", "minimum_age must be a number of days"),
        ("=", "is not TOML"),
    ],
)
def test_what_it_may_say(tmp_path: Path, text: str, said: str | None) -> None:
    if said is None:
        assert policy(tmp_path, text).allows(Version.parse("20.1.0"))
        return
    with pytest.raises(BadConfiguration) as caught:
        policy(tmp_path, text)
    assert said in str(caught.value)
    assert caught.value.hint


@ROOT
def test_what_it_refuses(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        'sources = ["dist", "https://mirror.acme.example/dist/"]\nversions = ">=20"\n'
        "signatures = true\nminimum_age = 7\n",
    )
    found.check_source("dist")
    found.check_source("https://mirror.acme.example/dist")
    found.check_version(Version.parse("20.0.0"))
    assert found.minimum_age == 7
    for name in ("pip", "https://mirror.acme.example/dist/more", "/srv/mirror", "unofficial"):
        with pytest.raises(PolicyRefused, match="does not allow the source"):
            found.check_source(name)
    with pytest.raises(PolicyRefused, match=r"does not allow node 19\.9\.0"):
        found.check_version(Version.parse("19.9.0"))


def test_a_signature_that_is_required_has_to_be_there() -> None:
    found = Policy(Path("p"), signatures=True)
    good = Provenance("runtime", "dist", "x", "y", "signature of Release Person (ABC), SHA-256")
    bad = Provenance(
        "npm", "npm", "x", "y", "integrity of the registry that npm is configured with"
    )
    found.check_parts([good])
    with pytest.raises(PolicyRefused, match="not signed"):
        found.check_parts([good, bad])
    for name in ("pip", "npm", "unofficial", "ibmi"):
        with pytest.raises(PolicyRefused, match="not signed"):
            found.check_source(name)
