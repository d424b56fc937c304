"""Event orders of a text session, as recorded."""

from __future__ import annotations

from kit.client import Client, shape

TEXT_REPLY = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]


def text_client() -> Client:
    client = Client()
    client.update(output_modalities=["text"])
    client.forget()
    return client


def test_a_text_turn() -> None:
    client = text_client()
    client.ask("Hello")
    assert shape(client.types) == ["conversation.item.added", "conversation.item.done", *TEXT_REPLY]
    assert "Hello" in client.said()


def test_the_fields_of_a_text_turn() -> None:
    client = text_client()
    client.send("conversation.item.create", item=user_item("msg_1"))
    client.send("response.create", response={"metadata": {"client_event_id": "abc"}})
    client.settle()

    added, done = client.events[0], client.events[1]
    assert added["item"] == {
        "id": "msg_1",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_text", "text": "Hi"}],
    }
    assert added["previous_item_id"] is None
    assert done["item"] == added["item"]

    created = client.last("response.created")["response"]
    assert created["metadata"] == {"client_event_id": "abc"}
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert created["object"] == "realtime.response"
    assert created["conversation_id"]

    started = client.last("response.output_item.added")
    assert (started["item"]["status"], started["item"]["content"]) == ("in_progress", [])
    assert client.last("conversation.item.added")["previous_item_id"] == "msg_1"
    assert client.last("response.content_part.added")["part"] == {"type": "text", "text": ""}

    text = "".join(event["delta"] for event in client.all("response.output_text.delta"))
    assert client.last("response.output_text.done")["text"] == text
    assert client.last("response.content_part.done")["part"] == {"type": "text", "text": text}
    item = client.last("response.output_item.done")["item"]
    assert item["status"] == "completed"
    assert item["content"] == [{"type": "output_text", "text": text}]
    assert client.last("conversation.item.done")["item"] == item

    response = client.last("response.done")["response"]
    assert response["status"] == "completed"
    assert response["output"] == [item]
    assert response["metadata"] == {"client_event_id": "abc"}
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0
    assert usage["output_token_details"] == {"text_tokens": usage["output_tokens"], "audio_tokens": 0}
    assert client.last("rate_limits.updated")["rate_limits"][0]["name"] == "tokens"


def test_every_event_has_an_id_of_its_own() -> None:
    client = text_client()
    client.ask("Hello")
    client.ask("And again")
    ids = [event["event_id"] for event in client.events]
    assert len(set(ids)) == len(ids)


def test_a_text_answer_comes_word_by_word_and_can_be_cancelled() -> None:
    client = text_client()
    client.write("one two three four five six seven eight")
    client.send("response.create")
    client.wait(0.05)
    client.send("response.cancel")
    assert shape(client.types)[-6:] == TEXT_REPLY[-6:]
    response = client.last("response.done")["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert response["output"][0]["status"] == "incomplete"
    deltas = "".join(event["delta"] for event in client.all("response.output_text.delta")).rstrip()
    assert response["output"][0]["content"] == [{"type": "output_text", "text": deltas}]
    assert "eight" not in deltas
    assert client.settle() == []


def test_the_slot_is_free_when_response_done_is_read() -> None:
    client = text_client()
    client.ask("Hello")
    client.write("More")
    assert client.send("response.create")[0]["type"] == "response.created"


def test_a_second_response_is_refused_while_one_is_active() -> None:
    client = text_client()
    client.write("Hello")
    client.send("response.create")
    active = client.last("response.created")["response"]["id"]
    (error,) = client.send("response.create", event_id="mine")
    assert error["error"] == {
        "type": "invalid_request_error",
        "code": "conversation_already_has_active_response",
        "message": f"Conversation already has an active response in progress: {active}. "
        "Wait until the response is finished before creating a new one.",
        "param": None,
        "event_id": "mine",
    }
    client.settle()
    assert client.last("response.done")["response"]["status"] == "completed"


def test_an_out_of_band_response_runs_beside_the_active_one() -> None:
    client = text_client()
    client.write("Hello")
    client.send("response.create")
    aside = client.send(
        "response.create",
        response={"conversation": "none", "input": [user_item("aside")], "metadata": {"topic": "aside"}},
    )
    assert aside[0]["type"] == "response.created"
    client.settle()
    done = [event["response"] for event in client.all("response.done")]
    assert sorted(str(response["metadata"]) for response in done) == ["None", "{'topic': 'aside'}"]
    out_of_band = next(response for response in done if response["metadata"])
    assert out_of_band["conversation_id"] is None
    assert "Hi" in out_of_band["output"][0]["content"][0]["text"]
    added = {event["item"]["id"] for event in client.all("conversation.item.added")}
    assert out_of_band["output"][0]["id"] not in added
    assert "aside" not in added


def test_null_means_absent_in_response_create() -> None:
    client = text_client()
    client.write("Hello")
    client.send("response.create", response={"instructions": None, "tools": None})
    assert client.types[-1] != "error"


def user_item(id: str) -> dict[str, object]:
    return {"id": id, "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
