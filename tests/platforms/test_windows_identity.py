from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.platforms.package import Metadata, Windows
from rtinstall.platforms.windows import identity, short_names

GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
# Shipped products are found by it: this literal changes never.
OURS = UUID("34378fba-1ee8-5065-acd1-b5a997392d28")


def test_the_family_is_that_of_vendor_and_name_for_ever() -> None:
    assert identity.upgrade_code(Metadata()) == OURS
    assert identity.upgrade_code(Metadata(revision=2, summary="Another")) == OURS


@pytest.mark.parametrize(
    "metadata", [Metadata(vendor="Acme"), Metadata(name="acme-node")], ids=["vendor", "name"]
)
def test_another_vendor_or_name_is_another_family(metadata: Metadata) -> None:
    assert identity.upgrade_code(metadata) != OURS


def test_a_pinned_family_stays() -> None:
    code = "0A1B2C3D-0000-4000-8000-00000000000F"
    metadata = Metadata(vendor="Acme", windows=Windows(upgrade_code=code))
    assert identity.guid(identity.upgrade_code(metadata)) == f"{{{code}}}"
    assert identity.upgrade_code(replace(metadata, vendor="Other")) == UUID(code)


def test_a_component_is_the_same_in_every_version() -> None:
    path = ("x64", "folder", "Program Files/nodejs/node_modules/npm", "npm")
    assert identity.component_id(OURS, *path) == "{4A1EA99F-9CD0-59AC-8D08-4130C0D00E3A}"


@pytest.mark.parametrize("part", range(4))
def test_another_place_or_purpose_is_another_component(part: int) -> None:
    path = ["x64", "folder", "Program Files/nodejs", "npm"]
    other = [*path[:part], "other", *path[part + 1 :]]
    assert identity.component_id(OURS, *other) != identity.component_id(OURS, *path)


ROWS: dict[str, list[tuple[str | int | None, ...]]] = {
    "Property": [("B", "2"), ("A", "1")],
    "File": [("f1", None, 1)],
}


def test_codes_do_not_depend_on_the_order_of_rows() -> None:
    turned = {name: rows[::-1] for name, rows in reversed(ROWS.items())}
    codes = identity.content_codes(OURS, ROWS, ["x64"])
    assert identity.content_codes(OURS, turned, ["x64"]) == codes
    assert all(GUID.fullmatch(code) for code in codes)
    assert codes[0] != codes[1]


@pytest.mark.parametrize(
    ("rows", "facts"),
    [
        (ROWS | {"File": [("f1", None, 2)]}, ["x64"]),
        (ROWS | {"File": [("f1", "", 1)]}, ["x64"]),
        (ROWS | {"Property": [("B", "1"), ("A", "2")]}, ["x64"]),
        (ROWS, ["arm64"]),
        (ROWS, ["x64", ""]),
    ],
    ids=["number", "empty", "exchanged", "fact", "one-more"],
)
def test_every_change_is_another_product(
    rows: dict[str, list[tuple[str | int | None, ...]]], facts: list[str]
) -> None:
    codes = {
        *identity.content_codes(OURS, ROWS, ["x64"]),
        *identity.content_codes(OURS, rows, facts),
    }
    assert len(codes) == 4


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("node.exe", "node.exe"),
        ("LICENSE", "LICENSE"),
        ("@scope", "@scope"),
        ("npm.json", "NPM~1.JSO|npm.json"),
        ("node_modules", "NODE_M~1|node_modules"),
        (".npmrc", "~1.NPM|.npmrc"),
        ("a.b.c", "AB~1.C|a.b.c"),
        ("größe.md", "GRSSE~1.MD|größe.md"),
        ("日本", "~1|日本"),
        ("a b", "AB~1|a b"),
        ("a+b", "AB~1|a+b"),
    ],
)
def test_short_name(name: str, column: str) -> None:
    assert short_names.columns([name]) == {name: column}


def test_short_names_avoid_names_that_are_there() -> None:
    found = short_names.columns(["npm.json", "npm~1.jso", "NPM.jsonc"])
    assert found["npm~1.jso"] == "npm~1.jso"
    assert {found["npm.json"], found["NPM.jsonc"]} == {"NPM~2.JSO|NPM.jsonc", "NPM~3.JSO|npm.json"}


def test_many_names_that_begin_alike_are_told_apart() -> None:
    names = [f"the-same-beginning-{number}.js" for number in range(1200)]
    shorts = {column.partition("|")[0] for column in short_names.columns(names).values()}
    assert len(shorts) == 1200
    assert all(short_names.SHORT.fullmatch(short) for short in shorts)


NAMES = st.text(st.sampled_from("aAbß~1. +日"), min_size=1, max_size=10)


@given(st.sets(NAMES, max_size=40))
def test_short_names_are_valid_and_unique_without_regard_to_case(names: set[str]) -> None:
    names = {name for name in names if name.strip(". ")}
    unique = {name.upper(): name for name in sorted(names)}.values()
    found = short_names.columns(unique)
    shorts = [column.partition("|")[0].upper() for column in found.values()]
    assert len(set(shorts)) == len(shorts)
    for name, column in found.items():
        short, _, long = column.rpartition("|")
        assert long == name
        assert short_names.SHORT.fullmatch(short or long)
