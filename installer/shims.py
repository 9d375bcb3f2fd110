"""The shims: ``node``, ``npm`` and the like for places without a hook, a few lines of POSIX sh each.

A shim finds the version out as the hooks do, from the records, and becomes the command by its
absolute path. It puts that version's commands first on PATH, so that what it starts (npm's own
``#!/usr/bin/env node``, an install script in node_modules) stays with the version.

What it runs is never looked for in the current folder or in a relative entry of PATH, and never in
this store again: a shim that is asked for ``system`` cannot find itself. All shims are one text; it
is the name they are called by that makes the difference. Commands that a version gets later
(``npm install --global``) are there after the next change of what is installed.

On Windows a shim is a batch file. cmd cannot compare the times of two files, so only the default
version and RTINSTALL_VERSION are found there without a process; a folder that asks for a version is
looked up by ``rtinstall exec``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rtinstall.installer.hook import hook_of, replace
from rtinstall.installer.places import WINDOWS, Places
from rtinstall.installer.shells.posix import lookup, places
from rtinstall.installer.shells.quoting import cmd
from rtinstall.installer.shells.values import VERSION_FILES, Hook

if TYPE_CHECKING:
    from rtinstall.installer.store import Store

ALWAYS = ("node", "npm", "npx", "corepack")
_LONGEST = 100
_RUN = """\
_rt_command=${0##*/}
_rt_fail() {
  printf 'error: %s\\nhint: %s\\n' "$2" "$3" >&2
  exit "$1"
}
_rt_run() {
  if [ -x "$_rt_program" ]; then "$_rt_program" "$@"; else return 127; fi
}
_rt_system() {
  _rt_rest=${PATH-}:
  while [ -n "$_rt_rest" ]; do
    _rt_at=${_rt_rest%%:*} _rt_rest=${_rt_rest#*:}
    case $_rt_at in
      "$_rt_home"/*) ;;
      /*)
        if [ -f "$_rt_at/$_rt_command" ] && [ -x "$_rt_at/$_rt_command" ] &&
          ! [ "$_rt_at" -ef "$_rt_home/shims" ]; then
          exec "$_rt_at/$_rt_command" "$@"
        fi
        ;;
    esac
  done
}
if [ -n "${RTINSTALL_VERSION-}" ]; then
  if ! _rt_named; then
    [ -x "$_rt_program" ] || _rt_fail 127 "$_rt_program is not there" 'run rtinstall setup again'
    exec "$_rt_program" exec "--using=$RTINSTALL_VERSION" -- "$_rt_command" "$@"
  fi
elif ! _rt_find; then
  _rt_asked=$_rt_at
  if ! _rt_run hook "${_rt_at:-/}" >&2 || ! _rt_find; then
    _rt_fail 18 "it is not known which version ${_rt_at:-/} asks for" 'rtinstall why says more'
  fi
fi
[ "$_rt_name" != '!' ] || [ "$_rt_bin" != "$_rt_home/shims" ] || _rt_fail 18 "${_rt_note%;*}" "${_rt_note##*; }"
if [ -n "$_rt_bin" ] && [ -x "$_rt_bin/$_rt_command" ]; then
  PATH=$_rt_bin${PATH:+:$PATH}
  export PATH
  exec "$_rt_bin/$_rt_command" "$@"
fi
if [ -z "$_rt_bin" ] || [ "$_rt_name" = default ] && ! [ -d "$_rt_bin" ]; then
  _rt_system "$@"
  _rt_fail 127 "no $_rt_command is on this machine" 'rtinstall install lts brings one'
fi
_rt_fail 127 "$_rt_command is no command of $_rt_name" "look into $_rt_bin"
"""
_BATCH = """\
@echo off
setlocal DisableDelayedExpansion
set "_RT_HOME=@HOME@"
set "_RT_BIN=%_RT_HOME%\\aliases\\default"
if defined RTINSTALL_VERSION goto asked
set "_RT_AT=%CD%"
:up
for %%F in (@FILES@) do if exist "%_RT_AT%\\%%F" goto asked
for %%D in ("%_RT_AT%\\..") do set "_RT_UP=%%~fD"
if "%_RT_UP%"=="%_RT_AT%" goto run
set "_RT_AT=%_RT_UP%"
goto up
:asked
"@PROGRAM@" exec -- "%~n0" %*
exit /b %ERRORLEVEL%
:run
set "PATH=%_RT_BIN%;%PATH%"
if exist "%_RT_BIN%\\%~n0.cmd" goto batch
"%_RT_BIN%\\%~n0.exe" %*
exit /b %ERRORLEVEL%
:batch
rem Not with call, which reads percent signs and carets of the arguments once more.
"%_RT_BIN%\\%~n0.cmd" %*
"""


def shim(hook: Hook) -> str:
    """Write the shim that every command's file on POSIX systems is."""
    return (
        "#!/bin/sh\n# A shim of rtinstall: becomes the command of the version that this folder asks for.\n"
        + places(hook)
        + lookup(hook)
        + _RUN
    )


def batch(hook: Hook) -> str:
    """Write the shim that every command's file on Windows is."""
    home, program = (cmd(path.replace("/", "\\")) for path in (hook.home, hook.program))
    return (
        _BATCH.replace("@HOME@", home)
        .replace("@PROGRAM@", program)
        .replace("@FILES@", " ".join(VERSION_FILES))
        .replace("\n", "\r\n")
    )


def commands(folders: Iterable[Path]) -> tuple[str, ...]:
    """Return the commands in ``folders`` and those every version has, each once, in order.

    Only what a person would type: no hidden file, none that a shell would have to quote.
    """
    names = set(ALWAYS)
    for folder in folders:
        try:
            names.update(entry.name for entry in os.scandir(folder) if _runs(entry))
        except OSError:  # a version that was removed meanwhile
            continue
    return tuple(sorted({name.removesuffix(".exe").removesuffix(".cmd") for name in names}))


def _runs(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    plain = name[:1].isalnum() and len(name) <= _LONGEST
    if not (plain and all(letter.isalnum() or letter in "._-+" for letter in name)):
        return False
    if WINDOWS:
        return name.endswith((".exe", ".cmd"))
    return entry.is_file() and os.access(entry.path, os.X_OK)


def write(at: Places, hook: Hook, names: Iterable[str]) -> None:
    """Make the folder of shims hold ``names`` and nothing else that is a shim of ours."""
    at.shims.mkdir(parents=True, exist_ok=True)
    text = (batch if WINDOWS else shim)(hook).encode()
    wanted = {f"{name}.cmd" if WINDOWS else name for name in names}
    for entry in list(at.shims.iterdir()):
        if entry.name not in wanted and entry.is_file():
            entry.unlink()
    for name in sorted(wanted):
        path = at.shims / name
        if not path.is_file() or path.is_symlink() or path.read_bytes() != text:
            replace(path, text, mode=0o755)


def refresh(at: Places, store: Store) -> None:
    """Bring the shims up to the commands of what is installed now; called after each change of that."""
    write(at, hook_of(at), commands(one.bin for one in store.installed()))
