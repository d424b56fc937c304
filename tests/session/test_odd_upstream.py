"""An upstream that is not well made: whatever stands where something else belongs, the call goes on."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.relay import Relay
from kit.scenes import scene
from vivavoce.session.inputs import Peer, Received

Path = tuple[str | int, ...]


class Recording(Relay):
    """A relay that keeps what its upstream said."""

    def upstream(self, **event: Any) -> None:
        said.append(event)
        super().upstream(**event)


said: list[dict[str, Any]] = []


def a_whole_call() -> list[dict[str, Any]]:
    """One event of every kind that a rule applies to, as a well-made upstream sends it."""
    said.clear()
    relay = Recording(scene("tool"))
    relay.go_live()
    relay.says("I am sorry about the noise.")
    relay.answer("Thank you.", (("c1", "trigger_quiz", "{}"),), tag=None)
    relay.upstream(type="conversation.item.input_audio_transcription.failed", item_id="item_x", error={"code": "x"})
    relay.upstream(type="response.done", response={"id": "r", "status": "failed", "status_details": {"error": {}}})
    relay.upstream(type="response.output_text.done", item_id="item_t", text="Written.")
    relay.upstream(type="error", error={"code": "x", "message": "y", "event_id": "vv_1", "param": None})
    typed = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Sorry."}]}
    relay.upstream(type="conversation.item.created", item=typed, previous_item_id=None)
    return list(said)


def places(value: Any, path: Path = ()) -> list[Path]:
    """Every place in an event but its type."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = [(key, child) for key, child in value.items() if path or key != "type"]
    elif isinstance(value, list):
        children = list(enumerate(value))
    return [*([path] if path else []), *(place for key, child in children for place in places(child, (*path, key)))]


CASES = [(event, place) for event in a_whole_call() for place in places(event)]
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "user", "failed"]),
    lambda children: (
        st.lists(children, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "role", "id", "content", "text", "code", "error"]), children)
    ),
    max_leaves=4,
)


@settings(max_examples=400)
@given(st.data())
def test_a_field_of_an_odd_type_does_not_end_the_call(data: st.DataObject) -> None:
    event, place = data.draw(st.sampled_from(CASES))
    event = copy.deepcopy(event)
    holder: Any = event
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = data.draw(odd)
    relay = Relay(scene("tool"))
    relay.go_live()
    relay.upstream(**event)
    relay.says("Would you like another room?")
    relay.browser(type="vivavoce.end")
    relay.wait(5)
    assert [ended["reason"] for ended in relay.seen("vivavoce.ended")] == ["learner_ended"]
    assert len(relay.seen("vivavoce.grade")) == 1


@pytest.mark.parametrize(
    "kind", ["something.new", "response.text.delta", "conversation.item.added", "rate_limits.updated"]
)
@pytest.mark.parametrize("depth", range(100, 1100, 50))
def test_nesting_that_nobody_can_follow_does_not_end_the_call(kind: str, depth: int) -> None:
    relay = Relay(scene())
    relay.go_live()
    frame = json.dumps({"type": kind, "item": "?"}).encode().replace(b'"?"', b'[{"a":' * depth + b"1" + b"}]" * depth)
    relay.put(Received(Peer.UPSTREAM, frame))
    relay.says("I am sorry.")
    assert relay.lines()[-1] == ("user", "I am sorry.")
