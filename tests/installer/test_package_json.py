"""What is read out of a ``package.json``, and that writing a version into one changes nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtinstall.installer.json_members import find_members
from rtinstall.installer.package_json import (
    DEV_ENGINES,
    ENGINES,
    VOLTA,
    Said,
    chosen,
    parse,
    pinned,
)
from rtinstall.runtime_bundle.errors import BadConfiguration


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", []),
        ('{"name": "engines", "engines": {"npm": "10"}}', []),
        ('{"engines": {"node": ">=18"}}', [Said(ENGINES, ">=18", 1)]),
        ('{"engines": {"node": " >=18\\n <20 "}}', [Said(ENGINES, ">=18 <20", 1)]),
        ('{"engines": {"node": "*"}}', []),
        ('{"engines": ["node >= 0.10"]}', []),  # as packages of 2011 have it
        ('{"engines": "node"}', []),
        ('{"x": {"engines": {"node": "18"}}}', []),
        ('{"\\u0065ngines": {"node": "18"}}', [Said(ENGINES, "18", 1)]),
        ('{"devEngines": {"runtime": {"name": "node"}}}', []),
        ('{"devEngines": {"runtime": {"name": "bun", "version": "1"}}}', []),
        ('{"devEngines": {"runtime": {"version": "1"}}}', []),
        (
            (
                '{"devEngines": {"runtime": [\n{"name": "node", "version": "22", "onFail": "warn"},\n'
                '{"name": "deno", "version": "2"},\n{"name": "node", "version": "24"}]}}'
            ),
            [Said(DEV_ENGINES, "22", 2), Said(DEV_ENGINES, "24", 4)],
        ),
        ('{"volta": {"node": "20.1.0", "npm": "10.1.0"}}', [Said(VOLTA, "20.1.0", 1)]),
    ],
)
def test_only_what_is_about_node_is_read(text: str, said: list[Said]) -> None:
    assert list(parse(text).said) == said


OURS = '{\n  "name": "x",\n  "version": "1.0.0"\n}\n'


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (OURS, "", ('{\n  "name": "x",\n  "version": "1.0.0",\n  "devEngines": {\n    "runtime": {\n'
                   '      "name": "node",\n      "version": "22.1.0"\n    }\n  }\n}\n')),
        (OURS.replace("\n", "\r\n").replace("  ", "\t"), VOLTA,
         '{\r\n\t"name": "x",\r\n\t"version": "1.0.0",\r\n\t"volta": {\r\n\t\t"node": "22.1.0"\r\n\t}\r\n}\r\n'),
        ('{"name":"x"}', VOLTA, '{"name":"x","volta":{"node":"22.1.0"}}'),
        ('{ "name": "x" }', VOLTA, '{ "name": "x", "volta": {"node": "22.1.0"} }'),
        ("{}", VOLTA, '{\n  "volta": {\n    "node": "22.1.0"\n  }\n}'),
        (' {"engines" : { "node":\t"18" , "npm" : "9"} } ', ENGINES,
         ' {"engines" : { "node":\t"22.1.0" , "npm" : "9"} } '),
        ('{\n "volta": {"npm": "9.0.0"}\n}', "", ('{\n "volta": {"npm": "9.0.0"},\n "devEngines": {\n  "runtime": {\n'
                                                '   "name": "node",\n   "version": "22.1.0"\n  }\n }\n}')),
        ('{\n    "engines": {\n        "npm": "9"\n    },\n    "z": [1, 2]\n}', ENGINES,
         '{\n    "engines": {\n        "npm": "9",\n        "node": "22.1.0"\n    },\n    "z": [1, 2]\n}'),
        ('{"volta": {"node": "1.2.3"}, "devEngines": {"runtime": {"name": "node", "version": "2"}}}', "",
         '{"volta": {"node": "22.1.0"}, "devEngines": {"runtime": {"name": "node", "version": "2"}}}'),
        ('{"devEngines": {"runtime": [{"name": "node", "version": "2"}, {"name": "node", "version": "3"}]}}', "",
         '{"devEngines": {"runtime": [{"name": "node", "version": "22.1.0"}, {"name": "node", "version": "3"}]}}'),
        ('{"volta": {}}', VOLTA, '{"volta": {"node": "22.1.0"}}'),
        ('{\n  "volta": {}\n}', VOLTA, '{\n  "volta": {\n    "node": "22.1.0"\n  }\n}'),
    ],
)  # fmt: skip
def test_pinning_changes_nothing_else(before: str, kind: str, after: str) -> None:
    kind = kind or chosen(before)
    assert pinned(before, "22.1.0", kind) == after
    assert Said(kind, "22.1.0", 0).text in [one.text for one in parse(after).said]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ('{"volta": "x"}', VOLTA, "no object"),
        ('{"volta": {}, "volta": {}}', VOLTA, "twice"),
        ('{"volta": {"node": 3}}', VOLTA, "no text"),
        ('{"devEngines": {"runtime": {"name": "bun"}}}', DEV_ENGINES, "other runtimes"),
        ("[]", VOLTA, "no JSON object"),
        ("", VOLTA, "not JSON"),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(text: str, kind: str, words: str) -> None:
    with pytest.raises(BadConfiguration, match=words):
        pinned(text, "22.1.0", kind)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
STYLES = st.sampled_from([None, 1, 4, "\t"])


@settings(deadline=None)
@given(JSON, STYLES, st.booleans())
def test_every_member_is_found_where_it_stands(
    value: object, indent: int | str | None, plain: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    members = find_members(text)
    assert members.value() == value
    assert not members.twice
    for path in members.spans:
        expected = value
        for step in path:
            expected = expected[step]  # type: ignore[index]
        assert members.value(*path) == expected
        if path and isinstance(path[-1], str):
            key = text[members.spans[path].key :]
            assert json.JSONDecoder().raw_decode(key)[0] == path[-1]


KEYS = st.text(max_size=5).filter(lambda key: key not in ("volta", "engines", "devEngines"))
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


@settings(deadline=None)
@given(OBJECTS, STYLES, st.sampled_from([VOLTA, ENGINES, DEV_ENGINES]))
def test_pinning_any_object_adds_one_version_and_keeps_the_rest(
    value: dict[str, object], indent: int | str | None, kind: str
) -> None:
    after = json.loads(pinned(json.dumps(value, indent=indent), "22.1.0", kind))
    outer, inner = kind.split(".")
    version = after.pop(outer)[inner]
    assert (version["version"] if kind == DEV_ENGINES else version) == "22.1.0"
    assert after == value
