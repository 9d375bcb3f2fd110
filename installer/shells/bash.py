"""bash: the hook runs before each prompt, and after cd, pushd and popd in the same line.

Aliases are not expanded while this is read, so a user's alias for ``cd`` stays and leads here. A function
of that name is left alone; then the prompt alone switches. Element 0 of PROMPT_COMMAND is what both its forms, text and array, have.
"""

from __future__ import annotations

from rtinstall.installer.shells.posix import functions
from rtinstall.installer.shells.values import Hook

_PROMPT = """\
_rt_prompt() {
  local _rt_status=$?
  _rt_hook
  case $- in *e*) return 0 ;; esac
  return "$_rt_status"
}
for _rt_at in cd pushd popd; do
  if ! declare -F "$_rt_at" >/dev/null; then
    case $_rt_at in
      cd) cd() { builtin cd "$@" || return; _rt_hook; } ;;
      pushd) pushd() { builtin pushd "$@" || return; _rt_hook; } ;;
      popd) popd() { builtin popd "$@" || return; _rt_hook; } ;;
    esac
  fi
done
case "${PROMPT_COMMAND[*]-}" in
  *_rt_prompt*) ;;
  *) PROMPT_COMMAND="_rt_prompt${PROMPT_COMMAND:+
$PROMPT_COMMAND}" ;;
esac
if shopt -q login_shell; then _rt_login=l; fi
if _rt_begin; then _rt_hook; fi
"""
_ALIASES_OFF = """\
if shopt -q expand_aliases; then _rt_aliases=1; else _rt_aliases=; fi
shopt -u expand_aliases
"""
_ALIASES_ON = """\
if [ -n "$_rt_aliases" ]; then shopt -s expand_aliases; fi
unset _rt_aliases
"""


def snippet(hook: Hook) -> str:
    """Write what bash reads at its start."""
    return _ALIASES_OFF + functions(hook, "bash") + _PROMPT + _ALIASES_ON
