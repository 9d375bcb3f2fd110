from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.installer import start_files
from rtinstall.installer.start_files import BEGIN, END, StartFile, with_block, without_block
from rtinstall.runtime_bundle.errors import BadConfiguration
from world.shells import Ground

LINES = st.lists(
    st.sampled_from(
        [b"alias ll='ls -l'", b"", b"\xff\xfe\x00", b"# comment", b"a\rb", b"export A=1"]
    )
)
ENDS = st.sampled_from([b"\n", b"\r\n"])


@given(LINES, ENDS, st.sampled_from([b"", b"last", b"\n", b"last\r", b"\r\n"]))
def test_taken_out_is_as_it_was(lines: list[bytes], end: bytes, last: bytes) -> None:
    content = end.join(lines) + last
    text = ". /x/env.bash\n"
    once = with_block(content, text)
    assert with_block(once, text) == once
    other = with_block(once, "something else\n")
    assert other.count(BEGIN) == 1
    assert without_block(once) == content
    assert without_block(other) == content
    assert without_block(content) == content


def test_what_was_added_since_stays() -> None:
    once = with_block(b"a\n", "x\n")
    assert without_block(b"before\n" + once + b"after\n") == b"before\na\nafter\n"
    joined = with_block(b"a", "x\n") + b"after\n"
    assert without_block(joined) == b"a\nafter\n"
    assert with_block(joined, "y\n").startswith(b"a\n" + BEGIN)


@pytest.mark.parametrize(
    "content",
    [BEGIN + b"\n", END + b"\n", END + b"\n" + BEGIN + b"\n", (BEGIN + b"\n" + END + b"\n") * 2],
)
def test_marks_that_are_no_block_are_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rc"
    path.write_bytes(b"a\n" + content)
    file = StartFile("bash", path, "x\n")
    for do in (start_files.set_up, start_files.take_out):
        with pytest.raises(BadConfiguration, match=r"rc, line \d"):
            do(file, tmp_path / "kept")
    assert path.read_bytes() == b"a\n" + content


def test_a_file_in_utf_16_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "profile.ps1"
    path.write_bytes("x".encode("utf-16"))
    with pytest.raises(BadConfiguration, match="UTF-16"):
        start_files.set_up(StartFile("powershell", path, ". y\n"), tmp_path / "kept")


def test_the_file_behind_a_link_is_edited_with_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles/bashrc"
    real.parent.mkdir()
    real.write_bytes(b"mine")
    real.chmod(0o640)
    link = tmp_path / ".bashrc"
    link.symlink_to("dotfiles/bashrc")
    file = StartFile("bash", link, "x\n")
    assert start_files.set_up(file, tmp_path / "kept")
    assert not start_files.set_up(file, tmp_path / "kept")
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in (real.parent).iterdir()) == ["bashrc"]
    assert [path.read_bytes() for path in (tmp_path / "kept").iterdir()] == [b"mine"]
    assert start_files.take_out(file, tmp_path / "kept")
    assert not start_files.take_out(file, tmp_path / "kept")
    assert link.is_symlink()
    assert real.read_bytes() == b"mine"


@pytest.mark.parametrize("content", [None, b"", b"mine\n", b"mine"])
def test_a_file_is_afterwards_what_it_was_or_not_there(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "deep/er/rc"
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    file = StartFile("bash", path, "x\n")
    start_files.set_up(file, tmp_path / "kept")
    start_files.take_out(file, tmp_path / "kept")
    assert start_files.read(path) == content


def names(home: Path, shell: str, **environment: str) -> list[str]:
    files = start_files.start_files(shell, home, home / "h/env.bash", environment)
    return [file.path.relative_to(home).as_posix() for file in files]


def test_bash_gets_the_login_file_that_it_reads(tmp_path: Path) -> None:
    assert names(tmp_path, "bash") == [".bashrc", ".profile"]
    (tmp_path / ".profile").touch()
    assert names(tmp_path, "bash") == [".bashrc", ".profile"]
    (tmp_path / ".bash_login").touch()
    assert names(tmp_path, "bash") == [".bashrc", ".bash_login"]
    (tmp_path / ".bash_profile").symlink_to("nowhere")
    assert names(tmp_path, "bash") == [".bashrc", ".bash_profile"]


def test_each_shell_has_its_places(tmp_path: Path) -> None:
    assert names(tmp_path, "zsh") == [".zshenv", ".zshrc"]
    assert names(tmp_path, "zsh", ZDOTDIR=str(tmp_path / "z")) == ["z/.zshenv", "z/.zshrc"]
    assert names(tmp_path, "fish") == [".config/fish/conf.d/rtinstall.fish"]
    assert names(tmp_path, "fish", XDG_CONFIG_HOME=str(tmp_path / "x")) == [
        "x/fish/conf.d/rtinstall.fish"
    ]
    assert names(tmp_path, "nushell") == [".config/nushell/autoload/rtinstall.nu"]
    assert names(tmp_path, "powershell") == [".config/powershell/Microsoft.PowerShell_profile.ps1"]
    assert names(tmp_path, "cmd") == names(tmp_path, "sh") == []


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("bash", ("bash", "-ic")),
        ("bash", ("bash", "-lc")),
        ("bash", ("dash", "-lc")),
        ("zsh", ("zsh", "-ic")),
        ("zsh", ("zsh", "-c")),
        ("zsh", ("zsh", "-lic")),
        ("fish", ("fish", "-c")),
        ("fish", ("fish", "-lc")),
        ("powershell", ("pwsh", "-NonInteractive", "-Command")),
        ("nushell", ("nu", "-n", "-c")),  # which reads no start file of its own accord
    ],
)
def test_real_shells_find_node_after_it(
    tmp_path: Path, shell: str, command: tuple[str, ...]
) -> None:
    from oracles import tool

    ground = Ground(tmp_path, "ho me").lay("v22.1.0")
    user = tmp_path / "user"
    user.mkdir()
    hook_file = ground.home / {"powershell": "env.ps1", "nushell": "env.nu"}.get(
        shell, f"env.{shell}"
    )
    read = ""
    for file in start_files.start_files(shell, user, hook_file, {}):
        start_files.set_up(file, tmp_path / "kept")
        read = f"source {file.path}; " if shell == "nushell" else ""
    ended = ground.run([tool(command[0]), *command[1:], f"{read}node -v"], HOME=str(user))
    assert ended.stdout == "v22.1.0 -v\n", ended
    # A home that was removed by hand breaks nothing.
    ground.home.rename(tmp_path / "gone")
    ended = ground.run([tool(command[0]), *command[1:], f"{read}echo fine"], HOME=str(user))
    assert ended.stdout == "fine\n"
    assert "env." not in ended.stderr
