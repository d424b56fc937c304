"""What this machine lacks for a lesson whose language is not English. A server elsewhere may have it: warnings only."""

from __future__ import annotations

from collections.abc import Iterator

from vivavoce.hosts.native.models import ModelStore
from vivavoce.hosts.native.settings import Settings
from vivavoce.hosts.native.speech.choice import BETTER_WHISPER, ChoiceError
from vivavoce.hosts.native.speech.inventory import Kind, inventory
from vivavoce.lesson.fillers import knows
from vivavoce.scenario.check import every_check
from vivavoce.scenario.model import Scenario
from vivavoce.scenario.reading import Fault


def unmeasured(scenario: Scenario) -> Iterator[Fault]:
    """Fillers that nobody counts: a check of them can never be passed."""
    if not scenario.locale or knows(scenario.locale):
        return
    reason = f"the fillers of {scenario.locale} are not known, so there is no such measure; leave it out"
    for path, check in every_check(scenario.rubric):
        if check.detector.type == "measure" and check.detector.measure == "fillers_per_100":
            yield Fault(f"{path}.detector.measure", reason)
    for i, target in enumerate(scenario.measures):
        if target.measure == "fillers_per_100":
            yield Fault(f"measures[{i}].measure", reason)


def language_warnings(scenario: Scenario, settings: Settings) -> list[Fault]:
    if scenario.locale.partition("-")[0] in ("", "en") or settings.upstream.kind != "embedded":
        return []
    return [Fault("locale", f"{scenario.locale}: {reason}") for reason in _lacking(settings)]


def _lacking(settings: Settings) -> Iterator[str]:
    another = "or call an upstream that does: OPENAI_API_KEY, or VIVAVOCE_UPSTREAM"
    try:
        parts = [part for part in inventory(ModelStore(settings.models), settings.whisper, settings.tts) if part.used]
    except ChoiceError as error:
        yield f"what is installed here cannot be used: {error}"
        return
    for part in parts:
        if part.kind is Kind.VOICE and part.languages.startswith("English"):
            yield f"the voice in use, {part.name}, speaks English only; let learners type, {another}"
        elif part.kind is Kind.RECOGNISER and part.languages == "English":
            yield f"the recogniser in use, {part.name}, hears English only; {_better_ears(settings)}, {another}"
        elif part.kind is Kind.RECOGNISER and not part.here:
            yield f"the recogniser {part.name} is not installed: {part.how}"
    if settings.chat_url is None:
        yield (
            "the scripted persona follows the rules of English words; let a chat model answer with VIVAVOCE_CHAT_URL "
            f"and VIVAVOCE_CHAT_MODEL, {another}"
        )


def _better_ears(settings: Settings) -> str:
    if ModelStore(settings.models).here(BETTER_WHISPER):
        return "choose the one that is here with VIVAVOCE_WHISPER=base"
    return f"install one for 99 languages with: vivavoce models --fetch {BETTER_WHISPER}"
