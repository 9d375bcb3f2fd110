"""``rtbuild inspect``: what any package or archive is, for whom, and what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import click

from rtinstall.platforms.build import sha256_of
from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.terminal import amount
from rtinstall.runtime_bundle.archives import Archive, ArchiveEntry, open_archive
from rtinstall.runtime_bundle.commandline import columns
from rtinstall.runtime_bundle.errors import RtError, UnsafeArchive
from rtinstall.runtime_bundle.executables import Executable, read_executable
from rtinstall.runtime_bundle.model import Blob

EXECUTABLES = ("bin/node", "node.exe")
HEAD = 1 << 20  # enough for the headers of every kind of executable but ELF's version tables


@click.command("inspect", short_help="Show what a package is, for whom, and what is in it.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-e", "--entries", "with_entries", is_flag=True, help="List every entry.")
@json_option
def inspect_command(*, file: Path, with_entries: bool, as_json: bool) -> None:
    """Show what FILE is, for whom, and every entry with its digest.

    Reads .deb, .rpm, .apk, Arch and FreeBSD packages, .tar (.gz .xz .zst .bz2), .zip and .whl.
    The whole file is read, and every digest it carries is checked; nothing is unpacked.
    """
    archive = open_archive(file)
    entries = list(_entries(archive))
    if as_json:
        facts = {
            "file": str(file),
            "format": archive.format,
            "size": file.stat().st_size,
            "sha256": sha256_of(file),
            "metadata": dict(archive.metadata),
            "scripts": archive.scripts,
            "problems": archive.problems,
            "entries": entries,
        }
        click.echo(json.dumps(facts, indent=1))
    else:
        click.echo(_text(file, archive, entries, with_entries=with_entries))
    if archive.problems:
        raise UnsafeArchive(
            f"{file.name}: {archive.problems[0]}", hint="the file is damaged or was changed"
        )


def _entries(archive: Archive) -> Iterator[dict[str, object]]:
    for entry, chunks in archive.entries():
        facts: dict[str, object] = {
            "path": entry.name,
            "type": entry.kind,
            "mode": f"{entry.mode:04o}",
            "owner": entry.owner or str(entry.uid),
            "group": entry.group or str(entry.gid),
            "time": entry.time,
        }
        if entry.kind == "file":
            state = hashlib.sha256()
            head = b""
            for chunk in chunks:
                state.update(chunk)
                if len(head) < HEAD and entry.name.endswith(EXECUTABLES):
                    head += chunk[: HEAD - len(head)]
            facts |= {"size": entry.size, "sha256": state.hexdigest()}
            if executable := _executable(entry, head):
                facts["executable"] = f"{executable.kind} {executable.os} {executable.arch}"
        elif entry.link:
            facts["link"] = entry.link
        yield facts


def _executable(entry: ArchiveEntry, head: bytes) -> Executable | None:
    if not entry.name.endswith(EXECUTABLES) or not head:
        return None
    try:
        return read_executable(Blob(head))
    except RtError:
        return None


def _text(
    file: Path, archive: Archive, entries: list[dict[str, object]], *, with_entries: bool
) -> str:
    files = [e for e in entries if e["type"] == "file"]
    total = sum(int(str(e["size"])) for e in files)
    rows = [
        ("file", f"{file} ({amount(file.stat().st_size)})"),
        ("format", archive.format),
        ("sha256", sha256_of(file)),
        *((key, _words(value)) for key, value in archive.metadata.items()),
        ("contents", f"{len(files)} files, {len(entries) - len(files)} others, {amount(total)}"),
        ("scripts", ", ".join(archive.scripts) or "none"),
        *(("runs on", str(e["executable"])) for e in files if "executable" in e),
        ("digests", "; ".join(archive.problems) or "all right"),
    ]
    text = columns(rows)
    if with_entries:
        listing = [
            (str(e["mode"]), f"{e['owner']}:{e['group']}", str(e.get("size", "-")),
             str(e.get("sha256", ""))[:12],
             str(e["path"]) + (f" -> {e['link']}" if "link" in e else ""))
            for e in entries
        ]  # fmt: skip
        text += "\n\n" + columns(
            [("MODE", "OWNER", "SIZE", "SHA-256", "PATH"), *listing], right=frozenset({2})
        )
    return text


def _words(value: str | list[str]) -> str:
    text = ", ".join(value) if isinstance(value, list) else value
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
