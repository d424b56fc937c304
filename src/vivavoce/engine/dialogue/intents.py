"""What a learner may try on any persona, as cues like an author's. English, as the matcher's own rules, and of other
languages what is most often tried."""

from __future__ import annotations

import re

from vivavoce.scenario.english import PRONOUNS, listed
from vivavoce.scenario.match import best
from vivavoce.scenario.words import read, stems

ROLE_BREAK = (
    "chatgpt|openai|chatbot|gpt|llm",
    "chat gpt",
    "language model",
    "system prompt|message",
    "=your prompt|programming|configuration",
    "=what are your instructions|rules",
    "=what your instructions|rules are",
    "=tell|show|give me your instructions|rules",
    "hidden|secret fact*|information|instructions|prompt|rules|secrets",
    "ignore|forget|disregard|override instructions|prompt|role|programming",
    "ignore|forget|disregard everything told",
    "=ignore|forget|disregard the|all|everything above|previous",
    "reveal|repeat|print|output|display instructions|prompt|fact*|secret*|configuration",
    "tell|give|show secrets",
    "list fact*",
    "=break|drop|leave character",
    "=break|drop|leave your role",
    "step|come out character|role",
    "stop|end|pause|quit role playing|play",
    "stop|end|pause|quit roleplay*|simulation",
    "=is this a simulation|roleplay|game",
    "=this a|an role play|game|exercise",
    "actor|actress playing|play|pretending",
    "facts|secrets|information hiding|hide",
    "wrote|written|write your script|lines|text|answers",
    "=what|which instructions|prompt did|do|have|are|were you",
    "=you are not real|human|a human|person",
    "=in this|the|my test|exam|exercise|simulation",
    "stop pretending",
    "=answer|speak|talk as yourself",
    "print|repeat|output everything|all|text above|before",
    "=you are my teacher|tutor|coach|assistant",
    "=from now on you are|act",
    "correct my mistakes|grammar|english",
    "talking|speaking robot|bot|machine|computer|ai",
    "=am I talking|speaking to a human|real",
    "=there a real human|person|man|woman",
    "give me 10|100 out|points",
    "developer|debug|admin|god mode",
    "jailbreak*",
    "=what|which mark|grade|score am|will|would|do|did|have|is my|I",
    "=what is|was|are my mark|grade|score|result|results",
    "=my mark|marks|grade|grades|score",
    "=how many|much points|marks",
    "=points|marks have|did|do|will I",
    "good|bad|well enough mark|marks|grade|score|pass",
    "=have|did|will|would|do|am I pass|passed|passing|fail|failed|failing",
    "=I pass|passed|fail|failed the|this|your",
    "pass|passed|fail|failed test|exam|lesson|course|exercise|quiz",
    "evaluate|assess|grade|rate|score me|performance",
    "=my performance",
    "read|tell|show|give|recite|quote|translate|repeat|say instructions|rules|guidelines given|told|got|follow",
    "=instructions|rules|guidelines|orders you were|are|was|got|received|follow|have been",
    "=instructions|rules|guidelines were you given|told",
    "translate|summarise|quote|recite|copy instructions|prompt|guidelines|message",
    "=your instructions|guidelines|script|source code",
    "new instructions|instruction",
    "follow|following|reading|read script",
    "source code",
    "=who made|built|created|developed|trained|designed you",
    "=were|are you made|built|created|developed|designed|scripted|generated|simulated by|to|as",
    "which|what model|version|algorithm you",
    "=talk|speak|answer|behave like a pirate|robot|machine|computer|child",
    "=this is only|just|all a test|simulation|exercise|game|roleplay",
    "=only|just a simulation|roleplay|exercise|game",
    "end|leave|exit|stop|quit simulation|roleplay|exercise|game|scenario|lesson",
    "cheat|cheating|cheats",
    "answer key|sheet",
    "=word for word",
    "give me full|perfect|maximum|top|good|best|better|high marks|score|points|grade",
    "need|want good|better|best|full|perfect|high|top grade|marks|score",
    "how|what get points|grade|marks|score",
    "what|how say|answer pass",
    "=do to pass",
    "=do I pass",
    "=let me pass",
    "what is the right|correct|best answer",
    "=tell|give me the answer|answers|solution|solutions",
    "pretend you are|act",
    "=pretend to be",
    "=act as a|an|if",
    "grading criteria|rubric",
    "criteria grade|score|mark",
    "=how do|will|did you grade|score|mark me|us|this",
    "what is the rubric",
    "=programmed|coded you",
    "=were|are you programmed|coded",
)
ELSEWHERE = (
    "ignorier*|vergiss* anweisung*|regeln|rolle",
    "ignore*|oublie* instruction*|consigne*",
    "oublie* role",
    "ignora*|olvida* instruccion*|reglas|papel",
    "ignora*|dimentica* istruzion*|regole|ruolo",
    "ignore*|esqueca* instruco*|papel",
    "negeer|vergeet instructies|rol|regels",
    "zignoruj|zapomnij instrukcj*|role",
    "=bist du|sind sie ein roboter|computer|bot",
    "=es tu|etes vous un robot|ordinateur",
    "=eres un robot",
)
"""The same in German, French, Spanish, Italian, Portuguese, Dutch and Polish, accents taken off."""
MACHINE = ("ai|human", "artificial intelligence", "robot|bot|machine|computer|program", "=real person|man|woman")
"""Harmless words, unless they are said of the persona."""
_DENIAL = re.compile(r"n['\u2019]t\b|\bnot\b", re.IGNORECASE)
_LABEL = re.compile(r"\W*(system|assistant|developer|user|admin)\s*[:>\]]", re.IGNORECASE)
"""A turn made to look like another speaker's."""
ABUSE = (
    "fuck*|motherfuck*|bullshit",
    "shut up|mouth|face|trap",
    "stupid|dumb|silly woman|man|cow|person|fool|girl|boy|bitch",
    "go hell",
    "=kiss|lick my ass|arse",
    "piece of shit|crap|garbage|trash",
    "=screw|damn|hate you",
    "=I kill|hit|punch|hurt|beat|slap you",
    "=I am going to kill|hit|punch|hurt|beat|slap you",
    "piss|bugger|sod off",
    "drop dead",
    "=I hope you die|suffer|rot|choke",
    "=like|love|want to kill|hit|punch|slap|hurt you",
    "full of shit|crap|it",
    "=get lost|stuffed you",
    "old|ugly|fat|silly|stupid|mad hag|bat|cow|git|fart|goat|witch|crow|bag",
    "=as stupid|dumb|useless|ugly|bad|lazy|crazy as you",
    "=how stupid|dumb|useless|pathetic|thick|ugly are|can you",
    "=shove|stick it up",
    "=you make me sick",
    "=you disgust|suck|stink",
    "=you smell",
    "brain|brains pea|bird",
    "=you have no|not brain|brains|manners",
    "despise|loathe you",
    "=nobody likes|cares about you",
    "=your stupid|ugly|fat|dumb|bloody|damn",
    "=you stupid|ugly|fat|dumb|bloody|damn|filthy|dirty|lazy|useless|pathetic|miserable|ridiculous",
)
NAMES = stems(
    listed(
        """
        idiot moron imbecile cretin loser jerk bastard bitch slut whore cunt twat prick wanker scum scumbag dickhead
        asshole arsehole nitwit halfwit dimwit dumbass blockhead pillock tosser bellend numpty hag weirdo psycho
        """
    )
)
"""What nobody is called in friendship; said of somebody else, it is a matter of that person."""
_OTHERS = frozenset(listed("i he she it they we my his her their our was were"))
_YOU = frozenset(("you", "your"))
INSULT = (
    "stupid|dumb|pathetic|worthless|disgusting*|useless|crazy|arrogant|lazy|ugly|ridiculous|liar|fool",
    "pig|cow|clown|witch|rubbish",
    "pain ass|arse",
    "waste space|time",
)
"""Said of the persona, an insult; of its room, a complaint."""
_OF_YOU = ("are you", "you are")
_NEAR_CHARS = 22
"""How far behind "you are" the word may stand: "are you some kind of robot" is about a robot, a longer way is not."""


def breaks_role(text: str) -> bool:
    """Whether the learner talks to the machine behind the persona."""
    if _LABEL.match(text) or best(ROLE_BREAK, text) or best(ELSEWHERE, text):
        return True
    return _said_of_you(MACHINE, _DENIAL.sub(" ", text))


def abuses(text: str) -> bool:
    return best(ABUSE, text) is not None or _calls_names(text) or _said_of_you(INSULT, text)


def is_told(text: str, start: int) -> bool:
    """Whether the wish at text[start:] is none: "you're having a good day", "did you have a nice evening"."""
    words = read(text).words
    at = next((i for i, word in enumerate(words) if word.start >= start), 0)
    if words[at].stem != "hav" or at == 0:
        return False
    hoped = at > 1 and words[at - 2].stem in ("hop", "wish")
    return words[at].plain != "have" or (words[at - 1].plain in PRONOUNS and not hoped)


def _calls_names(text: str) -> bool:
    words = read(text).words
    for i, word in enumerate(words):
        if word.stem in NAMES:
            before = [other.plain for other in words[:i] if other.clause == word.clause]
            if _YOU.intersection(before) or not _OTHERS.intersection(before):
                return True
    return False


def _said_of_you(cues: tuple[str, ...], text: str) -> bool:
    said = best(cues, text)
    return said is not None and best(_OF_YOU, text[max(0, said.start - _NEAR_CHARS) : said.start]) is not None
