from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.scenario.match import MAX_CUE_WORDS, best, cue_fault, earliest, example, find, is_thin, latest

SAID = [
    ("sorry", "I'm so sorry about that", "sorry"),
    ("apolog*", "My sincere apologies, sir", "apologies"),
    ("apologise", "I'd like to apologize", "apologize"),
    ("move|change room", "I can move you to a quieter room", "move you to a quieter room"),
    ("room two fourteen", "You're in room 214?", "room 214"),
    ("medication", "Are you on any medicaton?", "medicaton"),
    ("offer breakfast", "I'd like to offer you, on the house, a breakfast", "offer you, on the house, a breakfast"),
    ("=my name is", "Hello, my name is Ana", "my name is"),
    ("nothing I can do", "I'm afraid there's nothing I can do.", "nothing I can do"),
    ("how are you", "So how are you today?", "how are you"),
    ("don't worry", "Please do not worry, madam", "not worry"),
]
NOT_SAID = [
    ("sorry", "We don't worry"),
    ("calm down", "please calm yourself"),
    ("=my name is", "What's your name?"),
    ("how are you", "How long are they staying?"),
    ("nothing I can do", "there is nothing to worry about"),
    ("room move", "move to another room"),
    ("sorry noise", "I'm sorry. What noise?"),
    ("move room", "move that big old heavy table out of the room"),
    ("late", "later"),
    ("charge", "change"),
]
DENIED = [
    ("apologise", "I can't apologise"),
    ("sorry", "I'm not sorry at all"),
    ("move room", "I will not be able to move you to another room"),
    ("offer refund", "we offer you no refund"),
]
NOT_DENIED = [
    ("apologise", "I cannot apologise enough"),
    ("move room", "Why don't I move you to another room?"),
    ("sorry", "Oh no that sounds terrible, I'm sorry."),
    ("sounds terrible", "oh no that sounds terrible"),
    ("move room", "No I will move you to another room"),
    ("move room", "No problem I will move you to another room"),
    ("move room", "I can't repair it tonight, but I can move you to another room"),
    ("take medication", "Didn't you take any medication?"),
    ("what time noise start", "I'm not sure what time did the noise start?"),
    ("when start", "I do not know when it started"),
]


@pytest.mark.parametrize(("cue", "text", "words"), SAID)
def test_a_cue_is_found_where_it_was_said(cue: str, text: str, words: str) -> None:
    match = find(cue, text)
    assert match is not None
    assert text[match.start : match.end] == words


@pytest.mark.parametrize(("cue", "text"), NOT_SAID)
def test_something_else_was_said(cue: str, text: str) -> None:
    assert find(cue, text) is None


@pytest.mark.parametrize(("cue", "text"), DENIED)
def test_a_denied_phrase_was_not_said(cue: str, text: str) -> None:
    assert find(cue, text) is None


@pytest.mark.parametrize(("cue", "text"), NOT_DENIED)
def test_a_denial_of_something_else_does_not_count(cue: str, text: str) -> None:
    assert find(cue, text) is not None


def test_a_later_place_counts_when_the_first_is_denied() -> None:
    text = "I can't move you tonight. Tomorrow I can move you."
    match = find("move", text)
    assert match is not None
    assert match.start == text.rindex("move")


def test_best_takes_the_longest_cue_earliest_the_first_place_and_latest_the_last() -> None:
    text = "The noise, when did the noise start?"
    cues = ["noise", "when noise start"]
    longest, first = best(cues, text), earliest(cues, text)
    assert longest is not None and longest.cue == "when noise start"
    assert first is not None and first.cue == "noise"
    last = latest(["noise", "when"], text)
    assert last is not None and last.cue == "when"
    assert best([], text) is earliest([], text) is latest([], text) is None


@pytest.mark.parametrize(
    ("cue", "reason"),
    [
        ("...", "holds no words"),
        ("=", "holds no words"),
        (" ".join(["noise"] * (MAX_CUE_WORDS + 1)), "at most"),
        ("move|", "must be one word"),
        ("a*b", "* may only end it"),
    ],
)
def test_an_unusable_cue_is_explained(cue: str, reason: str) -> None:
    assert reason in (cue_fault(cue) or "")


def test_a_thin_cue_has_one_word_that_counts() -> None:
    assert is_thin("do you have a room")
    assert not is_thin("room")
    assert not is_thin("two hundred and fourteen")
    assert not is_thin("=is that fine")


texts = st.text(alphabet=st.sampled_from("abcdeno tru'\u2019.,!?-0129"), max_size=80) | st.text(max_size=40)


@given(texts, texts)
def test_a_match_lies_within_the_text(cue: str, text: str) -> None:
    if cue_fault(cue):
        return
    match = find(cue, text)
    if match is not None:
        assert 0 <= match.start < match.end <= len(text)
        assert find(cue, text[match.start : match.end]) is not None or "'" in text or "\u2019" in text


@given(
    st.lists(
        st.sampled_from(["move", "change", "quiet", "room", "noise", "214", "breakfast", "sorry"]),
        min_size=1,
        max_size=5,
    )
)
def test_a_plain_cue_finds_its_own_words_in_a_sentence(words: list[str]) -> None:
    cue = " ".join(words)
    assert find(cue, f"Well, {example(cue)} please.") is not None


def test_a_hostile_text_takes_no_time_to_speak_of() -> None:
    """Many places for each word of a long cue: places times words, not places to the power of words."""
    assert find(" ".join(["a*"] * 12), "ab " * 20_000) is not None
    assert find(" ".join(["noise"] * 12), "noise. " * 20_000) is None
