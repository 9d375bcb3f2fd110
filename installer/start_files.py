"""The start files of shells: which they are, one marked block in each, and taking it out again.

Decisions:

* Lines of ours stand between two marks. Between them is ours, everything else is not looked at; what
  was added is taken out again to the byte, be the file edited meanwhile.
* A file is replaced in one step, where it really lies if it is a link, with its mode, its owner and
  what else belongs to it. Before the first change it is kept below our home.
* bash reads one of three files at login, the first there is: that one gets the block. Where there is
  none ``.profile`` is made, never ``.bash_profile``, which would hide a ``.profile`` made later.
* zsh: ``.zshrc`` for people, ``.zshenv`` for ``zsh -c`` (editors, ssh).
* fish and Nushell read whole folders: there the block has a file of its own.
* Windows PowerShell runs no scripts unless told to; where it has no profile yet it then gets none, and
  has the shims. PowerShell 7 runs what lies on this machine.
* A file that is read is tested for first, so that a home removed by hand breaks no shell.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rtinstall.installer.places import WINDOWS
from rtinstall.installer.shells.quoting import fish, nushell, posix, powershell
from rtinstall.runtime_bundle.errors import BadConfiguration

BEGIN = b"# >>> rtinstall >>>"
END = b"# <<< rtinstall <<<"
# Says in the first mark that the line before it had no end: ours is taken away with the block.
JOINED = b" (the line above had no end)"


@dataclass(frozen=True, slots=True)
class StartFile:
    """A file that a shell reads at its start, and our lines for it."""

    shell: str
    path: Path
    text: str


def start_files(
    shell: str, home: Path, hook_file: Path, environment: Mapping[str, str]
) -> tuple[StartFile, ...]:
    """Return the start files of ``shell`` for the user whose home is ``home``.

    ``hook_file`` is what they are to read. There are none for ``cmd`` and ``sh``: cmd has no such file,
    and what sh reads at login is bash's ``.profile``.
    """
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    match shell:
        case "bash":
            login = (".bash_profile", ".bash_login", ".profile")
            first = next((name for name in login if os.path.lexists(home / name)), ".profile")
            other = hook_file.with_suffix(".sh") if first == ".profile" else hook_file
            return (
                StartFile(shell, home / ".bashrc", _sourced(hook_file)),
                StartFile(shell, home / first, _sourced(other)),
            )
        case "zsh":
            folder = Path(environment.get("ZDOTDIR") or home)
            line = _sourced(hook_file)
            return (
                StartFile(shell, folder / ".zshenv", f"[[ -o interactive ]] || {{\n{line}}}\n"),
                StartFile(shell, folder / ".zshrc", line),
            )
        case "fish":
            word = fish(str(hook_file))
            text = f"if test -r {word}\n    source {word}\nend\n"
            return (StartFile(shell, config / "fish" / "conf.d" / "rtinstall.fish", text),)
        case "nushell":
            folder = nushell_folder(home, config, environment)
            text = (
                f"const _rt_file = {nushell(str(hook_file))}\n"
                "source (if ($_rt_file | path exists) { $_rt_file } else { null })\n"
            )
            return (StartFile(shell, folder / "autoload" / "rtinstall.nu", text),)
        case "powershell":
            word = powershell(str(hook_file))
            text = f"if (Test-Path -LiteralPath {word}) {{ . {word} }}\n"
            name = "Microsoft.PowerShell_profile.ps1"
            folders = [config / "powershell"]
            if WINDOWS:
                documents = _documents(home)
                folders = [documents / "PowerShell"]
                if (old := documents / "WindowsPowerShell" / name).exists() or _runs_scripts():
                    folders.append(old.parent)
            return tuple(StartFile(shell, folder / name, text) for folder in folders)
        case _:
            return ()


def _registry(key: str, name: str) -> str | None:
    """Return a text of Windows' registry, the user's before the machine's, or None."""
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            with contextlib.suppress(OSError), winreg.OpenKey(root, key) as opened:
                return str(winreg.QueryValueEx(opened, name)[0])
    return None


def _documents(home: Path) -> Path:
    """Return the user's documents, which may lie in OneDrive or on a share."""
    key = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders"
    folder = _registry(key, "Personal")
    return Path(os.path.expandvars(folder)) if folder else home / "Documents"


def _runs_scripts() -> bool:
    """Say whether Windows PowerShell may read a file at all; where not, it would complain at each start."""
    key = "Software\\Microsoft\\PowerShell\\1\\ShellIds\\Microsoft.PowerShell"
    policy = _registry("Software\\Policies\\Microsoft\\Windows\\PowerShell", "ExecutionPolicy")
    return (policy or _registry(key, "ExecutionPolicy") or "Restricted").lower() in (
        "remotesigned",
        "unrestricted",
        "bypass",
    )


def _sourced(path: Path) -> str:
    """Return the line of a POSIX shell that reads ``path``, if it is there."""
    word = posix(str(path))
    return f"if [ -r {word} ]; then . {word}; fi\n"


def nushell_folder(home: Path, config: Path, environment: Mapping[str, str]) -> Path:
    """Return where Nushell has its configuration."""
    if environment.get("XDG_CONFIG_HOME"):
        return config / "nushell"
    if WINDOWS:
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "nushell"
    mac = home / "Library" / "Application Support"
    return (mac if mac.is_dir() else config) / "nushell"


def with_block(content: bytes, text: str, *, name: str = "it") -> bytes:
    """Return ``content`` with our block of ``text``: where it was before, else at the end.

    Raises :class:`BadConfiguration` if there are marks of ours that belong to no block.
    """
    begin, end = _block(content, name)
    crlf = content[begin:end].endswith(b"\r\n") if begin < end else b"\r\n" in content
    before, after = content[:begin], content[end:]
    joined = content[begin:end].startswith(BEGIN + JOINED)
    if begin == end and before and not before.endswith(b"\n"):
        before += b"\r\n" if crlf else b"\n"
        joined = True
    block = BEGIN + (JOINED if joined else b"") + b"\n" + text.encode() + END + b"\n"
    return before + (block.replace(b"\n", b"\r\n") if crlf else block) + after


def without_block(content: bytes, *, name: str = "it") -> bytes:
    """Return ``content`` as it was before :func:`with_block`, with what was changed since elsewhere."""
    begin, end = _block(content, name)
    before, after = content[:begin], content[end:]
    if not after and content[begin:end].startswith(BEGIN + JOINED):
        ending = b"\r\n" if content.endswith(b"\r\n") else b"\n"
        before = before.removesuffix(ending)
    return before + after


def _block(content: bytes, name: str) -> tuple[int, int]:
    """Return where our block begins and ends; at the end of ``content``, and empty, if there is none."""
    lines = content.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if line.startswith(BEGIN)]
    ends = [number for number, line in enumerate(lines) if line.startswith(END)]
    if not begins and not ends:
        return len(content), len(content)
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        number = (begins + ends)[0] + 1
        raise BadConfiguration(
            f"{name}, line {number}: the marks of rtinstall are not one block",
            hint=f"remove the lines {BEGIN.decode()!r} and {END.decode()!r}, and run it again",
        )
    sizes = [len(line) for line in lines]
    return sum(sizes[: begins[0]]), sum(sizes[: ends[0] + 1])


def changed(file: StartFile, content: bytes) -> bytes:
    """Return what ``file``, which holds ``content``, is to hold."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadConfiguration(
            f"{file.path} is UTF-16, and lines in UTF-8 would break it",
            hint="save it as UTF-8, or add this line yourself: " + file.text.strip(),
        )
    return with_block(content, file.text, name=str(file.path))


def read(path: Path) -> bytes | None:
    """Return what ``path`` holds; None if there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def set_up(file: StartFile, kept: Path) -> bool:
    """Put our lines into ``file``; say whether it had to be changed.

    What it held before the first change is kept in the folder ``kept``.
    """
    content = read(file.path)
    new = changed(file, content or b"")
    if new == content:
        return False
    if content is not None and BEGIN not in content:
        _keep(file.path, content, kept)
    rewrite(file.path, new)
    return True


def take_out(file: StartFile, kept: Path) -> bool:
    """Take our lines out of ``file``; say if any were there.

    A file that is empty then, and was not there before, is removed.
    """
    content = read(file.path)
    if content is None or not (BEGIN in content or END in content):
        return False
    new = without_block(content, name=str(file.path))
    if new or file.path.is_symlink() or _copy(file.path, kept).exists():
        rewrite(file.path, new)
    else:
        file.path.unlink()
    return True


def _copy(path: Path, kept: Path) -> Path:
    """Return where it is kept what ``path`` held before the first change."""
    return kept / str(path).strip("\\/").replace(":", "").replace("/", "%").replace("\\", "%")


def _keep(path: Path, content: bytes, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = _copy(path, kept)
    if not copy.exists():
        rewrite(copy, content)
        copy.chmod(0o600)


def rewrite(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of the file at ``path``, or of the one a link there leads to."""
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}~")
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123  # a descriptor is no path
            stream.write(content)
            stream.flush()
            os.fsync(handle)
        if path.exists():
            shutil.copystat(path, unfinished)
            os.utime(unfinished)
            _own_as(path, unfinished)
        else:
            Path(unfinished).chmod(0o644)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _own_as(path: Path, unfinished: str) -> None:
    if not WINDOWS:
        status = path.stat()
        with contextlib.suppress(PermissionError):  # another's file, in a folder that is ours
            os.chown(unfinished, status.st_uid, status.st_gid)
