"""The judge of lesson/judge.py over a chat-completions endpoint: one question, one whole answer, on a tool's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from vivavoce.hosts.native.chat import CONNECT_S, UNREACHABLE, ChatEndpoint, refusal
from vivavoce.hosts.native.chat_stream import BROKE_OFF, MAX_BYTES, TOO_LONG, Broken, Reading
from vivavoce.hosts.native.origins import is_loopback
from vivavoce.lesson.judge import JudgeError

ANSWER_S = 30.0
"""How long one answer may take."""
CALL_S = 16.0
"""How long all answers of one grade may take while a learner waits for it; the session gives up a little later."""
REGRADE_S = 120.0

_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY})


log = logging.getLogger("vivavoce.judge")


class Judges:
    """What all grades share: the connections to the model."""

    def __init__(self, endpoint: ChatEndpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = endpoint.model
        self.url = f"{endpoint.url}/chat/completions"
        self.clock = clock
        key = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self.client = httpx.Client(
            headers={"Accept-Encoding": "identity", **key},
            trust_env=not is_loopback(urlsplit(endpoint.url).hostname or ""),  # no proxy to this machine itself
        )

    def judge(self, seconds: float) -> ChatJudge:
        """For one grade, that may take so long from now."""
        return ChatJudge(self, self.clock() + seconds)

    def close(self) -> None:
        """Hang up, whoever is still being asked."""
        self.client.close()


class ChatJudge:
    """A Judge with a deadline: what was not answered by then is decided without it."""

    def __init__(self, judges: Judges, deadline: float) -> None:
        self._judges = judges
        self._deadline = deadline

    @property
    def name(self) -> str:
        return self._judges.name

    def ask(self, messages: list[dict[str, str]]) -> str:
        """Its answer. Raises JudgeError with a sentence that holds neither address nor key nor what was said."""
        left = self._deadline - self._judges.clock()
        if left <= 0:
            raise JudgeError("there was no time left to ask it", again=False)
        try:
            return self._ask(messages, min(left, ANSWER_S))
        except Broken as error:
            raise _told(str(error)) from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise _told(UNREACHABLE, again=False) from None
        except httpx.TimeoutException:
            raise _told("The judge did not answer in time.", again=False) from None
        except (httpx.HTTPError, RuntimeError):  # the latter when the client was closed
            raise _told(BROKE_OFF) from None

    def _ask(self, messages: list[dict[str, str]], seconds: float) -> str:
        body = {"model": self.name, "messages": messages, "temperature": 0, "stream": False}
        end = self._judges.clock() + seconds
        timeout = httpx.Timeout(seconds, connect=min(seconds, CONNECT_S))
        with self._judges.client.stream("POST", self._judges.url, json=body, timeout=timeout) as response:
            if response.status_code != HTTPStatus.OK:
                raise _told(refusal(response.status_code), again=response.status_code in _AGAIN)
            answer = bytearray()
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > MAX_BYTES:
                    raise Broken(TOO_LONG)
                if self._judges.clock() > end:  # httpx counts the seconds between bytes only
                    raise httpx.ReadTimeout("slow")
            reading = Reading(streamed="text/event-stream" in response.headers.get("Content-Type", ""))
        first = reading.feed(bytes(answer))
        last, _, _ = reading.end()
        return (first + last).strip()


def _told(sentence: str, again: bool = True) -> JudgeError:
    """The operator reads all of it in the log, the learner what happened as a part of another sentence."""
    log.warning("%s", sentence)
    first = sentence.split(". ")[0].rstrip(".")
    return JudgeError(first[:1].lower() + first[1:], again)
