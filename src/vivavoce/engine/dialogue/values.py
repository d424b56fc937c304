"""Numbers, days, addresses, names and yes or no, as people say them. English, as the rest of the scripted dialogue."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from vivavoce.scenario.english import FUNCTION_WORDS, QUESTIONS
from vivavoce.scenario.words import Word, read, stems

_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()  # noqa: SIM905
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS)
_DAY = re.compile(
    rf"""\b(?P<iso>\d{{4}}-\d\d-\d\d)\b
    | \b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\b(?:,?\s+(?P<year>\d{{4}}))?
    | \b(?P<month2>{_MONTH})\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?
    | \b(?:(?:this|next|on)\s+)?(?P<weekday>{"|".join(_WEEKDAYS)})\b
    | \b(?P<near>(?:the\s+day\s+after\s+)?tomorrow|today|tonight)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>[ap])\.?\s?m\b\.?"
    r"|\b(?P<hour2>\d{1,2}):(?P<minute2>\d\d)\b|\b(?P<hour3>\d{1,2})\s*o'?clock\b",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://[^\s\"'<>]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b(?:/[^\s\"'<>]*)?", re.IGNORECASE)
CODE = re.compile(r"\b(?=[\w-]*\d)[A-Za-z0-9][\w-]*\b")
_SPOKEN_EMAIL = re.compile(r"\b([\w.+-]+(?: dot [\w-]+)*) at ([\w-]+(?: dot [\w-]+)+)\b", re.IGNORECASE)
_YES = re.compile(r"\b(?:yes|yeah|yep|yup|sure|of course|please do|correct|right|okay|ok|true|definitely)\b", re.I)
_NO = re.compile(r"\b(?:no|nope|not|never|don't|do not|false|without)\b", re.I)
_DENYING = stems(("not", "no", "without", "never", "none", "skip", "except", "exclude"))
_DENIED_WITHIN = 4
"""Words before a thing within which a "no" or "without" is about it."""
NO_NAME = frozenset({*FUNCTION_WORDS, *QUESTIONS, *_MONTHS, *_WEEKDAYS}) | frozenset(
    "now today tomorrow tonight next right here is are was were please thanks like not no yes use using saying".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Number:
    value: float
    start: int
    end: int


def numbers(text: str) -> list[Number]:
    """Every number said, as digits or words; not those of days and times."""
    taken = [match.span() for pattern in (_DAY, _TIME) for match in pattern.finditer(text)]
    found: list[Number] = []
    for word in read(text).words:
        if not word.plain.isdecimal() or any(start <= word.start < end for start, end in taken):
            continue
        value = _as_written(text[word.start : word.end], word)
        minus = re.search(r"(?:\bminus |(?<![\w-])-)$", text[: word.start], re.IGNORECASE)
        found.append(Number(-value if minus else value, word.start, word.end))
    return found


def _as_written(said: str, word: Word) -> float:
    whole, point, fraction = said.casefold().partition(" point ")
    if point:
        before, after = (read(part).words for part in (whole, fraction))
        return float(f"{before[0].plain}.{''.join(one.plain for one in after)}")
    digits = said.strip("$€£").replace(",", "")
    try:
        return float(digits) if digits.isascii() else float(word.plain)
    except ValueError:
        return float(word.plain)


def day(text: str, today: date | None) -> date | None:
    """The first day that is named; what depends on today only if that is known."""
    for found in _DAY.finditer(text):
        try:
            if (named := _day(found, today)) is not None:
                return named
        except ValueError:  # 31 June
            continue
    return None


def _day(found: re.Match[str], today: date | None) -> date | None:
    if found["iso"]:
        return date.fromisoformat(found["iso"])
    if number := found["day"] or found["day2"]:
        month = [name[:3] for name in _MONTHS].index((found["month"] or found["month2"])[:3].lower()) + 1
        if year := found["year"] or found["year2"]:
            return date(int(year), month, int(number))
        if today is None:
            return None
        this_year = date(today.year, month, int(number))
        return this_year if this_year >= today else date(today.year + 1, month, int(number))
    if today is None:
        return None
    if found["weekday"]:
        ahead = (_WEEKDAYS.index(found["weekday"].lower()) - today.weekday()) % 7
        return today + timedelta(days=ahead or 7)
    near = found["near"].lower()
    return today + timedelta(days=2 if "after" in near else 1 if near == "tomorrow" else 0)


def day_or_time_phrase(text: str) -> str | None:
    """The words that say when, as they were said."""
    spans = sorted(match.span() for pattern in (_DAY, _TIME) for match in pattern.finditer(text))
    return text[spans[0][0] : max(end for _, end in spans)].strip() if spans else None


def time_of_day(text: str) -> str | None:
    """hh:mm:ss"""
    found = _TIME.search(text)
    if found is None:
        return None
    hour, minute = int(found["hour"] or found["hour2"] or found["hour3"]), found["minute"] or found["minute2"] or "00"
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    return f"{hour:02}:{minute}:00" if hour < 24 and int(minute) < 60 else None


def email(text: str) -> str | None:
    if found := EMAIL.search(text):
        return found[0]
    if spoken := _SPOKEN_EMAIL.search(text):
        return re.sub(r" dot ", ".", f"{spoken[1]}@{spoken[2]}", flags=re.IGNORECASE)
    return None


def yes_or_no(text: str) -> bool | None:
    if _NO.search(text):
        return False
    return True if _YES.search(text) else None


def said_of(words: Collection[str], text: str) -> bool | None:
    """Whether a thing is wanted ("with breakfast") or not ("without breakfast"); None when it is not spoken of."""
    said = read(text).words
    for i, word in enumerate(said):
        if word.stem in words:
            before = said[max(0, i - _DENIED_WITHIN) : i]
            return not any(one.stem in _DENYING and one.clause == word.clause for one in before)
    return None


def names_after(leads: str, text: str) -> list[str]:
    """What follows each of these words ("in|at") and can be a name: words up to the next that cannot."""
    found: list[str] = []
    for lead in re.finditer(rf"\b(?:{leads})\s+", text, re.IGNORECASE):
        name: list[str] = []
        for word in re.finditer(r"([^\W\d_](?:[\w'\u2019.-]*\w)?)([^\w\s]*)\s*", text[lead.end() :]):
            starts_here = word.start() == sum(len(one) for one in name)
            if not starts_here or word[1].casefold() in NO_NAME or (name and not _alike(name[0], word[1])):
                break
            name.append(word[0])
            if word[2]:
                break
        if joined := "".join(name).strip().rstrip(".,;:!?"):
            found.append(joined)
    return found


def _alike(first: str, other: str) -> bool:
    """A name that begins with a capital goes on with capitals."""
    return first[0].isupper() == other[0].isupper()


def capitalised(text: str) -> list[str]:
    """Runs of capitalised words within sentences, which are likely names."""
    runs = re.finditer(r"(?<=[\w,;:] )[A-ZÀ-ÖØ-Þ][\w'\u2019-]*(?: [A-ZÀ-ÖØ-Þ][\w'\u2019-]*)*", text)
    return [run[0] for run in runs if run[0].casefold() not in NO_NAME]
