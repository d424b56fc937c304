from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.session.transcript import TranscriptBuilder


def persona_item(item_id: str) -> dict[str, object]:
    return {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}


def texts(transcript: TranscriptBuilder) -> list[str]:
    return [line.text for line in transcript.lines]


@given(st.permutations(range(6)))
def test_the_order_is_that_of_the_conversation_whatever_the_order_of_arrival(arrival: list[int]) -> None:
    transcript = TranscriptBuilder()
    for n in range(6):
        if n % 2:
            transcript.added(persona_item(f"i{n}"), f"i{n - 1}", float(n))
        else:
            transcript.committed(f"i{n}", f"i{n - 1}" if n else None, float(n), float(n))
    for n in arrival:
        (transcript.persona_said if n % 2 else transcript.transcribed)(f"i{n}", f"text {n}", 9.0)
    assert texts(transcript) == [f"text {n}" for n in range(6)]
    assert transcript.learner_turns == 3
    assert transcript.awaiting == set()


def test_an_item_can_be_put_between_two_others() -> None:
    transcript = TranscriptBuilder()
    transcript.added(persona_item("a"), None, 0.0)
    transcript.added(persona_item("c"), "a", 0.0)
    transcript.committed("b", "a", 0.0, 0.0)
    for item_id in "cab":
        (transcript.transcribed if item_id == "b" else transcript.persona_said)(item_id, item_id, 0.0)
    assert texts(transcript) == ["a", "b", "c"]


def test_a_place_without_words_is_no_line() -> None:
    transcript = TranscriptBuilder()
    transcript.committed("u", None, 0.0, 0.5)
    assert transcript.awaiting == {"u"}
    assert transcript.transcribed("u", "  ", 1.0) is None
    assert transcript.lines == ()
    assert transcript.learner_turns == 0


@given(st.text(alphabet="ab ", min_size=1, max_size=60).filter(str.strip), st.integers(0, 2000))
def test_what_was_heard_is_a_beginning_of_whole_words(text: str, heard_ms: int) -> None:
    transcript = TranscriptBuilder()
    transcript.added(persona_item("a"), None, 0.0)
    transcript.audio_part_added("a")
    transcript.audio_sent([48_000], [0.0])
    transcript.persona_said("a", text, 0.0)
    line = transcript.truncated("a", min(heard_ms, transcript.audio_ms("a")), 5.0)
    assert line is not None and line.heard_chars is not None
    assert line.text.startswith(line.heard)
    assert line.heard == line.text or line.text[len(line.heard)] == " " or line.heard == ""
    assert len(line.heard) <= max(len(line.text) * heard_ms / 1000, 0)


def test_an_interruption_before_the_text_came_is_measured_when_it_comes() -> None:
    transcript = TranscriptBuilder()
    transcript.added(persona_item("a"), None, 0.0)
    transcript.audio_part_added("a")
    transcript.audio_sent([48_000], [0.0])
    assert transcript.truncated("a", 500, 1.0) is None
    line = transcript.persona_said("a", "one two three four", 1.0)
    assert line is not None and line.interrupted
    assert line.heard == "one two"


def test_what_was_cut_off_once_is_not_heard_later() -> None:
    transcript = TranscriptBuilder()
    transcript.added(persona_item("a"), None, 0.0)
    transcript.audio_part_added("a")
    transcript.audio_sent([48_000], [0.0])
    transcript.persona_said("a", "one two three four", 0.0)
    assert transcript.truncated("a", 500, 1.0) is not None
    assert transcript.truncated("a", 500, 1.0) is None
    assert transcript.truncated("a", 900, 1.0) is None
    assert transcript.lines[0].heard == "one two"
    shorter = transcript.truncated("a", 250, 1.0)
    assert shorter is not None and shorter.heard == "one"


def test_the_learners_words_are_not_truncated() -> None:
    transcript = TranscriptBuilder()
    transcript.transcribed("u", "hello", 0.0)
    assert transcript.truncated("u", 0, 1.0) is None


def test_a_line_says_from_when_to_when_it_was_heard() -> None:
    transcript = TranscriptBuilder()
    transcript.added(persona_item("a"), None, 0.0)
    transcript.audio_part_added("a")
    transcript.audio_sent([48_000], [2.0])
    line = transcript.persona_said("a", "Good evening.", 2.1)
    assert line is not None
    assert (line.at, line.until) == (2.06, 3.06)
    assert transcript.audio_done("a") is None
    transcript.audio_sent([48_000], [2.2])
    line = transcript.audio_done("a")
    assert line is not None
    assert (line.at, line.until) == (2.06, 4.06)
    line = transcript.truncated("a", 500, 2.6)
    assert line is not None
    assert (line.at, line.until) == (2.06, 2.56)
    transcript.committed("u", "a", 5.0, 6.5)
    line = transcript.transcribed("u", "Hello.", 9.0)
    assert line is not None
    assert (line.at, line.until) == (5.0, 6.5)


def test_what_is_typed_takes_no_time() -> None:
    transcript = TranscriptBuilder()
    typed = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
    line = transcript.added(typed, None, 4.0)
    assert line is not None
    assert (line.at, line.until, line.source) == (4.0, 4.0, "text")
