from __future__ import annotations

from vivavoce.lesson.tools import ToolCall
from vivavoce.session.functions import MAX_ARGUMENT_CHARS, FunctionCalls


def done(call_id: str, arguments: str | None = None, status: str = "completed") -> dict[str, object]:
    return {"type": "function_call", "call_id": call_id, "name": "f", "arguments": arguments, "status": status}


def test_arguments_are_collected_per_call() -> None:
    calls = FunctionCalls()
    for call_id, delta in [("a", '{"x"'), ("b", "{}"), ("a", ":1}")]:
        calls.arguments_delta(call_id, delta)
    assert calls.item_done(done("a")) == ToolCall("a", "f", '{"x":1}')
    assert calls.item_done(done("b")) == ToolCall("b", "f", "{}")


def test_the_final_text_replaces_the_deltas() -> None:
    calls = FunctionCalls()
    calls.arguments_delta("a", '{"x":')
    calls.arguments_done("a", '{"x":2}')
    assert calls.item_done(done("a")) == ToolCall("a", "f", '{"x":2}')
    assert calls.item_done(done("a", "{}")) is None


def test_a_cancelled_call_is_not_run_and_may_come_again() -> None:
    calls = FunctionCalls()
    assert calls.item_done(done("a", "{", "incomplete")) is None
    assert calls.item_done(done("a", "{}")) == ToolCall("a", "f", "{}")


def test_endless_arguments_are_not_kept() -> None:
    calls = FunctionCalls()
    for _ in range(100):
        calls.arguments_delta("a", "x" * 1000)
    call = calls.item_done(done("a"))
    assert call is not None and len(call.arguments) <= MAX_ARGUMENT_CHARS + 1000


def test_a_model_cannot_give_a_call_the_name_of_one_of_our_own() -> None:
    assert FunctionCalls().item_done(done("vv_quiz_answered", "{}")) is None
