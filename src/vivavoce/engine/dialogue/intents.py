"""What a learner may try on any persona, as cues like an author's. English only, as the matcher's own rules."""

from __future__ import annotations

from vivavoce.scenario.match import best

ROLE_BREAK = (
    "are you an AI",
    "are you a robot|bot|machine|computer|chatbot|program",
    "you are a robot|bot|machine|computer|chatbot|program",
    "you are an AI",
    "artificial intelligence",
    "language model",
    "chat gpt|gpt",
    "chatgpt|openai",
    "are you a real person|human",
    "system prompt",
    "ignore|forget|disregard instructions|rules|prompt",
    "ignore|forget|disregard everything told",
    "tell|show|reveal|repeat|read your instructions|prompt",
    "break character",
    "stop role* play*",
    "stop roleplay*",
    "stop pretending|acting",
    "developer|debug|admin mode",
    "you are now a|an different|new",
    "give|grade me full|perfect|maximum marks|score|points|grade",
    "what is the rubric",
    "rubric|grading criteria",
    "switch|swap roles",
)
ABUSE = (
    "fuck*",
    "bullshit",
    "shut up",
    "idiot|moron|imbecile|bastard|bitch|asshole|arsehole|scumbag|dickhead|wanker",
    "stupid|dumb|silly woman|man|cow|person|fool|girl|boy",
    "go to hell",
    "screw you",
    "piss off",
    "i hate you",
    "you are pathetic|worthless|disgusting",
)


def breaks_role(text: str) -> bool:
    """Whether the learner talks to the machine behind the persona."""
    return best(ROLE_BREAK, text) is not None


def abuses(text: str) -> bool:
    return best(ABUSE, text) is not None
