r"""cmd.exe: a batch file that puts the default version first; a project's own comes by the shims.

cmd has no hook for a change of folder and no word that compares two files' times, so nothing here
looks for a project: ``HOME\shims`` on PATH does, when a command of Node.js is run.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import cmd
from rtinstall.installer.shells.values import Hook

_TEXT = """\
@echo off
rem Puts the commands that find out the version first on PATH, once.
set "_RT_HOME=@HOME@"
set "_RT_PATH=;%PATH%;"
call set "_RT_REST=%%_RT_PATH:;@HOME@\\shims;=%%"
if "%_RT_REST%"=="%_RT_PATH%" set "PATH=@HOME@\\shims;%PATH%"
set "_RT_HOME="
set "_RT_PATH="
set "_RT_REST="
"""


def snippet(hook: Hook) -> str:
    """Write what ``call`` reads, or cmd's AutoRun."""
    return _TEXT.replace("@HOME@", cmd(hook.home.replace("/", "\\"))).replace("\n", "\r\n")
