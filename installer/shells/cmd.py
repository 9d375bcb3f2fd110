r"""cmd.exe: a batch file that puts the default version first; a project's own comes by the shims.

cmd has no hook for a change of folder and no word that compares two files' times, so nothing here
looks for a project: ``HOME\shims`` on PATH does, when a command of Node.js is run.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import cmd
from rtinstall.installer.shells.values import Hook

_TEXT = """\
@rem Puts the commands that find out the version first on PATH, once.
@if defined RTINSTALL_CMD exit /b 0
@set "PATH=@HOME@\\shims;%PATH%"
@set "RTINSTALL_CMD=1"
"""


def snippet(hook: Hook) -> str:
    """Write what ``call`` reads, or cmd's AutoRun."""
    return _TEXT.replace("@HOME@", cmd(hook.home.replace("/", "\\"))).replace("\n", "\r\n")
