"""``darwin-universal`` on the command line: two runtimes of a mirror become one package."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import macho
from readers import macho as reader
from rtinstall.runtime_bundle.model import Entry, File
from world.rtbuild import FAST, Desk
from world.runtime import VERSION, Upstream, packed, row, runtime_entries

PARTS = ("darwin-x64", "darwin-arm64")
NAME = "node-v24.19.0-darwin-universal"
UNIVERSAL = ("-t", "darwin-universal")
NPM = "lib/node_modules/npm/package.json"


def changed(target: str, path: str, data: bytes) -> bytes:
    """Return the archive of ``target`` with another file."""
    entries: list[Entry] = [e for e in runtime_entries(target) if e.path != path]
    mode = 0o755 if path == "bin/node" else 0o644
    return packed([*entries, File.of(path, data, mode)], f"node-v{VERSION}-{target}")


def serve(upstream: Upstream, arm64: bytes) -> None:
    """Serve a release whose archive for arm64 is another."""
    files = upstream.release(VERSION, PARTS)
    upstream.serve(VERSION, {**files, f"node-v{VERSION}-darwin-arm64.tar.xz": arm64})


def bundled(desk: Desk, upstream: Upstream) -> Path:
    upstream.release(VERSION, PARTS)
    made = desk.run("bundle", "24", *UNIVERSAL, *upstream.words).good()
    assert made.out.startswith(f"bundle/{NAME}: node 24.19.0, npm 11.6.2, ")
    return desk.work / "bundle" / NAME


def test_two_runtimes_of_a_mirror_become_one(desk: Desk, upstream: Upstream) -> None:
    folder = bundled(desk, upstream)
    first, second = reader.read((folder / "bin/node").read_bytes())
    assert (first.data, second.data) == (macho.executable("x64"), macho.executable("arm64"))
    assert second.signature() == {"adhoc": True, "hardened": False, "cms": False}
    manifest = json.loads(folder.with_name(f"{NAME}.manifest.json").read_bytes())
    assert (manifest["target"], manifest["npm"]) == ("darwin-universal", "11.6.2")
    places = [item["location"].rpartition("/")[2] for item in manifest["provenance"]]
    assert places == [f"node-v{VERSION}-{part}.tar.xz" for part in PARTS]


def test_a_release_joins_what_it_fetched_anyway(desk: Desk, upstream: Upstream) -> None:
    files = upstream.release(VERSION, PARTS)
    made = desk.run("release", "24", *upstream.words, *FAST).good()
    total = sum(map(len, files.values())) / 1000
    assert f"\n{total:.1f} kB to download\n" in made.err
    asked = [r.path for r in upstream.server.requests if r.method == "GET" and ".tar." in r.path]
    assert len(asked) == len(set(asked)) == 2
    assert "darwin-universal: node 24.19.0, npm 11.6.2; executable for darwin x64/arm64" in made.out
    manifest = json.loads((desk.dist / f"v{VERSION}/{NAME}.manifest.json").read_bytes())
    (package,) = (artifact["name"] for artifact in manifest["artifacts"])
    said = desk.run("inspect", f"dist/v{VERSION}/{package}").good().out
    assert re.search("^architecture +universal$", said, re.MULTILINE)
    assert re.search("^runs on +macho darwin x64/arm64$", said, re.MULTILINE)
    assert re.search("^signed +x64 not signed; arm64 ad hoc$", said, re.MULTILINE)


def test_a_plan_names_both_archives(desk: Desk, upstream: Upstream) -> None:
    files = upstream.release(VERSION, PARTS)
    words = ("release", "24", *UNIVERSAL, *upstream.words, "--plan", "--json")
    (target,) = desk.run(*words).good().json["targets"]
    assert target["size"] == sum(map(len, files.values()))
    assert not target["cached"]
    assert [place.rpartition("/")[2] for place in target["location"].split(", ")] == [*files]


@pytest.mark.parametrize("form", ["directory", "tar.xz"])
def test_a_universal_bundle_is_built_like_any(desk: Desk, upstream: Upstream, form: str) -> None:
    upstream.release(VERSION, PARTS)
    desk.run("bundle", "24", *UNIVERSAL, *upstream.words, "--as", form).good()
    path = f"bundle/{NAME}" + ("" if form == "directory" else ".tar.xz")
    one = desk.run("build", path, *FAST, "--out", "one", "--json").good().json
    (desk.work / "bundle" / f"{NAME}.manifest.json").unlink()
    # Without a manifest, the executable says which target it is for.
    two = desk.run("build", path, *FAST, "--out", "two", "--json").good().json
    named = desk.run("build", path, *UNIVERSAL, *FAST, "--out", "three", "--json").good().json
    assert Path(one[0]["file"]).name == Path(two[0]["file"]).name
    assert two[0]["sha256"] == named[0]["sha256"]


def test_a_universal_runtime_on_disk_is_a_source(desk: Desk, upstream: Upstream) -> None:
    bundled(desk, upstream)
    words = ("--source", f"bundle/{NAME}", "--out", "again")
    desk.run("bundle", "24", *UNIVERSAL, *words).good()
    desk.run("bundle", "24", "-t", "darwin-x64", *words).failed(4, "darwin-x64")


def test_a_thin_runtime_is_not_universal(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, PARTS)
    desk.run("bundle", "24", "-t", "darwin-arm64", *upstream.words).good()
    path = desk.work / "bundle" / "node-v24.19.0-darwin-arm64"
    path.with_name(f"{path.name}.manifest.json").unlink()
    desk.run("build", path, *UNIVERSAL).failed(9, "darwin-universal")
    desk.run("bundle", "24", *UNIVERSAL, "--source", path).failed(4, "darwin-universal")


def test_a_version_that_one_part_lacks_is_not_there(desk: Desk, upstream: Upstream) -> None:
    upstream.release("24.18.0", PARTS)
    upstream.release(VERSION, PARTS[1:])
    both = desk.run("bundle", "24", *UNIVERSAL, *upstream.words).good()
    assert "node-v24.18.0-darwin-universal" in both.out
    desk.run("bundle", VERSION, *UNIVERSAL, *upstream.words).failed(4, "darwin-universal")


def test_an_index_that_promises_a_part_is_not_believed(desk: Desk, upstream: Upstream) -> None:
    upstream.release(VERSION, PARTS[:1])
    upstream.put("index.json", json.dumps([row(VERSION, PARTS)]).encode())
    desk.run("bundle", "24", *UNIVERSAL, *upstream.words).failed(4, "darwin-arm64")


@pytest.mark.parametrize(
    ("path", "data", "code", "said"),
    [
        ("README.md", b"other", 8, "'README.md' is not the same"),
        (NPM, b'{"name": "npm", "version": "11.6.3"}', 9, "npm"),
        ("bin/node", macho.executable("x64"), 9, "darwin-arm64"),
        ("bin/node", macho.executable("arm64", signed=False), 9, "signed"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(
    desk: Desk, upstream: Upstream, path: str, data: bytes, code: int, said: str
) -> None:
    serve(upstream, changed("darwin-arm64", path, data))
    desk.run("bundle", "24", *UNIVERSAL, *upstream.words).failed(code, said)
    assert sorted(p.name for p in (desk.work / "bundle").iterdir()) == [".lock"]
