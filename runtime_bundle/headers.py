"""What a runtime says of itself in its C and C++ headers.

Sources without an index (wheels, packages of the npm registry) carry the headers all the same, and
these name every component. With them a label can be checked without running anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

NODE_VERSION = "include/node/node_version.h"

# file, component, the macros that make up its version in order
PARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("include/node/v8-version.h", "v8",
     ("V8_MAJOR_VERSION", "V8_MINOR_VERSION", "V8_BUILD_NUMBER", "V8_PATCH_LEVEL")),
    ("include/node/uv/version.h", "uv", ("UV_VERSION_MAJOR", "UV_VERSION_MINOR", "UV_VERSION_PATCH")),
    (NODE_VERSION, "node", ("NODE_MAJOR_VERSION", "NODE_MINOR_VERSION", "NODE_PATCH_VERSION")),
    (NODE_VERSION, "modules", ("NODE_MODULE_VERSION",)),
)  # fmt: skip
TEXTS: tuple[tuple[str, str, str], ...] = (
    (NODE_VERSION, "lts", "NODE_VERSION_LTS_CODENAME"),
    (NODE_VERSION, "tag", "NODE_TAG"),
    ("include/node/zlib.h", "zlib", "ZLIB_VERSION"),
)
# node_version.h is generic; the OpenSSL version stands in a file per platform and configuration.
OPENSSL = re.compile(r"include/node/openssl/(?:archs/[^/]+/[^/]+/include/openssl/)?opensslv\.h")


def components(paths: Mapping[str, Callable[[], bytes]]) -> dict[str, str]:
    """Return component versions read from the headers; ``paths`` maps a path to a reader of its bytes.

    Keys: node, v8, uv, modules, zlib, openssl, lts, tag; a missing header leaves its key out.
    """
    found: dict[str, str] = {}
    for path, component, macros in PARTS:
        defines = _defines(paths, path)
        values = [defines.get(macro, "") for macro in macros]
        if all(value.isdigit() for value in values):
            found[component] = ".".join(values)
    for path, component, macro in TEXTS:
        text = _defines(paths, path).get(macro, "")
        if text.startswith('"') and len(text) > 2:
            found[component] = text.strip('"')
    for path in sorted(paths):
        if OPENSSL.fullmatch(path):
            text = _defines(paths, path).get("OPENSSL_FULL_VERSION_STR", "").strip('"')
            if text:
                found["openssl"] = text
                break
    v8 = found.get("v8")
    if v8 and (embedder := _embedder(paths)):
        found["v8"] = v8 + embedder
    return found


def _defines(paths: Mapping[str, Callable[[], bytes]], path: str) -> dict[str, str]:
    """Return the object-like macros of a header; the first one with a literal value counts."""
    if path not in paths:
        return {}
    text = paths[path]().decode("utf-8", "replace")
    found: dict[str, str] = {}
    for name, value in re.findall(
        r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S[^\n]*)$", text, re.MULTILINE
    ):
        literal = value.split("/*")[0].strip()
        if not found.get(name, "")[:1].isdigit():
            found[name] = literal if literal[:1].isdigit() else found.get(name, literal)
    return found


def _embedder(paths: Mapping[str, Callable[[], bytes]]) -> str:
    """Return the suffix Node.js adds to V8's version, such as ``-node.31``."""
    path = "include/node/common.gypi"
    if path not in paths:
        return ""
    found = re.search(rb"'v8_embedder_string': *'([^']*)'", paths[path]())
    return found.group(1).decode("ascii", "replace") if found else ""
