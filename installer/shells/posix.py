"""The lookup in the words of POSIX sh: what bash, zsh, dash, ksh and the shims have in common.

Nothing here starts a program. It reads PWD, walks up with parameter expansion, tests files with
``[``, reads a record with ``read`` and puts a directory into PATH. Only a folder whose record is
missing or older than one of its version files is asked about, once (``_rt_ask``).

It is careful of what a user has set: every expansion is quoted (IFS, globs), no variable is read
unset (``set -u``), no list ends in a failed test (``set -e``), nothing is written (noclobber). All
names begin with ``_rt_``; `local` is no word of POSIX.

A record is six lines, see :mod:`rtinstall.installer.records`.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import posix
from rtinstall.installer.shells.values import DEFAULT, PACKAGE, VERSION_FILES, Hook

# Sets _rt_bin, _rt_name, _rt_note from what the folder _rt_at, or one above it, asks for; a name
# that begins with a question mark only counts if none above chooses. Fails with _rt_at where only
# the program can know. A package.json below node_modules is somebody else's.
_FIND = """\
_rt_find() {
  _rt_at=${PWD-} _rt_weak=''
  _rt_at=${_rt_at%/}
  while :; do
    _rt_record=$_rt_home/projects$_rt_at/.version _rt_names='' _rt_old=''
    case $_rt_at/ in */node_modules/*) _rt_foreign=1 ;; *) _rt_foreign='' ;; esac
@FILES@
    if [ -n "$_rt_names" ]; then
      [ -f "$_rt_record" ] || return 1
      _rt_bin='' _rt_name='' _rt_file='' _rt_seen='' _rt_note=''
      {
        IFS= read -r _rt_bin && IFS= read -r _rt_name && IFS= read -r _rt_file &&
          IFS= read -r _rt_file && IFS= read -r _rt_seen && IFS= read -r _rt_note
      } <"$_rt_record" || return 1
      [ "$_rt_seen" = "$_rt_names" ] || return 1
      if [ -n "$_rt_old" ] || { [ -f "$_rt_file" ] && ! [ "$_rt_record" -nt "$_rt_file" ]; }; then
        [ "$_rt_at" = "${_rt_asked-}" ] || return 1
      else
        _rt_asked=''
      fi
      case $_rt_name in
        -) ;;
        \\?*)
          if [ -z "$_rt_weak" ]; then
            _rt_weak=$_rt_name _rt_weak_bin=$_rt_bin _rt_weak_note=$_rt_note _rt_weak_at=$_rt_at
          fi
          ;;
        *) return 0 ;;
      esac
    fi
    case $_rt_at in */*) _rt_at=${_rt_at%/*} ;; *) break ;; esac
  done
  _rt_bin=$_rt_default _rt_name=default _rt_note='' _rt_at=''
  if [ -n "$_rt_weak" ]; then
    _rt_bin=$_rt_weak_bin _rt_name=${_rt_weak#?} _rt_note=$_rt_weak_note _rt_at=$_rt_weak_at
  fi
}
"""
_FILE = """\
    if [ -f "$_rt_at/@NAME@" ]@UNLESS@; then
      _rt_names="$_rt_names @NAME@"
      [ "$_rt_record" -nt "$_rt_at/@NAME@" ] || _rt_old=1
    fi"""
_FOREIGN = ' && [ -z "$_rt_foreign" ]'

# RTINSTALL_VERSION: the name of a version or an alias. Fails where it is another expression.
_NAMED = """\
_rt_named() {
  _rt_name=$RTINSTALL_VERSION _rt_note='' _rt_at=''
  case $_rt_name in
    system) _rt_bin= ;;
    */* | .*) return 1 ;;
    *)
      for _rt_bin in "$_rt_home/versions/$_rt_name" "$_rt_home/versions/v$_rt_name" \\
        "$_rt_home/aliases/$_rt_name" "$_rt_shared/versions/$_rt_name" \\
        "$_rt_shared/versions/v$_rt_name"; do
        _rt_bin=$_rt_bin@BIN@
        [ ! -d "$_rt_bin" ] || return 0
      done
      return 1
      ;;
  esac
}
"""

# _rt_put DIRECTORY: that one on PATH, in the place of the one put there before; none if empty.
_PUT = """\
_rt_put() {
  _rt_path=:${PATH-}:
  case ${_rt_on:+$_rt_path} in
    *":$_rt_on:"*)
      [ "$1" != "$_rt_on" ] || return 0
      _rt_after=${_rt_path#*":$_rt_on:"} _rt_path=${_rt_path%%":$_rt_on:"*}
      _rt_path=$_rt_path:${1:+$1:}$_rt_after
      ;;
    *)
      if [ -n "$1" ]; then
        if [ "$_rt_path" = :: ]; then _rt_path=:; fi
        _rt_path=:$1$_rt_path
      fi
      ;;
  esac
  _rt_on=$1 _rt_path=${_rt_path#:}
  PATH=${_rt_path%:}
  export PATH
}
"""

# Takes out of PATH what another shell of ours has put there, and begins anew at its front. A script
# (neither interactive nor a login shell, _rt_login) keeps what it was started with, and fails then:
# it may be npm's own, or one that runs below `rtinstall exec`.
_BEGIN = """\
_rt_begin() {
  _rt_path=:${PATH-}: _rt_asked='' _rt_noted=''
  case $-${_rt_login-} in
    *[il]*) ;;
    *)
      for _rt_on in versions/ aliases/ shims; do
        case $_rt_path in
          *":$_rt_home/$_rt_on"*)
            _rt_after=${_rt_path#*":$_rt_home/$_rt_on"}
            _rt_on=$_rt_home/$_rt_on${_rt_after%%:*}
            return 1
            ;;
        esac
      done
      ;;
  esac
  while :; do
    case $_rt_path in
      *":$_rt_home/versions/"*) _rt_at=$_rt_home/versions/ ;;
      *":$_rt_home/aliases/"*) _rt_at=$_rt_home/aliases/ ;;
      *":$_rt_shared/versions/"*) _rt_at=$_rt_shared/versions/ ;;
      *":$_rt_home/shims:"*) _rt_at=$_rt_home/shims ;;
      *) break ;;
    esac
    _rt_after=${_rt_path#*":$_rt_at"}
    _rt_path=${_rt_path%%":$_rt_at"*}:${_rt_after#*:}
  done
  _rt_path=${_rt_path#:}
  PATH=${_rt_path%:} _rt_on=''
  _rt_put "$_rt_default"
}
"""

# _rt_run: the program, with standard output left to its user (cd may stand in $(...)).
_ASK = """\
_rt_run() {
  if [ -x "$_rt_program" ]; then "$_rt_program" "$@"; else command rtinstall "$@"; fi
}
_rt_ask() {
  [ "$_rt_at" != "${_rt_asked-}" ] || return 1
  _rt_asked=$_rt_at
  _rt_run hook "${_rt_at:-/}" >&2 || return 1
  _rt_find
}
_rt_hook() {
  if [ -n "${RTINSTALL_VERSION-}" ]; then
    if ! _rt_named; then
      if [ "$RTINSTALL_VERSION" != "${_rt_refused-}" ]; then
        _rt_refused=$RTINSTALL_VERSION
        _rt_say=$(_rt_run use --shell @SHELL@ -- "$RTINSTALL_VERSION") || _rt_say=
        case $_rt_say in
          'use '*)
            RTINSTALL_VERSION=${_rt_say#use }
            _rt_named || return 0
            ;;
          *) return 0 ;;
        esac
      else
        return 0
      fi
    fi
  elif ! _rt_find && ! _rt_ask; then
    _rt_bin=$_rt_default _rt_name=default _rt_note=
  fi
  _rt_put "$_rt_bin"
  if [ -n "$_rt_note" ] && [ "$_rt_at" != "${_rt_noted-}" ]; then
    case $- in *i*) printf 'rtinstall: %s\\n' "$_rt_note" >&2 ;; esac
  fi
  _rt_noted=$_rt_at
  return 0
}
"""

# The program, and what only the shell itself can do for it: setting its own environment.
_COMMAND = """\
rtinstall() {
  case ${1-} in
    use | shell)
      shift
      _rt_say=$(_rt_run use --shell @SHELL@ "$@") || return
      case $_rt_say in
        'use -') unset RTINSTALL_VERSION ;;
        'use '*)
          RTINSTALL_VERSION=${_rt_say#use }
          export RTINSTALL_VERSION
          ;;
        ?*) printf '%s\\n' "$_rt_say" ;;
      esac
      _rt_hook
      ;;
    *)
      _rt_run "$@" || { set -- "$?"; _rt_hook; return "$1"; }
      _rt_hook
      ;;
  esac
}
"""

# Where cd is an alias, dash would read that here in its place: the alias is the user's, and stays.
_CD = """\
if ! alias cd >/dev/null 2>&1; then
  eval 'cd() { command cd "$@" || return; _rt_hook; }'
fi
if _rt_begin; then _rt_hook; fi
"""


# Windows: what a record calls C:\\folder is /c/folder in the shells that Git and MSYS2 bring.
_DRIVE = """\
_rt_drive() {
  case $_rt_bin in [A-Za-z]:*) ;; *) return 0 ;; esac
  _rt_after=${_rt_bin#?:} _rt_bin=/${_rt_bin%%:*}
  while :; do
    case $_rt_after in
      *\\\\*) _rt_bin=$_rt_bin${_rt_after%%\\\\*}/ _rt_after=${_rt_after#*\\\\} ;;
      *) break ;;
    esac
  done
  _rt_bin=$_rt_bin$_rt_after
}
"""


def _local(path: str) -> str:
    """Return ``path`` as a POSIX shell has it; a drive's colon would part it in two on PATH."""
    return f"/{path[0].lower()}{path[2:]}" if path[1:3] == ":/" else path


def places(hook: Hook) -> str:
    """Write where everything lies, as this user's ``rtinstall`` has it."""
    return (
        f"_rt_home={posix(_local(hook.home))}\n"
        f"_rt_shared={posix(_local(hook.shared))}\n"
        f"_rt_program={posix(_local(hook.program))}\n"
        f"_rt_default=$_rt_home/{DEFAULT}{hook.commands}\n"
    )


def lookup(hook: Hook) -> str:
    """Write the functions that find out which directory is asked for: ``_rt_find``, ``_rt_named``."""
    files = "\n".join(
        _FILE.replace("@NAME@", name).replace("@UNLESS@", _FOREIGN if name == PACKAGE else "")
        for name in VERSION_FILES
    )
    return _FIND.replace("@FILES@", files) + _NAMED.replace("@BIN@", hook.commands)


def functions(hook: Hook, shell: str) -> str:
    """Write everything but what makes ``shell`` call ``_rt_hook``."""
    text = places(hook) + lookup(hook) + _PUT + _BEGIN + _ASK + _COMMAND
    if not hook.commands:  # Windows
        text = _DRIVE + text.replace(
            '  _rt_put "$_rt_bin"\n', '  _rt_drive\n  _rt_put "$_rt_bin"\n'
        )
    return text.replace("@SHELL@", shell)


def snippet(hook: Hook) -> str:
    """Write the start of a shell that only knows POSIX; bash and zsh are led to their own."""
    files = {name: posix(f"{_local(hook.home)}/env.{name}") for name in ("bash", "zsh")}
    own = functions(hook, "sh") + _CD
    return f"""\
if [ -n "${{BASH_VERSION-}}" ]; then
  . {files["bash"]}
elif [ -n "${{ZSH_VERSION-}}" ]; then
  . {files["zsh"]}
else
{own}fi
"""
