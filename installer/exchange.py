"""Two folders exchange their names in one step, where the system can do that."""

from __future__ import annotations

import errno
import os
import sys

RENAME_EXCHANGE = 2  # Linux, renameat2(2)
RENAME_SWAP = 2  # macOS, renameatx_np(2)
# What says that the system or this file system has no such call.
CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def exchange(folder: int | None, one: str, other: str) -> bool:
    """Let ``one`` and ``other``, both below the open ``folder``, exchange names; False if it cannot be.

    Audited as ``os.rename`` is. Raises :class:`OSError` as that does.
    """
    name = {"linux": "renameat2", "darwin": "renameatx_np"}.get(sys.platform)
    if folder is None or name is None:
        return False
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if call is None:
        return False
    call.argtypes = (
        ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint,
    )  # fmt: skip
    sys.audit("os.rename", one, other, folder, folder)
    flag = RENAME_EXCHANGE if sys.platform == "linux" else RENAME_SWAP
    if call(folder, os.fsencode(one), folder, os.fsencode(other), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in CANNOT:
        return False
    raise OSError(number, os.strerror(number), one)
