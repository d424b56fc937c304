"""The judge of lesson/judge.py over a chat-completions endpoint: one question, one whole answer, on a tool's thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from vivavoce.door.origins import is_loopback
from vivavoce.hosts.native.chat import CONNECT_S, UNREACHABLE, refusal
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint
from vivavoce.hosts.native.chat_stream import BROKE_OFF, Broken, Reading
from vivavoce.lesson.judge import JudgeError

ANSWER_S = 30.0
"""How long one answer may take."""

_AGAIN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY})


log = logging.getLogger("vivavoce.judge")


class Judges:
    """What all grades share: the connections to the model, on the event loop that this is made on."""

    def __init__(self, endpoint: ChatEndpoint, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = endpoint.model
        self.clock = clock
        self._url = f"{endpoint.url}/chat/completions"
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._asked: set[Future[str]] = set()
        key = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=CONNECT_S),  # the deadline is for all of it
            limits=httpx.Limits(max_connections=None),
            headers={"Accept-Encoding": "identity", **key},
            trust_env=not is_loopback(urlsplit(endpoint.url).hostname or ""),  # no proxy to this machine itself
        )

    def judge(self, seconds: float) -> ChatJudge:
        """For one grade, that may take so long from now."""
        return ChatJudge(self, self.clock() + seconds)

    def ask(self, messages: list[dict[str, str]], seconds: float) -> str:
        """One answer; called on a thread that may wait. Raises what httpx and chat_stream raise, or TimeoutError."""
        asked = asyncio.run_coroutine_threadsafe(self._ask(messages, seconds), self._loop)
        self._asked.add(asked)
        try:
            if self._closed:
                raise CancelledError
            return asked.result()
        finally:
            self._asked.discard(asked)

    async def close(self) -> None:
        """Hang up on the model: whoever waits for it does without, and no thread keeps the process from its end."""
        self._closed = True
        for asked in tuple(self._asked):
            asked.cancel()
        await self._client.aclose()

    async def _ask(self, messages: list[dict[str, str]], seconds: float) -> str:
        body = {"model": self.name, "messages": messages, "temperature": 0, "stream": False}
        async with asyncio.timeout(seconds), self._client.stream("POST", self._url, json=body) as response:
            if response.status_code != HTTPStatus.OK:
                raise _told(refusal(response.status_code), again=response.status_code in _AGAIN)
            reading = Reading(streamed="text/event-stream" in response.headers.get("Content-Type", ""))
            said = "".join([reading.feed(piece) async for piece in response.aiter_bytes()])
            return (said + reading.end()[0]).strip()


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
            return self._judges.ask(messages, min(left, ANSWER_S))
        except Broken as error:
            raise _told(str(error)) from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise _told(UNREACHABLE, again=False) from None
        except TimeoutError:
            raise _told("The judge did not answer in time.", again=False) from None
        except httpx.HTTPError:
            raise _told(BROKE_OFF) from None
        except CancelledError:
            raise _told("The server was being stopped.", again=False) from None


def _told(sentence: str, again: bool = True) -> JudgeError:
    """The operator reads all of it in the log, the learner what happened as a part of another sentence."""
    log.warning("%s", sentence)
    first = sentence.split(". ")[0].rstrip(".")
    return JudgeError(first[:1].lower() + first[1:], again)
