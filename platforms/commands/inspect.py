"""``rtbuild inspect``: what any package or archive is, for whom, and what is in it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from rtinstall.platforms.commands.options import json_option
from rtinstall.platforms.digests import sha256_of
from rtinstall.runtime_bundle.archives import Archive, open_archive
from rtinstall.runtime_bundle.commandline import amount, columns, printable
from rtinstall.runtime_bundle.errors import RtError, UnsafeArchive
from rtinstall.runtime_bundle.executables import read_executable
from rtinstall.runtime_bundle.executables.signature import check_signature
from rtinstall.runtime_bundle.model import Slice

EXECUTABLES = ("bin/node", "node.exe")


@click.command("inspect", short_help="Show what a package is, for whom, and what is in it.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-e", "--entries", "with_entries", is_flag=True, help="List every entry.")
@json_option
def inspect_command(*, file: Path, with_entries: bool, as_json: bool) -> None:
    """Show what FILE is, for whom, and every entry with its digest.

    Reads .deb, .rpm, .apk, .msi, .pkg (macOS, FreeBSD), Arch packages, .tar (.gz .xz .zst .bz2),
    .zip, .whl and .cab. The whole file is read, and every digest it carries is checked.
    """
    archive = open_archive(file)
    with tempfile.TemporaryDirectory(prefix="rtinstall-") as folder:
        entries = list(_entries(archive, Path(folder)))
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


def _entries(archive: Archive, folder: Path) -> Iterator[dict[str, object]]:
    """Yield the facts of each entry; an executable is kept in ``folder`` while it is looked at."""
    for number, (entry, chunks) in enumerate(archive.entries()):
        facts: dict[str, object] = {
            "path": entry.name,
            "type": entry.kind,
            "mode": f"{entry.mode:04o}",
            "owner": entry.owner or str(entry.uid),
            "group": entry.group or str(entry.gid),
            "time": entry.time,
        }
        if entry.kind == "file":
            if entry.name.endswith(EXECUTABLES):
                kept = folder / str(number)
                with kept.open("wb") as out:
                    sha256 = _hashed(chunks, out)
                facts |= {"size": entry.size, "sha256": sha256, **_executable(kept)}
                kept.unlink()
            else:
                facts |= {"size": entry.size, "sha256": _hashed(chunks)}
        elif entry.link:
            facts["link"] = entry.link
        yield facts


def _hashed(chunks: Iterator[bytes], out: BinaryIO | None = None) -> str:
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
        if out is not None:
            out.write(chunk)
    return state.hexdigest()


def _executable(path: Path) -> dict[str, str]:
    """Say for whom the executable at ``path`` is and, of a Mach-O, who signed it; nothing of others."""
    content = Slice(path, 0, path.stat().st_size)
    try:
        found = read_executable(content)
    except RtError:
        return {}
    facts = {"executable": f"{found.kind} {found.os} {'/'.join(found.archs)}"}
    if found.kind == "macho":
        try:
            signatures = check_signature(content).items()
            facts["signature"] = "; ".join(f"{arch} {s or 'not signed'}" for arch, s in signatures)
        except RtError as error:
            facts["signature"] = str(error)
    return facts


def _text(
    file: Path, archive: Archive, entries: list[dict[str, object]], *, with_entries: bool
) -> str:
    files = [e for e in entries if e["type"] == "file"]
    total = sum(int(str(e["size"])) for e in files)
    rows = [
        ("file", f"{file} ({amount(file.stat().st_size)})"),
        ("format", archive.format),
        ("sha256", sha256_of(file)),
        *(
            (key, _words(value))
            for key, value in archive.metadata.items()
            if key not in archive.scripts
        ),
        ("contents", f"{len(files)} files, {len(entries) - len(files)} others, {amount(total)}"),
        ("scripts", ", ".join(archive.scripts) or "none"),
        *(("runs on", str(e["executable"])) for e in files if "executable" in e),
        *(("signed", str(e["signature"])) for e in files if "signature" in e),
        ("digests", "; ".join(archive.problems) or "all right"),
    ]
    text = columns(rows)
    for name in archive.scripts:
        if name in archive.metadata:
            text += f"\n\n{printable(name)}:\n{_lines(archive.metadata[name])}"
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


def _lines(value: str | list[str]) -> str:
    """Return a script, or several, as they are, but nothing that a terminal would obey."""
    texts = value if isinstance(value, list) else [value]
    return "\n".join(f"  {printable(line)}" for text in texts for line in text.splitlines())


def _words(value: str | list[str]) -> str:
    text = ", ".join(value) if isinstance(value, list) else value
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
