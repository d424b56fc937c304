"""What jsonschema asks of the package rpds, whose compiled code is not to be had for Pyodide: collections that are
never changed, only replaced.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any


class HashTrieMap(dict[Hashable, Any]):
    @classmethod
    def convert(cls, value: Mapping[Hashable, Any]) -> HashTrieMap:
        return value if isinstance(value, cls) else cls(value)

    def insert(self, key: Hashable, value: object) -> HashTrieMap:
        return HashTrieMap({**self, key: value})

    def remove(self, key: Hashable) -> HashTrieMap:
        self[key]  # KeyError
        return HashTrieMap({other: value for other, value in self.items() if other != key})

    def update(self, *others: Any, **named: Any) -> HashTrieMap:  # type: ignore[override]
        copy = dict(self)
        for other in (*others, named):
            copy.update(other)
        return HashTrieMap(copy)


class HashTrieSet(frozenset[Hashable]):
    def insert(self, value: Hashable) -> HashTrieSet:
        return HashTrieSet(self | {value})

    def discard(self, value: Hashable) -> HashTrieSet:
        return HashTrieSet(self - {value})

    def update(self, values: Iterable[Hashable]) -> HashTrieSet:
        return HashTrieSet(self.union(values))


class List(tuple[Any, ...]):
    def push_front(self, value: object) -> List:
        return List((value, *self))
