"""The orders of events when a chat model answers, in the notation of `notation`: what it says comes bit by bit.

A single function call, and one behind a message, follow recordings of the real server; parallel calls and the ends of
responses follow the published types and documentation.
"""

from __future__ import annotations

from conformance.notation import Flow
from conformance.replies import call, item, text_reply
from conformance.steps import (
    BY_TEXT,
    CLOCK,
    WEATHER,
    answer_call,
    chatting,
    create,
    fail_to_reply,
    refuse,
    reply_call,
    reply_end,
    reply_text,
    send,
    update,
    write,
)
from vivavoce.engine import effects

ASKED = (BY_TEXT, update(tools=[WEATHER, CLOCK]), write("What is the weather, and what time is it?"))
BEGUN = """
    response.created            response.status=in_progress response.output=[]
    response.output_item.added  item.id=A item.status=in_progress output_index=0
    conversation.item.added     item.id=A
    response.content_part.added item_id=A
    response.output_text.delta *
"""
REST = "response.output_text.delta *"


def text_end(status: str, why: str) -> str:
    return f"""
    response.output_text.done   item_id=A
    response.content_part.done  item_id=A
    conversation.item.done      item.id=A item.status=incomplete
    response.output_item.done   item.id=A item.status=incomplete
    response.done               response.status={status} response.status_details.{why} response.output.0.id=A
    rate_limits.updated
    """


FUNCTIONS = (
    Flow(
        "a function call",
        (
            create(),
            "response.created",
            reply_call("get_weather", '{"city": "London"}'),
            reply_end("tool_calls"),
            call("F", "get_weather"),
            "response.done  response.status=completed response.output.0.id=F",
            "rate_limits.updated",
            answer_call('{"sky": "clear"}'),
            item("O"),
            create(),
            reply_text("It is clear."),
            reply_end(),
            text_reply("A"),
        ),
        given=ASKED,
        client=chatting,
    ),
    Flow(
        "parallel calls",
        (
            create(),
            "response.created",
            reply_call("get_weather", '{"city": "London"}'),
            reply_call("get_time"),
            reply_end("tool_calls"),
            call("F", "get_weather"),
            call("G", "get_time", 1),
            "response.done  response.output.0.id=F response.output.1.id=G",
            "rate_limits.updated",
            answer_call("clear", back=2),
            answer_call("noon"),
            item("O"),
            item("P"),
            create(),
            reply_text("It is clear. It is noon."),
            reply_end(),
            text_reply("A"),
        ),
        given=ASKED,
        client=chatting,
    ),
    Flow(
        "a message, then a call",
        (
            create(),
            reply_text("Let me see. "),
            BEGUN,
            reply_call("get_time"),
            reply_end("tool_calls"),
            """
            response.output_text.delta *
            response.output_text.done   item_id=A
            response.content_part.done  item_id=A
            conversation.item.done      item.id=A item.status=completed
            response.output_item.done   item.id=A item.status=completed
            """,
            call("F", "get_time", 1),
            "response.done  response.output.0.id=A response.output.1.id=F",
            "rate_limits.updated",
        ),
        given=ASKED,
        client=chatting,
    ),
)

ENDS = (
    Flow(
        "cancelled before a word came",
        (
            create(),
            "response.created",
            send("response.cancel"),
            "response.done  response.status=cancelled response.output=[]",
            "rate_limits.updated",
        ),
        given=ASKED,
        client=chatting,
    ),
    Flow(
        "cancelled in the middle",
        (
            create(),
            reply_text("It is "),
            BEGUN,
            send("response.cancel"),
            text_end("cancelled", "reason=client_cancelled"),
        ),
        given=ASKED,
        client=chatting,
    ),
    *(
        Flow(
            f"the answer is cut: {why}",
            (
                create(),
                reply_text("It is "),
                BEGUN,
                reply_end(finish),
                REST,
                text_end("incomplete", f"reason={why}"),
            ),
            given=ASKED,
            client=chatting,
        )
        for finish, why in (("length", "max_output_tokens"), ("content_filter", "content_filter"))
    ),
    Flow(
        "the chat model fails",
        (
            create(),
            reply_text("It is "),
            BEGUN,
            fail_to_reply("no connection"),
            text_end("failed", "error.code=server_error"),
        ),
        given=ASKED,
        client=chatting,
    ),
    Flow(
        "too much to do",
        (
            create(),
            "response.created",
            refuse(effects.Reply),
            """
            response.done  response.status=failed response.status_details.error.code=rate_limit_exceeded
            rate_limits.updated
            """,
        ),
        given=ASKED,
        client=chatting,
    ),
)

FLOWS = (*FUNCTIONS, *ENDS)
