"""What comes of the steps that every flow is made of; a letter names the item that it makes."""

from __future__ import annotations

ITEM = """
    conversation.item.added  item.id={0} item.status=completed
    conversation.item.done   item.id={0} item.status=completed
"""


def item(letter: str) -> str:
    return ITEM.format(letter)


def text_reply(letter: str) -> str:
    return f"""
    response.created            response.status=in_progress response.output=[] response.usage=null
    response.output_item.added  item.id={letter} item.status=in_progress item.content=[] output_index=0
    conversation.item.added     item.id={letter} item.status=in_progress item.content=[]
    response.content_part.added item_id={letter} part={{"type":"text","text":""}} content_index=0
    response.output_text.delta +
    response.output_text.done   item_id={letter}
    response.content_part.done  item_id={letter} part.type=text
    conversation.item.done      item.id={letter} item.status=completed item.content.0.type=output_text
    response.output_item.done   item.id={letter} item.status=completed
    response.done               response.status=completed response.status_details=null response.output.0.id={letter}
    rate_limits.updated         rate_limits.0.name=tokens
    """


def audio_start(letter: str) -> str:
    return f"""
    response.created            response.status=in_progress response.output=[] response.usage=null
    response.output_item.added  item.id={letter} item.status=in_progress item.content=[]
    conversation.item.added     item.id={letter} item.status=in_progress item.content=[]
    response.content_part.added item_id={letter} part={{"type":"audio","transcript":""}}
    response.output_audio_transcript.delta|response.output_audio.delta +
    """


def audio_end(letter: str, status: str = "completed", why: str = "response.status_details=null") -> str:
    item_status = "completed" if status == "completed" else "incomplete"
    return f"""
    response.output_audio.done            item_id={letter}
    response.output_audio_transcript.done item_id={letter}
    response.content_part.done            item_id={letter} part.type=audio
    conversation.item.done                item.id={letter} item.status={item_status} item.content.0.type=output_audio
    response.output_item.done             item.id={letter} item.status={item_status}
    response.done                         response.status={status} {why} response.output.0.id={letter}
    rate_limits.updated
    """


def audio_reply(letter: str) -> str:
    return audio_start(letter) + audio_end(letter)


def call(letter: str, name: str, index: int = 0) -> str:
    return f"""
    response.output_item.added  item.id={letter} item.status=in_progress item.arguments="" item.name={name}
    conversation.item.added     item.id={letter} item.status=in_progress item.arguments="" item.type=function_call
    response.function_call_arguments.delta +
    response.function_call_arguments.done  item_id={letter} name={name} output_index={index}
    conversation.item.done      item.id={letter} item.status=completed item.name={name}
    response.output_item.done   item.id={letter} item.status=completed output_index={index}
    """


STARTED = "input_audio_buffer.speech_started   item_id=U"
STOPPED = """
    input_audio_buffer.speech_stopped   item_id=U
    input_audio_buffer.committed        item_id=U
    conversation.item.added             item.id=U item.role=user item.content=[{"type":"input_audio","transcript":null}]
    conversation.item.done              item.id=U item.status=completed
"""
