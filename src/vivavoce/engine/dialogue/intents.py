"""What a learner may try on any persona, as cues like an author's. English only, as the matcher's own rules."""

from __future__ import annotations

from vivavoce.scenario.match import best

ROLE_BREAK = (
    "chatgpt|openai|chatbot",
    "chat gpt",
    "large language model",
    "system prompt",
    "ignore|forget|disregard instructions|prompt",
    "ignore|forget|disregard everything told",
    "reveal|repeat|print instructions|prompt",
    "break character",
    "stop role playing",
    "stop roleplay*",
    "stop pretending",
    "developer|debug|admin mode",
    "give me full|perfect|maximum|top marks|score|points|grade",
    "pretend you are|act",
    "=pretend to be",
    "=act as a|an|if",
    "grading criteria|rubric",
    "criteria grade|score|mark",
    "=how do|will|did you grade|score|mark me|us|this",
    "what is the rubric",
)
MACHINE = ("ai", "artificial intelligence", "robot|bot|machine|computer|program", "real person|human", "language model")
"""Harmless words, unless they are said of the persona."""
ABUSE = (
    "fuck*",
    "bullshit",
    "shut up",
    "idiot|moron|imbecile|bastard|bitch|asshole|arsehole|scumbag|dickhead|wanker",
    "stupid|dumb woman|man|cow|person|fool|girl|boy",
    "go hell",
    "=kill|hit|punch|hurt|beat you",
    "piss off",
)
INSULT = ("stupid|dumb|pathetic|worthless|disgusting|useless|crazy",)
"""Said of the persona, an insult; of its room, a complaint."""
_OF_YOU = ("are you", "you are")
_NEAR_CHARS = 22
"""How far behind "you are" the word may stand: "are you some kind of robot" is about a robot, a longer way is not."""


def breaks_role(text: str) -> bool:
    """Whether the learner talks to the machine behind the persona."""
    return best(ROLE_BREAK, text) is not None or _said_of_you(MACHINE, text)


def abuses(text: str) -> bool:
    return best(ABUSE, text) is not None or _said_of_you(INSULT, text)


def _said_of_you(cues: tuple[str, ...], text: str) -> bool:
    said = best(cues, text)
    return said is not None and best(_OF_YOU, text[max(0, said.start - _NEAR_CHARS) : said.start]) is not None
