"""The steps of each change. All of them may be made again by a later run, from any point on.

Where the system can exchange two folders, a version that is installed again is in its place at every
moment, the old one or the new one, whole. Elsewhere (Windows, older systems) it is away between two
renames. If a run ends between the folder and the receipt, and it was not the same runtime, the
receipt is that of the old one until the next run.
"""

from __future__ import annotations

from rtinstall.installer import receipt as receipts
from rtinstall.installer.belongings import Belongs, of_runtime
from rtinstall.installer.disk import WINDOWS, Disk, is_folder
from rtinstall.installer.exchange import exchange
from rtinstall.installer.journal import Record
from rtinstall.runtime_bundle.errors import NotReadable


def finish(disk: Disk, record: Record) -> None:
    """Make what is left of the change."""
    match record.what:
        case "publish":
            _publish(disk, record)
        case "remove":
            _remove(disk, record)
        case "alias":
            _alias(disk, record)


def undo(disk: Disk, record: Record) -> bool:
    """Undo a change of which no more than folders were moved; say whether that was so."""
    stage, trash = f"stage/{record.id}", f"trash/{record.id}"
    place = f"versions/{record.name}"
    match record.what:
        case "publish":
            if disk.status(f"{stage}/files") is None or disk.status(f"{stage}/tree") is None:
                return False
            if disk.status(f"{trash}/tree") and disk.status(place) is None:
                disk.rename(f"{trash}/tree", place)
            return _inode(disk, f"{stage}/tree") == record.inode
        case "remove":
            if disk.status(place) is None:
                return False
            for kind, name in (("files", "files"), ("json", "receipt")):
                if disk.status(f"{trash}/{name}"):
                    disk.rename(f"{trash}/{name}", f"receipts/{record.name}.{kind}")
            return True
        case "alias":
            return True


def _publish(disk: Disk, record: Record) -> None:
    """Put tree, list and head in their places, in this order; what was there goes."""
    stage, trash = f"stage/{record.id}", f"trash/{record.id}"
    if disk.status(stage) is not None:
        if _inode(disk, f"{stage}/tree") == record.inode:
            _put_in_place(disk, record)
        disk.sync("versions")
        for name, kind in (("files", "files"), ("receipt", "json")):
            if disk.status(f"{stage}/{name}"):
                disk.rename(f"{stage}/{name}", f"receipts/{record.name}.{kind}")
                disk.sync("receipts")
    disk.remove(stage)
    disk.remove(trash)


def _put_in_place(disk: Disk, record: Record) -> None:
    stage, trash = f"stage/{record.id}", f"trash/{record.id}"
    place = f"versions/{record.name}"
    if disk.status(place) is None:
        disk.rename(f"{stage}/tree", place)
    elif not exchange(disk.descriptor, disk.at(f"{stage}/tree"), disk.at(place)):
        disk.mkdir(trash)
        disk.rename(place, f"{trash}/tree")
        disk.rename(f"{stage}/tree", place)


def _remove(disk: Disk, record: Record) -> None:
    """Take the receipt away, then the folder, then what the receipt lists."""
    trash = f"trash/{record.id}"
    disk.mkdir(trash)
    for kind, name in (("json", "receipt"), ("files", "files")):
        if disk.status(f"receipts/{record.name}.{kind}"):
            disk.rename(f"receipts/{record.name}.{kind}", f"{trash}/{name}")
            disk.sync("receipts")
    if disk.status(f"versions/{record.name}"):
        disk.rename(f"versions/{record.name}", f"{trash}/tree")
        disk.sync("versions")
    tree = f"{trash}/tree"
    status = disk.status(tree)
    if (
        status is not None
        and is_folder(status)
        and record.keep
        and not disk.remove(tree, _others(disk, trash, record))
    ):
        disk.mkdir("kept")
        disk.rename(tree, _free(disk, f"kept/{record.name}"))
        disk.sync("kept")
    disk.remove(trash)


def _others(disk: Disk, trash: str, record: Record) -> Belongs:
    """Return what tells the user's own files from those that the receipt lists.

    Where the receipt is damaged nothing is known to be ours, and all of it is kept.
    """
    try:
        head = receipts.read(disk.read(f"{trash}/receipt", receipts.HEAD_MOST), record.name)
        data = disk.read(f"{trash}/files", receipts.FILES_MOST)
        ours = of_runtime(receipts.lines(data, head))
    except (OSError, NotReadable):
        return lambda path: True
    return lambda path: not ours(path)


def _free(disk: Disk, path: str) -> str:
    found, number = path, 1
    while disk.status(found) is not None:
        number += 1
        found = f"{path}.{number}"
    return found


def _alias(disk: Disk, record: Record) -> None:
    path, staged, trash = f"aliases/{record.name}", f"stage/{record.id}", f"trash/{record.id}"
    there = disk.status(path)
    if not record.target:
        disk.unlink(path)
    else:
        disk.unlink(staged)
        disk.symlink(record.target, staged)
        if WINDOWS and there is not None:  # no junction is replaced by a rename
            disk.rename(path, trash)
        disk.rename(staged, path)
        disk.remove(trash)
    disk.sync("aliases")


def _inode(disk: Disk, path: str) -> int:
    status = disk.status(path)
    return status.st_ino if status else -1
