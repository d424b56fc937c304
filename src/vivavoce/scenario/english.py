"""What words.py knows of English: grammar words, irregular forms, contractions, numbers."""

from __future__ import annotations

from itertools import count


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FUNCTION_WORDS = frozenset(
    listed(
        """
        a an the be do have i you he she it we they me him her us them my your his its our their mine yours
        this that these those there to of in on at for with by from as and or if than but so too about
        will would can could shall should may might must any some all
        just very really also please okay ok um uh er erm hmm ah oh am pm
        """
    )
)
"""Words that carry grammar rather than meaning; cues are matched without them."""

IRREGULAR = {
    form: base
    for base, forms in {
        "be": "am is are was were been being",
        "do": "does did done doing",
        "have": "has had having",
        "go": "goes went gone",
        "get": "got gotten",
        "take": "took taken",
        "give": "gave given",
        "tell": "told",
        "say": "said",
        "feel": "felt",
        "sleep": "slept",
        "think": "thought",
        "know": "knew known",
        "hear": "heard",
        "begin": "began begun",
        "come": "came",
        "see": "saw seen",
        "make": "made",
        "pay": "paid",
        "bring": "brought",
        "understand": "understood",
        "speak": "spoke spoken",
        "send": "sent",
        "find": "found",
        "keep": "kept",
        "wake": "woke woken",
        "eat": "ate eaten",
        "drink": "drank drunk",
        "lose": "lost",
        "choose": "chose chosen",
        "write": "wrote written",
        "teach": "taught",
        "learn": "learnt",
        "mean": "meant",
        "lead": "led",
        "build": "built",
        "agree": "agreed",
        "child": "children",
    }.items()
    for form in listed(forms)
}
UNINFLECTED = frozenset(listed("thing nothing something anything everything morning evening during"))
"""Words that only look like forms of others."""

NEGATIVES = {"can't": "can", "won't": "will", "shan't": "shall", "ain't": "be"}
"""Forms of "not" whose verb is not what stands before n't."""
ENDINGS = {"m": "be", "re": "be", "s": "be", "ll": "will", "ve": "have", "d": "would"}
"""What stands after an apostrophe. A possessive 's reads as "be" too, which no cue compares."""
RUN_TOGETHER = {
    "cannot": "can not",
    "let's": "let us",
    "gonna": "go to",
    "wanna": "want to",
    "gotta": "get to",
    "wont": "will not",
    "aint": "be not",
    "im": "i be",
    "ive": "i have",
    "thats": "that be",
    "whats": "what be",
    "hows": "how be",
    "youre": "you be",
    "youve": "you have",
    "theyre": "they be",
    "cant": "can not",
    **{
        f"{verb}nt": f"{verb} not"
        for verb in listed("do did does is was are were could would should have has had must")
    },
}
"""Words that recognisers write without their apostrophe, or as one."""

UNITS = dict(
    zip(
        listed(
            """
            zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen
            """
        ),
        count(),
        strict=False,
    )
)
TENS = dict(zip(listed("twenty thirty forty fifty sixty seventy eighty ninety"), count(20, 10), strict=False))
ORDINALS = dict(
    zip(
        listed(
            """
            first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
            fifteenth sixteenth seventeenth eighteenth nineteenth twentieth
            """
        ),
        count(1),
        strict=False,
    )
)
CURRENCY = {"$": "dollar", "€": "euro", "£": "pound"}

TITLES = frozenset({"mr", "mrs", "ms", "dr", "st"})
"""Abbreviations whose full stop ends no sentence."""
TURNS = frozenset({"but", "because", "so", "however", "although"})
"""Words that begin a new clause as a comma does."""
DENIALS = frozenset(listed("not no never nothing without none nobody unable refuse neither nor"))
HARMLESS = frozenset(listed("only just problem worry doubt hesitate mind"))
"""Words after a denial that make it none: "not only", "no problem", "don't worry"."""
PRONOUNS = frozenset(listed("i you we he she it they there"))
QUESTIONS = frozenset(listed("how what when where why who which whose whether"))

HOMOPHONES = {
    word: tuple(other for other in group if other != word)
    for group in map(
        listed,
        """
        hear here
        week weak
        ours hours
        quite quiet
        right write
        wait weight
        meet meat
        hole whole
        pain pane
        heart hart
        sun son
        die dye
        weather whether
        wear where
        brake break
        peace piece
        plain plane
        role roll
        sale sail
        past passed
        mail male
        pair pear
        flour flower
        night knight
        allowed aloud
        live leave
        bad bed
        slip sleep
        pills bills
        fill feel
        fell feel
        tide tight
        chess chest
        star start
        tree three
        which witch
        """.strip().splitlines(),
    )
    for word in group
}
"""Words that a recogniser takes for each other: they sound alike, or nearly so in an accent."""
