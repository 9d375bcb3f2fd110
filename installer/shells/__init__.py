"""What each shell runs at its start: one file a shell, and the one table that says which there are.

A snippet is text that depends on where things are and on nothing else, so ``rtinstall setup`` writes
it to a file once and a shell reads it without starting anything.
"""

from __future__ import annotations

from importlib import import_module

from rtinstall.installer.shells.values import Hook

# Name: (module, what a file with it ends in).
SHELLS = {
    "bash": ("bash", "bash"),
    "zsh": ("zsh", "zsh"),
    "fish": ("fish", "fish"),
    "sh": ("posix", "sh"),
    "powershell": ("powershell", "ps1"),
    "nushell": ("nushell", "nu"),
    "cmd": ("cmd", "cmd"),
}
OTHERS = {"dash": "sh", "ksh": "sh", "mksh": "sh", "ash": "sh", "posix": "sh",
          "pwsh": "powershell", "nu": "nushell"}  # fmt: skip


def snippet(shell: str, hook: Hook) -> str:
    """Write what ``shell``, a name of :data:`SHELLS`, has to read at its start."""
    module = import_module(f"rtinstall.installer.shells.{SHELLS[shell][0]}")
    text: str = module.snippet(hook)
    return text
