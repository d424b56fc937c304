"""The orders of events of typed conversations, in the notation of `notation`.

They follow recordings of the real server where there are any: a session's start, a typed turn, a function call.
Parallel calls and errors in the middle follow the published types and documentation.
"""

from __future__ import annotations

from conformance.notation import Flow
from conformance.replies import audio_reply, item, text_reply
from conformance.steps import (
    BY_TEXT,
    LONG,
    SYSTEM,
    WEATHER,
    cancel_by_id,
    create,
    deaf,
    order,
    send,
    update,
    write,
)

CONNECT = (
    Flow("a session begins", ("session.created  session.type=realtime session.audio.input.format.rate=24000",)),
    Flow(
        "updates are answered one by one, in order",
        (
            update(instructions="One"),
            update(instructions="Two", tools=[WEATHER]),
            "session.updated  session.instructions=One session.tools=[]",
            "session.updated  session.instructions=Two session.tools.0.name=get_weather",
            update(instructions="Three", output_modalities=["audio", "text"]),
            "error            error.code=invalid_value",
            update(),
            "session.updated  session.instructions=Two",
        ),
        given=(update(),),
    ),
    Flow(
        "an opening line",
        (
            create(instructions="Say exactly: Good evening."),
            audio_reply("A"),
        ),
        given=(update(instructions="Be kind."),),
    ),
)

TEXT = (
    Flow("a typed turn", (write("Hello"), create(), item("U"), text_reply("A")), given=(BY_TEXT,)),
    Flow(
        "a typed turn without speech models",
        (write("Hello"), create(), item("U"), text_reply("A")),
        given=(update(),),
        client=deaf,
    ),
    Flow(
        "the next response may be asked for on response.done",
        (
            write("Hello"),
            item("U"),
            create(),
            text_reply("A").replace("rate_limits.updated         rate_limits.0.name=tokens", ""),
            create(),
            "rate_limits.updated",
            text_reply("B"),
        ),
        given=(BY_TEXT,),
    ),
    Flow(
        "metadata comes back",
        (
            write("Hello"),
            item("U"),
            create(metadata={"client_event_id": "e7"}, max_output_tokens=100),
            """
            response.created  response.metadata.client_event_id=e7 response.max_output_tokens=100
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_text.delta +
            response.output_text.done
            response.content_part.done
            conversation.item.done
            response.output_item.done
            response.done     response.metadata.client_event_id=e7 response.usage.input_token_details.cached_tokens=0
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT,),
    ),
    Flow(
        "a cancelled text",
        (
            create(),
            """
            response.created
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_text.delta +
            """,
            cancel_by_id,
            """
            response.output_text.done
            response.content_part.done
            conversation.item.done      item.status=incomplete
            response.output_item.done   item.status=incomplete
            response.done               response.status=cancelled response.status_details.reason=client_cancelled
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT, order(LONG)),
    ),
    Flow(
        "a text that is cut short",
        (
            create(max_output_tokens=4),
            """
            response.created
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_text.delta +
            response.output_text.done
            response.content_part.done
            conversation.item.done      item.status=incomplete
            response.output_item.done   item.status=incomplete
            response.done               response.status=incomplete response.status_details.reason=max_output_tokens
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT, order(LONG)),
    ),
    Flow(
        "a response beside an active one is refused",
        (
            create(),
            "response.created  response.id=R",
            send("response.create", event_id="e2"),
            """
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_text.delta +
            error  error.code=conversation_already_has_active_response error.event_id=e2
            response.output_text.delta +
            response.output_text.done
            response.content_part.done
            conversation.item.done
            response.output_item.done
            response.done  response.id=R response.status=completed
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT, write("Hello")),
    ),
)

ASIDE = (
    Flow(
        "a response beside the conversation",
        (
            create(conversation="none", metadata={"topic": "aside"}, input=[], instructions="Say exactly: An aside."),
            """
            response.created             response.conversation_id=null response.metadata.topic=aside
            response.output_item.added   item.id=A
            response.content_part.added
            response.output_text.delta +
            response.output_text.done
            response.content_part.done
            response.output_item.done    item.id=A item.status=completed
            response.done                response.conversation_id=null response.status=completed
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT,),
    ),
    Flow(
        "beside an active one",
        (
            create(),
            "response.created  response.id=R",
            create(conversation="none", metadata={"topic": "aside"}, instructions="Say exactly: An aside."),
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_text.delta +",
            """
            response.created            response.id=S response.conversation_id=null
            response.output_item.added  response_id=S item.id=A
            response.content_part.added response_id=S
            response.output_text.delta +
            response.output_text.done   response_id=S
            response.content_part.done  response_id=S
            response.output_item.done   response_id=S item.id=A
            response.done               response.id=S
            rate_limits.updated
            response.output_text.delta +
            response.output_text.done   response_id=R
            response.content_part.done
            conversation.item.done
            response.output_item.done
            response.done               response.id=R
            rate_limits.updated
            """,
        ),
        given=(BY_TEXT, order(LONG)),
    ),
)

ITEMS = (
    Flow(
        "items are put, shown and taken away",
        (
            send("conversation.item.create", item=SYSTEM | {"id": "one"}),
            item("U").replace("item.id=U", "item.id=one"),
            send("conversation.item.create", item=SYSTEM | {"id": "two"}, previous_item_id="root"),
            "conversation.item.added  item.id=two previous_item_id=null",
            "conversation.item.done   item.id=two",
            send("conversation.item.retrieve", item_id="one"),
            "conversation.item.retrieved  item.id=one item.role=system",
            send("conversation.item.delete", item_id="one"),
            "conversation.item.deleted    item_id=one",
            send("conversation.item.retrieve", item_id="one", event_id="e4"),
            "error  error.code=item_retrieve_invalid_item_id error.event_id=e4",
        ),
        given=(update(),),
    ),
)

FLOWS = (*CONNECT, *TEXT, *ASIDE, *ITEMS)
