from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rtinstall.installer import records
from rtinstall.installer.places import Places
from rtinstall.installer.records import Answer, Record
from world.shells import Ground

ANSWER = Answer("/h/versions/v20.2.0/bin", "v20.2.0", "20", "/w/.nvmrc")


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "home", tmp_path / "c", tmp_path / "p", tmp_path / "shared")


def project(tmp_path: Path, name: str = "w", file: str = ".nvmrc") -> Path:
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text("20")
    past = time.time() - 60
    os.utime(folder / file, (past, past))
    return folder


def test_what_is_written_is_read_until_a_file_changes(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert records.read(places, folder) is None
    assert records.write(places, folder, lambda _: ANSWER) == ANSWER
    assert records.read(places, folder) == Record(ANSWER, (".nvmrc",))
    (folder / ".node-version").write_text("22")
    assert records.read(places, folder) is None
    (folder / ".node-version").unlink()
    assert records.read(places, folder) is not None
    soon = time.time() + 1
    os.utime(folder / ".nvmrc", (soon, soon))
    assert records.read(places, folder) is None


def test_a_file_edited_while_it_is_read_is_noticed(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path)

    def ask(_: Path) -> Answer:
        time.sleep(0.02)
        (folder / ".nvmrc").write_text("22")
        return ANSWER

    records.write(places, folder, ask)
    assert records.read(places, folder) is None


def test_a_record_is_whole_or_not_there(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path)
    records.write(places, folder, lambda _: ANSWER)

    def ask(_: Path) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        records.write(places, folder, ask)
    assert records.read(places, folder) is not None
    assert [path.name for path in places.project(folder).parent.iterdir()] == [".version"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer("", "system", "system", "/w/.nvmrc"),
        Answer("/s", "!", "a\nb", "/w\n/\x1b[31m/.nvmrc", "no\n\x07such; hint"),
        Answer("", "-"),
    ],
)
def test_every_line_stays_a_line(places: Places, tmp_path: Path, answer: Answer) -> None:
    folder = project(tmp_path)
    records.write(places, folder, lambda _: answer)
    lines = places.project(folder).read_text().split("\n")
    assert len(lines) == 7
    assert all(line.isprintable() for line in lines)
    found = records.read(places, folder)
    assert found is not None
    assert (found.answer.bin, found.answer.name) == (answer.bin, answer.name)


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
            min_size=1,
            max_size=40,
        ).filter(lambda part: part not in (".", "..")),
        min_size=1,
        max_size=4,
    )
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
def test_a_folder_of_any_name_keeps_its_own_record(tmp_path: Path, parts: list[str]) -> None:
    places = Places(tmp_path / "h", tmp_path, tmp_path, tmp_path)
    folder = Path(tmp_path, "w", *parts)
    path = records.place(places, folder)
    assert path is not None
    assert path.is_relative_to(places.projects)
    if len(str(path)) < 3000 and all(len(part.encode()) < 200 for part in parts):
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / ".nvmrc").is_dir():
            return
        (folder / ".nvmrc").write_text("20")
        records.write(places, folder, lambda _: ANSWER)
        assert folder in {about for _, about in records.every(places)}


@pytest.mark.parametrize("folder", ["/a/../../../etc", "relative", "/..", "/a\0b"])
def test_a_folder_that_could_be_another_has_no_record(places: Places, folder: str) -> None:
    assert records.place(places, Path(folder)) is None
    assert records.write(places, Path(folder), lambda _: ANSWER) == ANSWER
    assert not places.projects.exists()


def test_a_record_that_cannot_be_written_is_no_error(places: Places, tmp_path: Path) -> None:
    long = Path("/", *["d" * 200] * 21)
    assert records.write(places, long, lambda _: ANSWER) == ANSWER
    folder = project(tmp_path, "w")
    records.write(places, folder, lambda _: ANSWER)
    assert records.write(places, folder / ".version", lambda _: ANSWER) == ANSWER


def test_up_to_the_one_that_decides(places: Places, tmp_path: Path) -> None:
    answers = {"w": ANSWER, "w/a": Answer("/e", "?v18.0.0"), "w/a/b": Answer()}
    folders = {tmp_path / name: answer for name, answer in answers.items()}
    for name in answers:
        project(tmp_path, name, "package.json")
    asked = []

    def ask(folder: Path) -> Answer:
        asked.append(folder)
        return folders[folder]

    deepest = tmp_path / "w/a/b"
    assert records.write_up(places, deepest, ask) == ANSWER
    assert asked == [deepest, deepest.parent, tmp_path / "w"]
    asked.clear()
    assert records.write_up(places, deepest, ask) == ANSWER
    assert asked == [deepest]
    folders[tmp_path / "w"] = Answer()
    records.forget(places, tmp_path / "w")
    assert records.write_up(places, deepest, ask).name == "?v18.0.0"


def test_what_is_forgotten_leaves_nothing(places: Places, tmp_path: Path) -> None:
    one, other = project(tmp_path, "w/one"), project(tmp_path, "w/other")
    for folder in (one, other):
        records.write(places, folder, lambda _: ANSWER)
    records.forget(places, one)
    records.forget(places, one)
    assert [about for _, about in records.every(places)] == [other]
    records.forget(places, other)
    assert list(places.projects.iterdir()) == []


def test_hooks_believe_what_is_written_here(tmp_path: Path) -> None:
    """A record from here, a hook in dash: both understand the same."""
    ground = Ground(tmp_path).lay("v22.1.0", "v20.2.0")
    places = Places(ground.home, tmp_path, tmp_path, tmp_path)
    for name in ("a", "line\nbreak", "ü b"):
        folder = ground.ask(name, ".nvmrc").parent
        ground.ask(name, "package.json")
        answer = Answer(ground.bin("v20.2.0"), "v20.2.0", "20", str(folder / ".nvmrc"))
        records.write(places, folder, lambda _, answer=answer: answer)  # type: ignore[misc]
        for shell in ("dash", "bash", "zsh", "fish"):
            assert ground.walk(shell, folder) == ["default", "v20.2.0"]
    assert ground.calls == []
