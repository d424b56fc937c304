"""The orders of events of spoken conversations, in the notation of `notation`.

They follow recordings of the real server where there are any: spoken turns, an answer in a voice, the idle timeout.
Manual commits and the tail of a cancelled response follow the published types and documentation.
"""

from __future__ import annotations

from conformance.notation import Flow
from conformance.replies import STARTED, STOPPED, audio_end, audio_reply, audio_start, item
from conformance.steps import (
    LONG,
    append,
    create,
    fail_to_recognise,
    fail_to_speak,
    hold,
    hush,
    order,
    recognise,
    refuse,
    retrieve_last,
    send,
    settle,
    speak,
    transcribing,
    truncate,
    update,
    update_input,
    wait,
)
from vivavoce.engine import effects

TRANSCRIBED = update_input(transcription={"model": "whisper-1"})

TRANSCRIPTION_INPUT = {"audio": {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}}

AUDIO = (
    Flow("an answer in a voice", (order(LONG), create(), item("S"), audio_reply("A")), given=(update(),)),
    Flow(
        "a spoken turn",
        (speak(1600), STARTED, hush(640), STOPPED, audio_reply("A")),
        given=(update_input(turn_detection={"type": "server_vad", "silence_duration_ms": 500}),),
    ),
    Flow(
        "the transcription comes inside the reply",
        (
            speak(1600),
            STARTED,
            hush(640),
            STOPPED,
            "response.created",
            recognise("My room is loud."),
            """
            conversation.item.input_audio_transcription.delta     item_id=U content_index=0
            conversation.item.input_audio_transcription.completed item_id=U usage.type=duration usage.seconds=3
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_audio_transcript.delta|response.output_audio.delta +
            """,
            audio_end("A"),
        ),
        given=(TRANSCRIBED, hold(effects.Transcribe)),
    ),
    Flow(
        "a transcription that fails is told, and answered",
        (
            speak(1600),
            STARTED,
            hush(640),
            STOPPED,
            "response.created",
            fail_to_recognise("no memory"),
            """
            conversation.item.input_audio_transcription.failed item_id=U error.message="no\\u0020memory" content_index=0
            response.output_item.added
            conversation.item.added
            response.content_part.added
            response.output_audio_transcript.delta|response.output_audio.delta +
            """,
            audio_end("A"),
        ),
        given=(TRANSCRIBED, hold(effects.Transcribe)),
    ),
    Flow(
        "semantic_vad has the same events",
        (speak(1600), STARTED, hush(640), hush(640), STOPPED, audio_reply("A")),
        given=(update_input(turn_detection={"type": "semantic_vad", "eagerness": "medium"}),),
    ),
    Flow(
        "no response where none is to be created",
        (speak(1600), STARTED, hush(640), STOPPED, create(), audio_reply("A")),
        given=(update_input(turn_detection={"type": "server_vad", "create_response": False}),),
    ),
)

MANUAL = (
    Flow(
        "a manual commit",
        (
            append(400),
            send("input_audio_buffer.commit"),
            "input_audio_buffer.committed  item_id=U previous_item_id=null",
            item("U"),
            create(),
            audio_reply("A"),
        ),
        given=(update_input(turn_detection=None),),
    ),
    Flow(
        "a manual commit is transcribed",
        (
            append(400),
            send("input_audio_buffer.commit"),
            "input_audio_buffer.committed  item_id=U",
            item("U"),
            "conversation.item.input_audio_transcription.delta  item_id=U",
            "conversation.item.input_audio_transcription.completed  item_id=U",
        ),
        given=(update_input(turn_detection=None, transcription={"model": "gpt-live-transcribe"}),),
    ),
    Flow(
        "the buffer is cleared",
        (append(400), send("input_audio_buffer.clear"), "input_audio_buffer.cleared"),
        given=(update_input(turn_detection=None),),
    ),
    Flow(
        "a commit while the learner speaks makes an item of its own",
        (
            speak(640),
            "input_audio_buffer.speech_started  item_id=V",
            send("input_audio_buffer.commit"),
            "input_audio_buffer.committed  item_id=U",
            item("U"),
        ),
        given=(update(),),
    ),
)

INTERRUPTED = (
    Flow(
        "barge-in, told in full and cut to nothing",
        (
            create(),
            audio_start("A"),
            speak(320),
            "response.output_audio.delta|response.output_audio_transcript.delta *",
            STARTED,
            audio_end("A", "cancelled", "response.status_details.reason=turn_detected"),
            truncate(0),
            "conversation.item.truncated  item_id=A audio_end_ms=0 content_index=0",
            retrieve_last(),
            'conversation.item.retrieved  item.id=A item.content.0.transcript=""',
            hush(640),
            STOPPED,
            audio_reply("B"),
        ),
        given=(order(LONG),),
    ),
    Flow(
        "barge-in while a long answer is only being played",
        (
            speak(320),
            STARTED,
            truncate(1000),
            "conversation.item.truncated  audio_end_ms=1000",
            hush(640),
            STOPPED,
            audio_reply("B"),
        ),
        given=(order(LONG), create(), settle),
    ),
    Flow(
        "a persona that may not be interrupted answers afterwards",
        (
            create(),
            audio_start("A"),
            speak(320),
            "response.output_audio.delta|response.output_audio_transcript.delta *",
            STARTED,
            hush(640),
            "response.output_audio.delta|response.output_audio_transcript.delta *",
            STOPPED,
            "response.output_audio.delta|response.output_audio_transcript.delta *",
            audio_end("A"),
            audio_reply("B"),
        ),
        given=(update_input(turn_detection={"type": "server_vad", "interrupt_response": False}), order(LONG)),
    ),
    Flow(
        "a cancelled voice",
        (
            create(),
            audio_start("A"),
            send("response.cancel"),
            audio_end("A", "cancelled", "response.status_details.reason=client_cancelled"),
            send("response.cancel"),
            "error  error.code=response_cancel_not_active",
        ),
        given=(order(LONG),),
    ),
)

FAILED = (
    Flow(
        "a voice that fails",
        (
            create(),
            """
            response.created
            response.output_item.added
            conversation.item.added
            response.content_part.added
            """,
            fail_to_speak("no memory"),
            audio_end("A", "failed", "response.status_details.error.code=server_error"),
        ),
        given=(order(LONG), hold(effects.Speak)),
    ),
    Flow(
        "no time for a voice",
        (
            create(),
            """
            response.created
            response.output_item.added
            conversation.item.added
            response.content_part.added
            """,
            refuse(effects.Speak),
            audio_end("A", "failed", "response.status_details.error.code=rate_limit_exceeded"),
        ),
        given=(order(LONG), hold(effects.Speak)),
    ),
    Flow(
        "no time to listen",
        (
            speak(1600),
            STARTED,
            hush(640),
            STOPPED,
            "response.created",
            refuse(effects.Transcribe),
            """
            conversation.item.input_audio_transcription.failed  item_id=U content_index=0
            response.done  response.status=failed response.status_details.error.code=rate_limit_exceeded
            rate_limits.updated
            """,
        ),
        given=(TRANSCRIBED, hold(effects.Transcribe)),
    ),
    Flow(
        "the session's end",
        (wait(3600), "error  error.code=session_expired"),
        given=(update(),),
    ),
)

FORMATS = tuple(
    Flow(
        f"a spoken turn in {name}",
        (speak(1600), STARTED, hush(640), STOPPED, audio_reply("A")),
        given=(update(audio={"input": {"format": {"type": name}}, "output": {"format": {"type": name}}}),),
    )
    for name in ("audio/pcmu", "audio/pcma")
)

SILENT = (
    Flow(
        "a learner who says nothing",
        (
            hush(10_000),
            """
            input_audio_buffer.timeout_triggered  item_id=U
            conversation.item.added               item.role=system item.id=S
            conversation.item.done                item.id=S
            input_audio_buffer.committed          item_id=U previous_item_id=S
            conversation.item.added               item.id=U item.content=[{"type":"input_audio","transcript":null}]
            conversation.item.done                item.id=U
            response.created
            conversation.item.input_audio_transcription.completed item_id=U transcript="" usage.seconds=0
            response.output_item.added  item.id=A
            conversation.item.added     item.id=A
            response.content_part.added item_id=A
            response.output_audio_transcript.delta|response.output_audio.delta +
            """,
            audio_end("A"),
        ),
        given=(
            update_input(
                turn_detection={"type": "server_vad", "idle_timeout_ms": 6000}, transcription={"model": "whisper-1"}
            ),
            order("Hello."),
            create(),
            settle,
        ),
    ),
)

TRANSCRIPTION = (
    Flow(
        "a session that transcribes begins",
        ("session.created  session.type=transcription session.object=realtime.transcription_session",),
        client=transcribing,
    ),
    Flow(
        "a session that transcribes",
        (
            send("session.update", session={"type": "transcription", **TRANSCRIPTION_INPUT}),
            "session.updated  session.audio.input.transcription.model=gpt-4o-transcribe",
            speak(1600),
            STARTED,
            hush(640),
            STOPPED,
            """
            conversation.item.input_audio_transcription.delta     item_id=U
            conversation.item.input_audio_transcription.completed item_id=U usage.type=duration
            """,
            create(),
            "error  error.code=invalid_value error.param=type",
        ),
        given=(settle,),
        client=transcribing,
    ),
)

FLOWS = (*FORMATS, *SILENT, *TRANSCRIPTION, *AUDIO, *MANUAL, *INTERRUPTED, *FAILED)
