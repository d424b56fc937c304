"""How a call comes to rest without ending: its browser stays away, or the server is being restarted.

The last words are waited for, then both peers are let go and the call sleeps, until a browser wakes it.
"""

from __future__ import annotations

from vivavoce.session.call import Call, Phase
from vivavoce.session.effects import Close
from vivavoce.session.ending import dismiss
from vivavoce.session.inputs import Peer
from vivavoce.session.lesson_rules import note_goals
from vivavoce.session.line_rules import lose_conversation

LAST_WORDS_SECONDS = 4.0
"""How long the transcription of the last words may take when nobody is there any more."""
DRAIN_SECONDS = 10.0
"""How long a response may go on when the server is being restarted."""
RETRY_MS = (500, 5_000)
"""Between these every page comes back at a moment of its own, so that not all come at once."""
RESTART = (1012, "server_stopping")


def come_to_rest(call: Call, within: float = LAST_WORDS_SECONDS) -> None:
    """Sleep as soon as everything is said and written down, and heard by whoever is there."""
    call.deadlines["rest"] = call.now + within
    if call.hearing.speaking and not call.browser.connected:  # no more of it will come
        call.to_upstream({"type": "input_audio_buffer.commit"})


def rest_when_quiet(call: Call) -> None:
    """Sleep, if that is what it waits for, once all is said and heard."""
    if not call.resting or (call.line.connected and (call.outstanding or call.functions.running)):
        return
    played_out = call.transcript.playing_until - call.elapsed if call.browser.connected else 0.0
    if played_out > 0:
        call.deadlines["rest"] = min(call.deadlines["rest"], call.now + played_out)
    else:
        fall_asleep(call)


def fall_asleep(call: Call) -> None:
    """Let go of both peers, and of whatever was not written down."""
    call.phase = Phase.ASLEEP
    call.stop_clock()
    call.deadlines.clear()
    call.close_upstream()
    lose_conversation(call)
    call.functions.running.clear()
    if call.dismissal is not None:
        call.when_committed(Close(Peer.BROWSER, *call.dismissal))
    call.drowsy = True


def wake(call: Call) -> None:
    """Somebody is back: go on, with a new upstream."""
    call.drowsy = False
    if call.transcript.lines:
        call.phase = Phase.LIVE
        call.start_clock()
        note_goals(call, call.transcript.lines)  # the last line may have come on disk without the goal that it reached
    else:  # nothing was said yet
        call.phase = Phase.CONNECTING
    call.want_upstream()


def drain(call: Call) -> None:
    """The server is being restarted: tell the browser, and leave the call so that it can be gone on with."""
    if call.phase is Phase.ASLEEP:
        call.drowsy = True
        return
    kept = call.phase is not Phase.ENDED or call.scenario.privacy.record != "none"
    earliest, latest = RETRY_MS
    retry_ms = round(earliest + call.chance() * (latest - earliest))
    message = "The server is being restarted." + (" Your call goes on in a moment." if kept else "")
    call.preview_event({"type": "vivavoce.going_away", "resume": kept, "retry_ms": retry_ms, "message": message})
    call.dismissal = RESTART
    if call.phase in (Phase.CONNECTING, Phase.LIVE):
        come_to_rest(call, DRAIN_SECONDS)
    else:
        dismiss(call, *RESTART)
