"""Files in an object store, through fsspec: read, write and check, list; no word on what they are.

Only whole objects are written, and each is checked: by the MD5 that most stores give as its tag,
else by reading it back. Lists are asked for afresh each time. Credentials are fsspec's business
(environment, its configuration files, the machine's role); no message of ours shows any.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtinstall.runtime_bundle.addresses import bare
from rtinstall.runtime_bundle.errors import (
    BadConfiguration,
    MissingTool,
    NoSpace,
    NotReadable,
    RtError,
    Unreachable,
    VerificationFailed,
)
from rtinstall.runtime_bundle.model import CHUNK

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

MD5 = re.compile(r'"?([0-9a-f]{32})"?')
MARKS = ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created", "size")
TIMES = ("LastModified", "mtime", "created")
EXTRA = "pip install 'rtinstall[scale]'"


@dataclass(frozen=True, slots=True)
class Object:
    """What a list says of an object; ``mark`` tells its states apart, ``time`` is that of its writing."""

    size: int
    mark: str
    time: float | None


class Objects:
    """All objects below one address; names are relative to it."""

    def __init__(self, files: AbstractFileSystem, root: str, shown: str) -> None:
        """Use what ``files`` has below ``root``; people are shown ``shown``."""
        self._files = files
        self._root = root.rstrip("/")
        self.shown = shown

    @classmethod
    def at(cls, address: str) -> Objects:
        """Open ``address``; raises :class:`BadConfiguration`, :class:`MissingTool`."""
        shown = bare(address)
        scheme = address.partition("://")[0]
        try:
            from fsspec.core import url_to_fs

            files, root = url_to_fs(address)
        except ImportError as error:
            raise MissingTool(f"{scheme}:// needs {error.name or 'fsspec'}", hint=EXTRA) from error
        except ValueError as error:
            raise BadConfiguration(
                f"unusable address {shown}", hint="such as s3://bucket/prefix, or a folder"
            ) from error
        return cls(files, root, shown)

    def read(self, name: str, limit: int) -> bytes | None:
        """Return an object of at most ``limit`` bytes; None if there is none."""
        with self._asking(name):
            try:
                with self._files.open(self._path(name), "rb", cache_type="none") as file:
                    data = bytes(file.read(limit + 1))
            except FileNotFoundError:
                return None
        if len(data) > limit:
            raise NotReadable(f"{self.shown}/{name} is larger than {limit} bytes")
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write an object, in one piece."""
        with self._asking(name):
            self._make_room(name)
            self._files.pipe_file(self._path(name), data)
            self._check(name, hashlib.md5(data, usedforsecurity=False), hashlib.sha256(data))

    def upload(self, path: Path, name: str) -> None:
        """Write the file at ``path`` as an object."""
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                md5.update(chunk)
                sha256.update(chunk)
        with self._asking(name):
            self._make_room(name)
            self._files.put_file(str(path), self._path(name))
            self._check(name, md5, sha256)

    def copy(self, name: str, other: str) -> None:
        """Copy an object within the store."""
        with self._asking(other):
            self._make_room(other)
            self._files.cp_file(self._path(name), self._path(other))
            one, two = (self._files.info(self._path(each)) for each in (name, other))
        if one["size"] != two["size"]:
            raise VerificationFailed(f"{self.shown}/{other} was not copied whole")

    def remove(self, name: str) -> None:
        """Remove an object, or all below a name; there may be none."""
        with self._asking(name):
            try:
                self._files.rm(self._path(name), recursive=True)
            except FileNotFoundError:
                return

    def download(self, name: str, path: Path) -> None:
        """Bring an object to the file ``path``."""
        with self._asking(name):
            self._files.get_file(self._path(name), str(path))

    def beside(self, folder: str) -> dict[str, Object]:
        """Return the objects right below ``folder``, by the last part of their names."""
        return {
            str(info["name"]).rpartition("/")[2]: _object(info)
            for info in self._below(folder)
            if info["type"] == "file"
        }

    def folders(self, folder: str) -> set[str]:
        """Return the last parts of what has objects below it, right below ``folder``."""
        found = (info for info in self._below(folder) if info["type"] == "directory")
        return {str(info["name"]).rstrip("/").rpartition("/")[2] for info in found}

    def _below(self, folder: str) -> list[Mapping[str, Any]]:
        with self._asking(folder):
            self._files.invalidate_cache()
            try:
                return list(self._files.ls(self._path(folder), detail=True))
            except FileNotFoundError:
                return []

    def all(self) -> dict[str, Object]:
        """Return every object."""
        with self._asking(""):
            self._files.invalidate_cache()
            found = self._files.find(self._root, detail=True)
        start = len(self._root) + 1
        return {str(path)[start:]: _object(info) for path, info in found.items()}

    def sha256(self, name: str) -> str:
        """Return the SHA-256 of an object, which is read for it."""
        with self._asking(name):
            return self._sha256(name)

    def _sha256(self, name: str) -> str:
        state = hashlib.sha256()
        with self._files.open(self._path(name), "rb", cache_type="none") as file:
            while chunk := file.read(8 * CHUNK):
                state.update(chunk)
        return state.hexdigest()

    def _check(self, name: str, md5: hashlib._Hash, sha256: hashlib._Hash) -> None:
        """Make sure that what was written is there; an encrypted object's tag is no MD5 of it."""
        tag = MD5.fullmatch(str(self._files.info(self._path(name)).get("ETag", "")))
        if (tag is None or tag[1] != md5.hexdigest()) and (
            self._sha256(name) != sha256.hexdigest()
        ):
            raise VerificationFailed(
                f"{self.shown}/{name} is not what was written",
                hint="look at the store; nothing names the file yet",
            )

    def _make_room(self, name: str) -> None:
        """Make the folders of ``name`` where a store has folders; object stores are those with ``async``."""
        if not self._files.async_impl:
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextmanager
    def _asking(self, name: str) -> Iterator[None]:
        """Turn whatever a store's library raises into an error of ours, without what may be secret."""
        where = f"{self.shown}/{name}".rstrip("/")
        try:
            yield
        except RtError:
            raise
        except FileNotFoundError as error:
            raise NoSpace(
                f"cannot write {where}: there is no such bucket or folder",
                hint="make the bucket, or name another one with --out",
            ) from error
        except PermissionError as error:
            raise NoSpace(
                f"cannot use {where}: {_said(error)}",
                hint="look at the credentials and rights; rtbuild has none of its own",
            ) from error
        except Exception as error:
            # Each store has a library of its own, with errors of its own.
            kind = type(error).__name__
            if "Credential" in kind:
                raise NoSpace(
                    f"cannot use {where}: no credentials",
                    hint="give them as the store's own tools take them, such as AWS_ACCESS_KEY_ID",
                ) from error
            raise Unreachable(
                f"no answer for {where}: {_said(error)}",
                hint="check the network and the store's address, then run the same command again",
            ) from error


def _said(error: Exception) -> str:
    """Return an error's first line, without addresses, which may hold a password or a signature."""
    lines = str(error).strip().splitlines() or [""]
    return (
        re.sub(r"\S+(://|[?&]\w+=)\S+", "...", lines[0])[:200].rstrip(". :") or type(error).__name__
    )


def _object(info: Mapping[str, Any]) -> Object:
    mark = " ".join(str(info[key]) for key in MARKS if info.get(key) is not None)
    time = next((info[key] for key in TIMES if info.get(key) is not None), None)
    if isinstance(time, datetime):
        time = time.timestamp()
    return Object(int(info["size"] or 0), mark, float(time) if time is not None else None)
