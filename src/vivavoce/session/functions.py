"""The model's function calls: arguments collected per `call_id`, each call run once, also across upstreams."""

from __future__ import annotations

from vivavoce.lesson.tools import SERVER_CALLS, ToolCall
from vivavoce.protocol.message import Event

MAX_ARGUMENT_CHARS = 16_384
"""A lesson tool's arguments are a sentence; more than this is not collected and fails to parse."""


class FunctionCalls:
    """Calls of one session. A call is announced, its arguments stream in, and its item's `done` makes it run."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        """Calls whose output was not posted yet."""
        self.answers: dict[str, Event] = {}
        """What was answered, by call id; none of these runs again, whichever upstream asks for it (promise P6)."""
        self._collected: dict[str, str] = {}
        self._asked: set[str] = set()
        """Calls of the conversation that is open upstream."""

    def asked_here(self, call_id: str) -> bool:
        """Whether the call is in the conversation that is open upstream, so that it can be answered there."""
        return call_id in self._asked

    def new_conversation(self) -> None:
        """Another upstream, which knows of no call."""
        self._collected.clear()
        self._asked.clear()

    def arguments_delta(self, call_id: str, delta: str) -> None:
        collected = self._collected.get(call_id, "")
        if len(collected) <= MAX_ARGUMENT_CHARS:
            self._collected[call_id] = collected + delta

    def arguments_done(self, call_id: str, arguments: str) -> None:
        """The final text replaces what the deltas built."""
        self._collected[call_id] = arguments

    def item_done(self, item: Event) -> ToolCall | None:
        """`response.output_item.done`: the call to run, or to answer again.

        None if it was cancelled, came before on this upstream, is still running, or is not the model's.
        """
        call_id, name = item.get("call_id"), item.get("name")
        if item.get("type") != "function_call" or not isinstance(call_id, str) or not isinstance(name, str):
            return None
        collected = self._collected.pop(call_id, "")
        if item.get("status") != "completed" or call_id in self._asked or call_id.startswith(SERVER_CALLS):
            return None
        self._asked.add(call_id)
        if call_id in self.running:
            return None
        arguments = item.get("arguments")
        return ToolCall(call_id, name, arguments if isinstance(arguments, str) and arguments else collected)
