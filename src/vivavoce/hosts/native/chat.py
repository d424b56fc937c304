"""Chat models behind an OpenAI-compatible endpoint: Ollama, vLLM, LM Studio, llama.cpp, or a hosted one.

What differs between them is read leniently (chat_stream.py); what fails is told in a sentence that says what to do and
holds neither the address, nor the key, nor what the endpoint answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from vivavoce.door.origins import is_loopback
from vivavoce.engine.effects import Reply
from vivavoce.engine.inputs import Input, Refused, ReplyCall, ReplyEnded, ReplyFailed, ReplyText
from vivavoce.hosts.naming import places_of
from vivavoce.hosts.native.chat_endpoint import ChatEndpoint
from vivavoce.hosts.native.chat_stream import BROKE_OFF, Broken, Reading

CONNECT_S = 5.0
SILENCE_S = 60.0
"""Without a byte, beyond which the chat model is given up."""
DRAIN_S = 1.0

_BUSY = frozenset({429, 503})
_SAYS = {
    400: "The chat model did not accept the conversation (400). Its server's log says why; many take no functions.",
    401: "The chat model refused the key (401). Set VIVAVOCE_CHAT_KEY.",
    403: "The chat model refused the key (403). Set VIVAVOCE_CHAT_KEY.",
    404: "There is no such chat model (404). Check VIVAVOCE_CHAT_MODEL and VIVAVOCE_CHAT_URL, which often ends in /v1.",
}

log = logging.getLogger(__name__)


class ChatModel:
    """What all calls share: the connections to an endpoint. The key exists nowhere but in their headers."""

    def __init__(self, endpoint: ChatEndpoint, silence_s: float = SILENCE_S) -> None:
        self.silence_s = silence_s
        self.name = endpoint.model
        self.url = f"{endpoint.url}/chat/completions"
        key = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self.client = httpx.AsyncClient(
            timeout=httpx.Timeout(silence_s, connect=CONNECT_S, pool=None),
            limits=httpx.Limits(max_connections=None),
            headers={"Accept-Encoding": "identity", **key},
            trust_env=not is_loopback(urlsplit(endpoint.url).hostname or ""),  # no proxy to this machine itself
        )

    def call(self, deliver: Callable[[Input], None]) -> CallChat:
        """The model's side of one more call; `deliver` gets what it says."""
        return CallChat(self, deliver)

    async def close(self) -> None:
        await self.client.aclose()


class CallChat:
    """The chat model's side of one call. Results come back on the event loop that it was made on."""

    def __init__(self, model: ChatModel, deliver: Callable[[Input], None]) -> None:
        self._model = model
        self._deliver = deliver
        self._asking: dict[int, asyncio.Task[None]] = {}

    def reply(self, effect: Reply) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(effect))
        self._asking[effect.job] = task
        task.add_done_callback(lambda _: self._asking.pop(effect.job, None))

    def cancel(self, job: int) -> None:
        """Hang up on the model, which stops it; nothing more of this job comes back."""
        if task := self._asking.pop(job, None):
            task.cancel()

    def close(self) -> None:
        for job in list(self._asking):
            self.cancel(job)

    async def _ask(self, effect: Reply) -> None:
        try:
            await self._answer(effect)
        except Broken as error:
            self._fail(effect.job, str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._fail(effect.job, UNREACHABLE)
        except httpx.TimeoutException:
            self._fail(effect.job, f"The chat model said nothing for {self._model.silence_s:g} s.")
        except httpx.HTTPError:
            self._fail(effect.job, BROKE_OFF)
        except Exception as error:
            log.error("A chat model's answer could not be read: %s", places_of(error))
            self._fail(effect.job, "The chat model's answer could not be read.")

    def _fail(self, job: int, reason: str) -> None:
        log.warning("%s", reason)
        self._deliver(ReplyFailed(job, reason))

    async def _answer(self, effect: Reply) -> None:
        job = effect.job
        body = {"model": self._model.name, "stream": True, **effect.request}
        async with self._model.client.stream("POST", self._model.url, json=body) as response:
            if response.status_code in _BUSY:
                log.warning("The chat model has too much to do (%d).", response.status_code)
                self._deliver(Refused(job))
                return
            if response.status_code != HTTPStatus.OK:
                raise Broken(refusal(response.status_code))
            reading = Reading(streamed="application/json" not in response.headers.get("Content-Type", ""))
            pieces = response.aiter_bytes()
            async for piece in pieces:
                if text := reading.feed(piece):
                    self._deliver(ReplyText(job, text))
                if reading.done:
                    break
            text, calls, reason = reading.end()
            if text:
                self._deliver(ReplyText(job, text))
            for name, arguments in calls:
                self._deliver(ReplyCall(job, name, arguments))
            self._deliver(ReplyEnded(job, reason))
            await _drain(pieces)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read to the end that follows, so that the connection can be used again."""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(DRAIN_S):
            async for _ in pieces:
                pass


UNREACHABLE = "The chat model cannot be reached. Is it running, and is VIVAVOCE_CHAT_URL right?"


def refusal(status: int) -> str:
    """What an answer that is no success means, and what to do."""
    if status in _SAYS:
        return _SAYS[status]
    if status >= 500:
        return f"The chat model's server failed ({status}). Its log says why."
    return f"The chat model's server answered {status}. Is VIVAVOCE_CHAT_URL right?"
