"""zsh: ``chpwd`` switches wherever the folder changes, ``precmd`` notices that a file was edited.

Each function of ours runs in zsh's own ways, whatever the user's options are (``emulate -L zsh``):
KSH_ARRAYS, SH_WORD_SPLIT, NULL_GLOB and the like.
"""

from __future__ import annotations

from rtinstall.installer.shells.posix import functions
from rtinstall.installer.shells.values import Hook

_HOOKS = """\
_rt_changed() {
  emulate -L zsh
  _rt_hook
}
() {
  emulate -L zsh
  typeset -ga chpwd_functions precmd_functions
  chpwd_functions=(${chpwd_functions:#_rt_changed} _rt_changed)
  precmd_functions=(${precmd_functions:#_rt_changed} _rt_changed)
  if [[ -o login ]]; then _rt_login=l; fi
  if _rt_begin; then _rt_hook; fi
}
"""


def snippet(hook: Hook) -> str:
    """Write what zsh reads at its start."""
    body = functions(hook, "zsh")
    for name in ("_rt_find", "_rt_named", "_rt_put", "_rt_begin", "_rt_ask", "_rt_hook"):
        body = body.replace(f"{name}() {{\n", f"{name}() {{\n  emulate -L zsh\n")
    return (
        "if [[ -o aliases ]]; then _rt_aliases=1; else _rt_aliases=; fi\n"
        "unsetopt aliases\n"
        f"{body}{_HOOKS}"
        "if [[ -n $_rt_aliases ]]; then setopt aliases; fi\n"
        "unset _rt_aliases\n"
    )
