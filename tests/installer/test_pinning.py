"""Where a version is written, in whose words, and that nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rtinstall.installer.pinning import pin
from rtinstall.installer.project import asked
from rtinstall.runtime_bundle.errors import BadConfiguration, NotExpressible

HOME = Path("/nonexistent")


@pytest.mark.parametrize(
    ("file", "before", "text", "after"),
    [
        (".nvmrc", None, "22", "22\n"),
        (".nvmrc", "", "22", "22\n"),
        (".nvmrc", "# ours\n  20   # since May\nnpm=10\n", "v22.1.0", "# ours\n  v22.1.0   # since May\nnpm=10\n"),
        (".nvmrc", "20\r\n", "lts", "lts/*\r\n"),
        (".nvmrc", "20", "latest", "node"),
        (".nvmrc", "20", "LTS-Jod", "lts/jod"),
        (".nvmrc", "lts/* # *", "20", "20 # *"),
        (".nvmrc", "20", "system", "system"),
        (".node-version", "v20.1.0\n", "v22.1.0", "22.1.0\n"),
        (".node-version", "\ufeff20\r\n", ">=20 <23", "\ufeff>=20 <23\r\n"),
        (".tool-versions", "ruby 3\nnodejs 20 18\n", "22.1.0", "ruby 3\nnodejs 22.1.0\n"),
        ("package.json", '{"volta": {"node": "20.1.0"}}', "v22.1.0", '{"volta": {"node": "22.1.0"}}'),
        ("package.json", '{"devEngines": {"runtime": {"name": "node", "version": "20"}}}', "^22",
         '{"devEngines": {"runtime": {"name": "node", "version": "^22"}}}'),
    ],
)  # fmt: skip
def test_a_version_is_written_in_the_words_of_the_file(
    tmp_path: Path, file: str, before: str | None, text: str, after: str
) -> None:
    path = tmp_path / file
    if before is not None:
        path.write_bytes(before.encode())
    assert pin(tmp_path, text, where=file, home=HOME) == path
    assert path.read_bytes().decode() == after
    assert asked(tmp_path) is not None
    assert [entry.name for entry in tmp_path.iterdir()] == [file]


def test_utf_16_stays_utf_16(tmp_path: Path) -> None:
    path = tmp_path / ".nvmrc"
    path.write_bytes("20\r\n".encode("utf-16"))
    pin(tmp_path, "22", home=HOME)
    assert path.read_bytes().decode("utf-16") == "22\r\n"


@pytest.mark.parametrize(
    ("file", "before", "text"),
    [
        (".nvmrc", "20", ">=20"),
        (".tool-versions", "", ">=20 <23"),
        (".tool-versions", "", "lts/jod"),
        ("volta", '{"volta": {"node": "20.1.0"}}', "22"),
        ("engines", "{}", "lts"),
        ("package.json", "{}", "latest"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_and_the_file_stays(
    tmp_path: Path, file: str, before: str, text: str
) -> None:
    path = tmp_path / (file if file.startswith(".") else "package.json")
    path.write_text(before)
    with pytest.raises(NotExpressible) as caught:
        pin(tmp_path, text, where=file, home=HOME)
    assert "--exact" in caught.value.hint
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("file", "before"),
    [
        (".nvmrc", "20\n18\n"), (".nvmrc", "20\0"), (".tool-versions", "nodejs ref:x"),
        ("package.json", "{"), ("package.json", None), ("engines", None),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_not_written(
    tmp_path: Path, file: str, before: str | None
) -> None:
    path = tmp_path / file
    if before is not None:
        path.write_text(before)
    with pytest.raises(BadConfiguration):
        pin(tmp_path, "22", where=file, home=HOME)
    assert path.exists() == (before is not None)


@pytest.mark.parametrize("where", ["x", "../x.json", ".nvmrc.bak", "enginesx", "/dev/null", "."])
def test_only_version_files_are_written(tmp_path: Path, where: str) -> None:
    with pytest.raises(BadConfiguration, match="no version file"):
        pin(tmp_path, "22", where=where, home=HOME)
    assert not list(tmp_path.iterdir())


def test_the_file_that_decides_is_the_one_that_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    (tmp_path / "a/.node-version").write_text("20\n")
    (folder / "package.json").write_text('{"engines": {"node": ">=18"}}')
    assert pin(folder, "22", home=HOME) == tmp_path / "a/.node-version"


def test_engines_and_the_files_of_a_home_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "user/project"
    folder.mkdir(parents=True)
    (tmp_path / "user/.nvmrc").write_text("20\n")
    (folder / "package.json").write_text('{"engines": {"node": ">=18"}}')
    assert pin(folder, "22", home=tmp_path / "user") == folder / ".nvmrc"
    assert pin(tmp_path / "user", "22", home=tmp_path / "user") == tmp_path / "user/.nvmrc"
    assert (folder / "package.json").read_text() == '{"engines": {"node": ">=18"}}'


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / ".node-version").write_text("20\n")
    (tmp_path / ".nvmrc").symlink_to(".node-version")
    pin(tmp_path, "22", home=HOME)
    assert (tmp_path / ".nvmrc").is_symlink()
    assert (tmp_path / ".node-version").read_text() == "22\n"


def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    path = tmp_path / ".nvmrc"
    path.write_text("20\n")
    path.chmod(0o640)
    pin(tmp_path, "22", home=HOME)
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_nothing_is_left_where_nothing_may_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="denied"):
        pin(tmp_path, "22", home=HOME)
    assert not list(tmp_path.iterdir())
