"""What goes wrong is told with the real server's codes, and with no others; the session goes on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import vivavoce.engine
import vivavoce.hosts.native
from conformance.flows import FLOWS
from conformance.matrix import code, table
from conformance.notation import play
from conformance.schema import faults
from conformance.situations import SITUATIONS, Situation

CODES = {
    "invalid_json",
    "invalid_value",
    "invalid_type",
    "missing_required_parameter",
    "unknown_parameter",
    "input_audio_buffer_commit_empty",
    "cannot_update_voice",
    "item_create_duplicate_item_id",
    "item_truncate_invalid_item_id",
    "item_delete_invalid_item_id",
    "item_retrieve_invalid_item_id",
    "unsupported_content_type",
    "invalid_tool_call_id",
    "conversation_already_has_active_response",
    "response_cancel_not_active",
    "session_expired",
}
"""Of errors in a session: codes that the real server is known to send, where this engine gets into their situations."""

AT_THE_DOOR = {
    "invalid_event",
    "missing_model",
    "invalid_model",
    "invalid_intent",
    "model_not_found",
    "invalid_api_key",
    "beta_api_shape_disabled",
}
"""Of errors about what never reaches a session."""


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_the_error_of(situation: Situation) -> None:
    client, (event,) = situation.play()
    assert event["type"] == "error"
    assert not faults(event)
    active = client.last("response.created")["response"]["id"] if "response.created" in client.types else ""
    assert event["error"] == {
        "type": "invalid_request_error",
        "code": situation.code,
        "message": situation.message.replace(" R.", f" {active}."),
        "param": situation.param,
        "event_id": None,
    }
    client.update(output_modalities=["text"])
    client.settle()
    assert "error" not in [event["type"] for event in client.send("input_audio_buffer.clear")]


def test_every_code_is_met() -> None:
    met = {situation.code for situation in SITUATIONS}
    met |= {event["error"]["code"] for flow in FLOWS for event in play(flow) if event["type"] == "error"}
    assert met == CODES


def test_no_other_code_is_written_anywhere() -> None:
    engine = Path(vivavoce.engine.__path__[0])
    assert _codes(engine.rglob("*.py"), "RequestError") == CODES
    host = Path(vivavoce.hosts.native.__path__[0])
    assert _codes(host.glob("engine_*.py"), "Rejection", "error_event") == AT_THE_DOOR


def test_the_page_names_every_code() -> None:
    assert {code(row[0]) for row in table("What an error says")} == CODES | AT_THE_DOOR


def _codes(files: Iterable[Path], *makers: str) -> set[str]:
    """The first argument of every call that makes an error."""
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    return {found for tree in trees for node in ast.walk(tree) for found in _code(node, makers)}


def _code(node: ast.AST, makers: tuple[str, ...]) -> Iterator[str]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers):
        return
    match node.args[0]:
        case ast.Constant(str(literal)):
            yield literal
        case ast.JoinedStr([ast.Constant("item_"), ast.FormattedValue(), ast.Constant("_invalid_item_id")]):
            yield from (f"item_{verb}_invalid_item_id" for verb in ("truncate", "delete", "retrieve"))
        case ast.Attribute(ast.Name("rejection"), "code"):
            pass
        case other:
            raise AssertionError(f"a code that cannot be read here: {ast.unparse(other)}")
