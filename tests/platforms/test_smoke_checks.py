"""The checks themselves: a sound Node.js passes them all, one that was sabotaged does not."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rtinstall.platforms.smoke.label import label_of_tree
from rtinstall.platforms.smoke.locate import Runtime, locate
from rtinstall.platforms.smoke.report import Result
from rtinstall.platforms.smoke.run import smoke
from rtinstall.platforms.smoke.table import CHECKS, SCRIPTS

# Scripts that are no checks: what checks share.
SHARED = {"evidence", "package-manager"}


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """Return the runtime to try: RTINSTALL_NODE names one, else this machine's node."""
    node = os.environ.get("RTINSTALL_NODE") or shutil.which("node")
    if node is None:
        pytest.skip("needs a Node.js, on PATH or named by RTINSTALL_NODE")
    return locate(Path(node))


def run(runtime: Runtime, name: str) -> Result:
    (result,) = smoke(runtime, label_of_tree(runtime), only=(name,)).results
    return result


def test_every_script_is_a_row_of_the_table() -> None:
    scripts = {path.stem for path in SCRIPTS.glob("*.mjs")} - SHARED
    assert scripts == {check.name for check in CHECKS}


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_a_sound_runtime_passes(runtime: Runtime, name: str) -> None:
    if {"npm": runtime.npm, "headers": runtime.headers}.get(name, runtime.node) is None:
        pytest.skip(f"this machine's Node.js came without {name}")
    result = run(runtime, name)
    if result.status == "not run":
        pytest.skip(result.reason)
    assert result.status == "passed", result.reason
    assert result.evidence


# A program that runs first in every process of the runtime, and what the check has to say then.
SABOTAGE = {
    "version": ("Object.defineProperty(process, 'version', {value: 'v1.0.0'})", "node --version"),
    "architecture": ("require('os').arch = () => 'pdp11'", "os.arch()"),
    "event-loop": (
        """
        const every = setInterval;
        const block = () => { const end = Date.now() + 250; while (Date.now() < end); };
        let blocking;
        globalThis.setInterval = (...a) => { blocking ??= every(block, 300); return every(...a) }
        """,
        "lost its rhythm",
    ),
    "http-server": (
        """
        const { ServerResponse } = require('http');
        const { end } = ServerResponse.prototype;
        ServerResponse.prototype.end = function (...a) {
          if (!this.headersSent) this.setHeader('connection', 'close');
          return end.apply(this, a);
        }
        """,
        "connections for 100 requests",
    ),
    "gathering-proxy": (
        """
        const later = setTimeout;
        globalThis.setTimeout = (call, ms) => {
          const end = Date.now() + ms;
          while (Date.now() < end);
          return later(call, 0);
        }
        """,
        "all in a row",
    ),
    "upload": (
        """
        const fs = require('fs');
        const read = fs.readFileSync;
        fs.readFileSync = (name, ...a) => name === 'uploaded' ? Buffer.from('') : read(name, ...a)
        """,
        "digest of the uploaded file",
    ),
    "tls": ("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'", "a certificate nobody vouches for"),
    "extra-certificates": ("process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'", "without the extra"),
    "crypto": ("require('crypto').verify = () => true", "accepted a forgery"),
    "zlib": (
        "require('zlib').gunzip = (data, done) => done(null, data)",
        "gzip does not give back",
    ),
    "intl": ("Intl.DateTimeFormat.supportedLocalesOf = () => ['en']", "locales without data"),
    "file-watching": ("require('fs').watch = () => ({ close() {} })", "no word of 100 writes"),
    "headers": (
        "const value = {...process.versions, node: '1.2.3'};"
        + "Object.defineProperty(process, 'versions', {value})",
        "not of this runtime",
    ),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_sabotaged_runtime_fails(tmp_path: Path, runtime: Runtime, name: str) -> None:
    code, reason = SABOTAGE[name]
    sabotage = tmp_path / "sabotage.cjs"
    sabotage.write_text(f"{code};\nrequire('module').syncBuiltinESMExports();\n")
    result = run(preloading(runtime, tmp_path, sabotage), name)
    assert result.status == "failed"
    assert reason in result.reason


def preloading(runtime: Runtime, tmp_path: Path, script: Path) -> Runtime:
    """Return the same runtime with ``script`` run before everything else in each of its processes."""
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    words = shlex.join([*runtime.way.wrapper, str(runtime.node), "--require", str(script)])
    node.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    node.chmod(0o755)
    return replace(runtime, node=node)


def with_npm(runtime: Runtime, prefix: Path) -> Runtime:
    """Return the runtime with a copy of its npm below ``prefix``, to be changed."""
    if runtime.npm is None:
        pytest.skip("this Node.js came without npm")
    npm = prefix / "lib" / "node_modules" / "npm"
    shutil.copytree(runtime.npm.parents[1], npm, symlinks=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "node").symlink_to(runtime.node)
    for name in ("npm", "npx"):
        (prefix / "bin" / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    return replace(
        runtime, node=prefix / "bin" / "node", prefix=prefix, root=prefix,
        npm=npm / "bin" / "npm-cli.js", npx=npm / "bin" / "npx-cli.js",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda bin: (bin / "npm").unlink(), "npm is missing"),
        (lambda bin: (bin / "npx").unlink(), "npx is missing"),
        (
            lambda bin: ((bin / "npx").unlink(), (bin / "npx").symlink_to("/bin/sh")),
            "out of the tree",
        ),
    ],
    ids=["no npm", "no npx", "a link that leads out"],
)
def test_npm_under_its_name_must_lead_into_the_tree(
    tmp_path: Path, runtime: Runtime, break_it: object, reason: str
) -> None:
    tree = with_npm(runtime, tmp_path)
    assert callable(break_it)
    break_it(tmp_path / "bin")
    result = run(tree, "npm")
    assert result.status == "failed"
    assert reason in result.reason


def test_a_runtime_without_npm_fails(runtime: Runtime) -> None:
    result = run(replace(runtime, npm=None, npx=None), "npm")
    assert (result.status, "npm is not below" in result.reason) == ("failed", True)


def test_npm_works_with_what_the_shipped_files_say(tmp_path: Path, runtime: Runtime) -> None:
    tree = with_npm(runtime, tmp_path)
    (tmp_path / "lib/node_modules/npm/npmrc").write_text("prefix=/usr/local\nfetch-retries=9\n")
    machine = tmp_path / "etc" / "npmrc"
    machine.parent.mkdir()
    machine.write_text(
        "# a company's\nregistry = https://registry.invalid/npm\n@corp:registry=https://corp.invalid\n"
        "//registry.invalid/:_authToken=secret\nfund=false\nca[]=x\ncafile=${HOME}/ca.pem\n"
    )
    result = run(replace(tree, globalconfig=machine), "npmrc")
    assert result.status == "passed", result.reason
    assert result.evidence == {
        "builtin": ["prefix", "fetch-retries"],
        "machine": ["registry", "@corp:registry", "fund", "cafile"],
    }


def test_an_npmrc_that_npm_does_not_read_fails(tmp_path: Path, runtime: Runtime) -> None:
    tree = with_npm(runtime, tmp_path)
    (tmp_path / "lib/node_modules/npm/npmrc").write_text("fetch-retries=9\n")
    sabotage = tmp_path / "sabotage.cjs"
    sabotage.write_text("process.env.npm_config_fetch_retries = '1'\n")
    (tmp_path / "other").mkdir()
    result = run(preloading(tree, tmp_path / "other", sabotage), "npmrc")
    assert (result.status, result.reason) == (
        "failed",
        'npm config get fetch-retries: "1" instead of "9"',
    )


@pytest.mark.parametrize(
    ("compiler", "header", "status", "reason"),
    [
        ("/bin/false", "", "not run", "builds no libraries"),
        ("", "#error no such header\n", "failed", "the addon does not compile"),
    ],
)
def test_only_a_working_compiler_can_blame_the_headers(
    tmp_path: Path, runtime: Runtime, compiler: str, header: str, status: str, reason: str
) -> None:
    found = compiler or runtime.way.compiler
    if found is None:
        pytest.skip("needs a C compiler")
    (tmp_path / "node_api.h").write_text(header)
    way = replace(runtime.way, compiler=found)
    result = run(replace(runtime, way=way, headers=tmp_path), "native-addon")
    assert (result.status, reason in result.reason) == (status, True)
