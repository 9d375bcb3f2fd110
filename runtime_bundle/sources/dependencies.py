"""What a package needs, and what that needs in turn: the same walk through any repository.

Nothing of the libraries found is fetched: a runtime is only offered if its system's own tool will
find everything it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from rtinstall.runtime_bundle.errors import BrokenDependencies

Node = TypeVar("Node", bound=Hashable)


def closure(
    start: Sequence[Node],
    needs: Callable[[Node], Iterable[Node]],
    *,
    name: Callable[[Node], str],
    cycles: bool = False,
) -> tuple[Node, ...]:
    """Return ``start`` and everything it needs, each after what it needs itself.

    ``needs`` raises for what is missing. A circle is :class:`BrokenDependencies`; with ``cycles``,
    for repositories where libraries may need each other, only one that leads back to ``start``.
    """
    found: dict[Node, None] = {}
    way: dict[Node, Iterator[Node]] = {}  # from a start to where we are, and what is left there

    def step(node: Node) -> Node | None:
        """Return what has to be looked at before ``node`` is done, None if nothing is left."""
        for following in way[node]:
            if following in way and (not cycles or following in start):
                names = list(way)
                circle = [*names[names.index(following) :], following]
                raise BrokenDependencies(
                    f"{name(following)} depends on itself: {' needs '.join(map(name, circle))}"
                )
            if following not in found and following not in way:
                return following
        return None

    for first in start:
        node = None if first in found else first
        while node is not None:
            if node not in way:
                way[node] = iter(needs(node))
            following = step(node)
            if following is None:
                way.popitem()
                found[node] = None
                node = next(reversed(way), None)
            else:
                node = following
    return tuple(found)
