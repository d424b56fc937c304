"""What the session of a call takes, without links, actor and disk.

python -m benchmarks.relay.sessions idle|touched FIRST MORE     prints KB for each of MORE sessions
"""

from __future__ import annotations

import base64
import gc
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from vivavoce.hosts.native.lessons import load_catalogue
from vivavoce.hosts.native.paths import scenario_folder
from vivavoce.protocol.message import write
from vivavoce.scenario.model import Scenario
from vivavoce.session.core import Session
from vivavoce.session.effects import Record
from vivavoce.session.inputs import Committed, Connected, Input, Peer, Received

SCENARIO = "hotel-complaint"
VOICE = base64.b64encode(bytes(9_600)).decode()
APPEND = write({"type": "input_audio_buffer.append", "audio": base64.b64encode(bytes(1_920)).decode()})


class Held:
    """A session that is live, as its host would have it."""

    def __init__(self, scenario: Scenario, number: int) -> None:
        self._session = Session(
            scenario=scenario,
            user=f"user-{number}",
            session_id=f"session-{number}",
            upstream="compatible",
            model="gpt-realtime-2.1",
            chance=lambda: 0.5,
        )
        self._now = 0.0
        self._number = number
        self._hand_in(Connected(Peer.BROWSER, None, f"token-{number}"))
        self._hand_in(Connected(Peer.UPSTREAM))
        self._upstream("session.updated", session={"type": "realtime"})
        self._upstream("response.created", response={"id": "resp_x"})
        self._upstream("response.done", response={"id": "resp_x", "status": "completed", "output": []})

    def speak(self) -> None:
        """A turn of the learner's and the answer to it."""
        learner, persona = f"item_l{self._number}", f"item_p{self._number}"
        self._hand_in(*(Received(Peer.BROWSER, APPEND) for _ in range(50)))
        self._upstream("input_audio_buffer.speech_started", audio_start_ms=0, item_id=learner)
        self._upstream("input_audio_buffer.speech_stopped", audio_end_ms=1800, item_id=learner)
        self._upstream("input_audio_buffer.committed", item_id=learner)
        said = {"id": learner, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
        self._upstream("conversation.item.added", item=said)
        text = "I am sorry to hear that, I understand. Which room are you in, and since when is it so loud?"
        self._upstream("conversation.item.input_audio_transcription.completed", item_id=learner, transcript=text)
        self._upstream("response.created", response={"id": "resp_1"})
        answer = {"id": persona, "type": "message", "role": "assistant", "content": []}
        self._upstream("conversation.item.added", item=answer)
        self._upstream("response.content_part.added", item_id=persona, part={"type": "audio"})
        for _ in range(24):
            self._upstream("response.output_audio.delta", item_id=persona, delta=VOICE)
            for word in ("honestly ", "tired "):
                self._upstream("response.output_audio_transcript.delta", item_id=persona, delta=word)
        self._upstream("response.output_audio.done", item_id=persona)
        spoken = "honestly tired " * 24
        self._upstream("response.output_audio_transcript.done", item_id=persona, transcript=spoken)
        self._upstream("response.output_item.done", item={**answer, "status": "completed"})
        self._upstream("response.done", response={"id": "resp_1", "status": "completed", "output": []})

    def _upstream(self, type: str, **fields: Any) -> None:
        self._hand_in(Received(Peer.UPSTREAM, write({"type": type, "event_id": "event_1", **fields})))

    def _hand_in(self, *inputs: Input) -> None:
        for event in inputs:
            self._now += 0.04
            for effect in self._session.handle(event, self._now):
                if isinstance(effect, Record):
                    self._hand_in(Committed(effect.seq))


def main() -> None:
    mode, first, more = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    scenario = load_catalogue(scenario_folder())[SCENARIO]
    held: list[Held] = []
    sizes: list[int] = []
    for count in (first, more):
        for number in itertools.islice(itertools.count(len(held)), count):
            held.append(Held(scenario, number))
            if mode == "touched":
                held[-1].speak()
        gc.collect()
        sizes.append(proportional_kb())
    json.dump((sizes[1] - sizes[0]) / more, sys.stdout)


def proportional_kb() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1])


if __name__ == "__main__":
    main()
