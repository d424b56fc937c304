"""Record, commit, then reveal: nothing that rests on a durable event leaves before that event is on disk."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class OutputGate(Generic[T]):
    """Holds outputs, in order, until the durable events before them are committed.

    Previews (deltas, the voice detector's events) do not go through the gate.
    """

    def __init__(self) -> None:
        self.recorded = 0
        """Number of the newest durable event."""
        self.committed = 0
        """Number of the newest one on disk."""
        self._held: list[tuple[int, T]] = []  # seldom more than a few; an empty deque has 760 bytes

    def record(self) -> int:
        """The number for the next durable event."""
        self.recorded += 1
        return self.recorded

    @property
    def settled(self) -> bool:
        """Whether everything that was recorded is on disk, and shown."""
        return not self._held and self.committed >= self.recorded

    def hold(self, output: T) -> bool:
        """False when it may leave now; else it is kept until what was recorded before it is on disk."""
        if self.settled:
            return False
        self._held.append((self.recorded, output))
        return True

    def commit(self, seq: int) -> list[T]:
        """Everything up to `seq` is on disk; returns what may leave now."""
        self.committed = max(self.committed, seq)
        ready = 0
        while ready < len(self._held) and self._held[ready][0] <= self.committed:
            ready += 1
        released = [output for _, output in self._held[:ready]]
        del self._held[:ready]
        return released

    def drop(self) -> None:
        """Nothing that is held will ever leave."""
        self._held.clear()
