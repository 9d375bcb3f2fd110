from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtinstall.runtime_bundle.errors import BrokenDependencies, RtError
from rtinstall.runtime_bundle.sources.dependencies import closure

GRAPH = {"node": "uv icu", "npm": "node make", "uv": "", "icu": "uv", "make": ""}


def walk(graph: dict[str, str], *start: str, cycles: bool = False) -> tuple[str, ...]:
    def needs(name: str) -> list[str]:
        if name not in graph:
            raise BrokenDependencies(f"{name} is missing")
        return graph[name].split()

    return closure(start, needs, name=str, cycles=cycles)


def test_each_comes_once_and_after_what_it_needs() -> None:
    assert walk(GRAPH, "node", "npm") == ("uv", "icu", "node", "make", "npm")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(RtError, match="zstd is missing"):
        walk(GRAPH | {"uv": "zstd"}, "node")


@pytest.mark.parametrize("cycles", [False, True])
@pytest.mark.parametrize("last", ["node", "make node"])
def test_a_runtime_that_depends_on_itself_is_refused(last: str, *, cycles: bool) -> None:
    with pytest.raises(
        BrokenDependencies, match=r"node depends on itself: node needs .* needs node$"
    ):
        walk(GRAPH | {"uv": last}, "node", cycles=cycles)


def test_libraries_that_need_each_other_are_refused_unless_their_system_knows_such() -> None:
    graph = GRAPH | {"uv": "icu"}
    assert set(walk(graph, "node", cycles=True)) == {"node", "icu", "uv"}
    with pytest.raises(BrokenDependencies, match=r"needs icu|needs uv"):
        walk(graph, "node")


def test_a_chain_may_be_longer_than_a_stack() -> None:
    graph = {str(n): str(n + 1) for n in range(20_000)} | {"20000": ""}
    assert walk(graph, "0") == tuple(str(n) for n in range(20_000, -1, -1))


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=4)))
def test_an_order_is_found_exactly_if_there_is_one(graph: dict[str, list[str]]) -> None:
    whole = {name: list(graph.get(name, [])) for name in "abcdef"}
    try:
        order = closure(list("abcdef"), lambda name: whole[name], name=str)
    except BrokenDependencies:
        reach = {name: set(needs) for name, needs in whole.items()}
        for _ in reach:
            reach = {n: seen.union(*(reach[s] for s in seen)) for n, seen in reach.items()}
        assert any(name in seen for name, seen in reach.items())
        return
    assert sorted(order) == list("abcdef")
    assert all(order.index(need) < order.index(name) for name in order for need in whole[name])
