from __future__ import annotations

import itertools
import json
import subprocess
from functools import cmp_to_key
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.runtime_bundle.sources.rpm_versions import FLAGS, Evr, Relation, compare

# From the lowest to the highest; in one row, what is equal.
ORDER = [
    ["~~"], ["~"], ["~1"], ["", "."], ["^"], ["^1"], ["a"], ["b"], ["bb"],
    ["0", "00"], ["1~rc1~git1"], ["1~rc1"], ["1~rc1^1"], ["1~rc2"], ["1", "01", "1.", ".1", "1_"],
    ["1^20240101"], ["1^20240101.g1"], ["1a", "1.a"], ["1b"],
    ["1.0~"], ["1.0", "1.00", "1-0", "1..0", "1.0+"], ["1.0^"], ["1.0a"], ["1.0.0"], ["1.0.1"],
    ["1.2"], ["1.9"], ["1.10", "1.010"], ["1.10000000000000000000000001"], ["2"], ["10"],
]  # fmt: skip


def test_versions_have_one_order() -> None:
    for (low, lesser), (high, greater) in itertools.product(enumerate(ORDER), repeat=2):
        for left, right in itertools.product(lesser, greater):
            assert compare(left, right) == (low > high) - (low < high), (left, right)


TEXTS = st.text("019abAB.~^+_-é", max_size=8)


@given(TEXTS, TEXTS, TEXTS)
def test_the_order_is_one(a: str, b: str, c: str) -> None:
    assert compare(a, b) == -compare(b, a)
    low, middle, high = sorted((a, b, c), key=cmp_to_key(compare))
    assert compare(low, middle) <= 0
    assert compare(middle, high) <= 0
    assert compare(low, high) <= 0


JUDGE = """
import json, rpm, sys
asked = json.load(sys.stdin)
found = []
for kind, left, right in asked:
    if kind == "version":
        found.append(rpm.labelCompare(("0", left, "1"), ("0", right, "1")))
    else:
        left, right = (rpm.ds((name, flags, evr), "P") for name, flags, evr in (left, right))
        found.append(int(left.Compare(right)))
print(json.dumps(found))
"""


def judged(asked: list[tuple[str, object, object]]) -> list[int]:
    """Return what rpm itself says, through its module for the system's Python."""
    python = "/usr/bin/python3"  # the system's, not that of an environment
    if (
        not Path(python).exists()
        or subprocess.run([python, "-c", "import rpm"], check=False).returncode
    ):
        pytest.skip("needs Python's module rpm (Debian package python3-rpm)")
    result = subprocess.run(
        [python, "-c", JUDGE], input=json.dumps(asked), capture_output=True, check=True,
        text=True,
    )  # fmt: skip
    found: list[int] = json.loads(result.stdout)
    return found


def test_rpm_orders_versions_the_same() -> None:
    words = ["".join(word) for n in range(1, 5) for word in itertools.product("09a~^.", repeat=n)]
    words += [text for row in ORDER for text in row if text and "-" not in text]
    pairs = list(zip(words, [*words[7:], *words[:7]], strict=True))
    pairs += list(itertools.product(words[::97], words[::89]))
    found = judged([("version", left, right) for left, right in pairs])
    assert found == [compare(left, right) for left, right in pairs]


def test_rpm_matches_what_is_provided_and_required_the_same() -> None:
    evrs = [
        Evr(),
        Evr(0, "1"),
        Evr(0, "1", "1"),
        Evr(0, "1", "2"),
        Evr(0, "1~rc"),
        Evr(0, "2", "1"),
    ]
    evrs += [Evr(1, "1"), Evr(1, "1", "1"), Evr(2, "0", "9")]
    every = [Relation("a")]
    every += [Relation("a", flags, evr) for flags in FLAGS.values() for evr in evrs if evr.version]
    pairs = list(itertools.product(every, every))
    asked = [
        (
            "relation",
            (left.name, left.flags, str(left.evr)),
            (right.name, right.flags, str(right.evr)),
        )
        for left, right in pairs
    ]
    for (left, right), answer in zip(pairs, judged(list(asked)), strict=True):
        assert left.meets(right) == bool(answer), (str(left), str(right))


def test_other_names_never_meet() -> None:
    assert not Relation("a").meets(Relation("b"))


@pytest.mark.parametrize(
    ("relation", "text"),
    [
        (Relation("a"), "a"),
        (Relation("a", 12, Evr(0, "1", "2")), "a >= 1-2"),
        (Relation("a", 2, Evr(1, "1")), "a < 1:1"),
    ],
)
def test_relations_are_shown_as_people_write_them(relation: Relation, text: str) -> None:
    assert str(relation) == text
