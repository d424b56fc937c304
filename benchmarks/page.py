"""What the page costs a learner's machine: script, time until it is usable, the main thread during calls, growth.

`make bench-page` runs it; `make bench-page ARGS="--minutes 30"` is the soak. Chromium opens the page from an empty
cache, several times. Then one page makes call after call of five minutes with a microphone that speaks without end,
through the real server to a voice service that answers at once (`page_upstream.py`); every third answer is interrupted.

Time on the main thread is its CPU time, so that others on the machine do not count. Memory is what is left after a
forced garbage collection, once a minute. It fails when the main thread is busy for more than 5 %, when the script is
more than 150 kB, or when from the second call's result to the last one's the page has grown by more than KEPT allows:
in the mean, for each further call, 200 kB of heap, 20 DOM nodes, 2 event listeners, and nothing of audio.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, Playwright, async_playwright

from benchmarks.page_upstream import Counted, voice_service
from benchmarks.report import machine, progress, show, spread, table
from browser.audio import microphone_wav
from browser.chromium import find_chromium, flags
from browser.speech import utterance
from kit.server import Server

SCENARIO = "hotel-complaint"
CALL_MINUTES = 5.0
MOST_SCRIPT_KB = 150.0
MOST_BUSY = 0.05
COLD_LOADS = 7
STATES = ("listening", "thinking", "speaking")
COUNTS = ("LayoutCount", "RecalcStyleCount")
SPENT = ("TaskDuration", "ScriptDuration", *COUNTS)
HEAP = "JSHeapUsedSize"
KEPT = {
    HEAP: 200_000,
    "Nodes": 20,
    "JSEventListeners": 2,
    "AudioHandlers": 0,
    "AudioWorkletProcessors": 0,
}
"""What a page holds, and how much more of it may be left after each further call."""
LISTEN = """
    const seen = { usable: null, long: [], underruns: 0, worklets: [] }
    window.bench = seen
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.long.push([entry.startTime, entry.duration])
    }).observe({ type: 'longtask', buffered: true })
    let state = null
    const look = () => {
      const usable = '[data-testid^=scenario-card], [data-testid=start-call]'
      if (seen.usable === null && document.querySelector(usable)) seen.usable = performance.now()
      const now = document.querySelector('[data-testid=state]')?.dataset.state ?? null
      if (now === state) return
      state = now
      window.benchState?.(now ?? '')
    }
    const watch = () => new MutationObserver(look).observe(document, {
      subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'],
    })
    watch()
    const { addModule } = Worklet.prototype
    Worklet.prototype.addModule = function (url, ...rest) {
      seen.worklets.push(new URL(url, location).href)
      return addModule.call(this, url, ...rest)
    }
    window.AudioWorkletNode = class extends AudioWorkletNode {
      constructor(...options) {
        super(...options)
        let before = 0
        this.port.addEventListener('message', ({ data }) => {
          if (data.type !== 'progress') return
          seen.underruns += data.underruns - before
          before = data.underruns
        })
      }
    }
"""


Metrics = dict[str, float]


@dataclass
class Spent:
    """What the main thread did in one state of a call."""

    seconds: float = 0.0
    metrics: Metrics = field(default_factory=lambda: defaultdict(float))

    @property
    def busy(self) -> float:
        return self.metrics["TaskDuration"] / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Sample:
    """What was there after a garbage collection."""

    call: int
    moment: str
    kept: Metrics

    @property
    def heap_mb(self) -> float:
        return self.kept[HEAP] / 1e6


@dataclass(frozen=True)
class Outcome:
    scripts: dict[str, int]
    spent: dict[str, Spent]
    samples: list[Sample]
    counted: Counted
    underruns: int


class Watched:
    """One page, and what its main thread spends in each state of the call."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self.spent: dict[str, Spent] = defaultdict(Spent)
        self._session = session
        self._state = ""
        self._since = time.monotonic()
        self._before: Metrics = {}
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, browser: Browser, url: str, heard: set[str]) -> Watched:
        page = await browser.new_page()
        page.on("response", lambda response: heard.add(response.url))
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        watched = cls(page, session)
        await page.expose_function("benchState", watched.turned)
        await page.add_init_script(LISTEN)
        await page.goto(url)
        return watched

    async def metrics(self) -> Metrics:
        answer = await self._session.send("Performance.getMetrics")
        return {one["name"]: one["value"] for one in answer["metrics"]}

    async def turned(self, state: str) -> None:
        """Book what was spent until now, under the state that is over."""
        async with self._lock:
            now, metrics = time.monotonic(), await self.metrics()
            spent = self.spent[self._state]
            if self._before:
                spent.seconds += now - self._since
                for name in SPENT:
                    spent.metrics[name] += metrics[name] - self._before[name]
            self._state, self._since, self._before = state, now, metrics

    async def sample(self, call: int, moment: str) -> Sample:
        """Collects garbage; that is booked under no state of a call."""
        state = self._state
        await self.turned("collecting")
        for _ in range(2):
            await self._session.send("HeapProfiler.collectGarbage")
        kept = await self.metrics()
        await self.turned(state)
        sample = Sample(call, moment, {name: kept[name] for name in KEPT})
        counts = ", ".join(f"{name} {kept[name]:.0f}" for name in KEPT if name != HEAP)
        progress(f"call {call}, {moment}: heap {sample.heap_mb:.2f} MB, {counts}")
        return sample


# How soon it is usable


async def cold(playwright: Playwright, url: str) -> tuple[float, float, float]:
    """Milliseconds until it is usable, of long tasks until then, and of CPU on the main thread; the cache is empty."""
    async with await launch(playwright, None) as browser:
        watched = await Watched.open(browser, url, set())
        await watched.page.wait_for_function("() => bench.usable !== null")
        metrics = await watched.metrics()
        usable = float(await watched.page.evaluate("() => bench.usable"))
        long: list[list[float]] = await watched.page.evaluate("() => bench.long")
        return usable, sum(lasted for began, lasted in long if began < usable), metrics["TaskDuration"] * 1000


async def launch(playwright: Playwright, microphone: Path | None) -> Browser:
    return await playwright.chromium.launch(
        executable_path=find_chromium(), args=flags(microphone=microphone, again=True)
    )


# The calls


async def calls(browser: Browser, url: str, minutes: float, counted: Counted) -> Outcome:
    """Calls of five minutes in one page, as many as there is time for."""
    heard: set[str] = set()
    samples: list[Sample] = []
    watched = await Watched.open(browser, f"{url}/", heard)
    await press(watched.page, f"[data-testid=scenario-card-{SCENARIO}]")
    for number in range(1, max(1, round(minutes / CALL_MINUTES)) + 1):
        if number > 1:
            await press(watched.page, "[data-testid=again]")
        await one_call(watched, number, min(minutes, CALL_MINUTES), samples)
    underruns = int(await watched.page.evaluate("() => bench.underruns"))
    return Outcome(await sizes(watched.page, heard), watched.spent, samples, counted, underruns)


async def one_call(watched: Watched, number: int, minutes: float, samples: list[Sample]) -> None:
    page = watched.page
    await press(page, "[data-testid=start-call]")
    await there(page, '[data-testid="state"][data-state="speaking"]')
    began = time.monotonic()
    steps = max(1, round(minutes))
    for step in range(1, steps + 1):
        await asyncio.sleep(began + step * minutes * 60 / steps - time.monotonic())
        samples.append(await watched.sample(number, f"minute {step * minutes / steps:g}"))
    await press(page, "[data-testid=end-call]")
    await there(page, "[data-testid=grade]")
    samples.append(await watched.sample(number, "result"))


async def press(page: Page, selector: str) -> None:
    """Not with Playwright's click, which keeps the element, and all around it, for as long as the page is open."""
    await there(page, selector)
    await page.evaluate("(selector) => document.querySelector(selector).click()", selector)


async def there(page: Page, selector: str) -> None:
    await page.wait_for_function(
        "(selector) => document.querySelector(selector) !== null", arg=selector, timeout=60_000
    )


async def sizes(page: Page, heard: set[str]) -> dict[str, int]:
    """Name and gzipped bytes of every script that was loaded; no listener for responses sees those of worklets."""
    urls = {url for url in heard if url.endswith(".js")} | set(await page.evaluate("() => bench.worklets"))
    bodies = {url: await (await page.request.get(url)).body() for url in sorted(urls)}
    return {url.rpartition("/")[2]: len(gzip.compress(body)) for url, body in bodies.items()}


async def measure(minutes: float, folder: Path) -> list[str]:
    """What is not as it should be."""
    # Two answers that are heard to their end, and one that is not.
    spoken = microphone_wav(
        folder / "microphone.wav",
        [utterance("sorry"), 11.0, utterance("room"), 11.0, utterance("when-started"), 4.0, utterance("interrupt")],
        tail_s=11.0,
    )
    counted = Counted()
    settings = {"VIVAVOCE_UPSTREAM": "compatible"}
    async with async_playwright() as playwright, voice_service(counted) as upstream:
        with Server(folder, VIVAVOCE_UPSTREAM_URL=upstream, **settings) as server:
            rows = []
            for name, path in (("the menu", "/"), ("Start call", f"/call/{SCENARIO}")):
                progress(f"cold loads until {name} is usable")
                loads = [await cold(playwright, server.url + path) for _ in range(COLD_LOADS)]
                rows.append([name, *(spread([load[column] for load in loads], " ms") for column in range(3))])
            table(("from an empty cache until it is usable", "time", "in long tasks", "CPU of the main thread"), rows)
            async with await launch(playwright, spoken) as browser:
                return tell(await calls(browser, server.url, minutes, counted))


# What came of it


def tell(outcome: Outcome) -> list[str]:
    script_kb = sum(outcome.scripts.values()) / 1000
    table(("script", "kB gzipped"), [[name, f"{size / 1000:.1f}"] for name, size in outcome.scripts.items()])
    talk = [outcome.spent[state] for state in STATES]
    rows = []
    for state, spent in zip((*STATES, "the call"), (*talk, together(talk)), strict=True):
        per_second = [f"{spent.metrics[name] / max(spent.seconds, 0.001):.2f}" for name in COUNTS]
        script = spent.metrics["ScriptDuration"] / max(spent.seconds, 0.001)
        rows.append([state, f"{spent.seconds:.0f} s", f"{spent.busy:.1%}", f"{script:.1%}", *per_second])
    table(("state", "for", "main thread busy", "of it script", "layouts a second", "style recalcs a second"), rows)
    whole, counted = together(talk), outcome.counted
    frames = counted.up + counted.down
    table(
        ("audio frames", "turns", "interrupted", "layouts a frame", "style recalcs a frame", "underruns"),
        [
            [
                f"{counted.up} up, {counted.down} down",
                counted.turns,
                counted.interrupted,
                *(f"{whole.metrics[name] / max(frames, 1):.3f}" for name in COUNTS),
                outcome.underruns,
            ]
        ],
    )
    others = [name for name in KEPT if name != HEAP]
    table(
        ("call", "at", "heap", *others),
        [
            [one.call, one.moment, f"{one.heap_mb:.2f} MB", *(f"{one.kept[name]:.0f}" for name in others)]
            for one in outcome.samples
        ],
    )
    wrong = grown(outcome.samples)
    if script_kb > MOST_SCRIPT_KB:
        wrong.append(f"{script_kb:.1f} kB of script")
    if whole.busy > MOST_BUSY:
        wrong.append(f"the main thread is busy for {whole.busy:.1%} of a call")
    show(f"Script: {script_kb:.1f} kB. Main thread: {whole.busy:.1%}. {'; '.join(wrong) or 'All is as it should be.'}")
    return wrong


def together(parts: list[Spent]) -> Spent:
    metrics = {name: sum(part.metrics[name] for part in parts) for name in SPENT}
    return Spent(sum(part.seconds for part in parts), metrics)


def grown(samples: list[Sample]) -> list[str]:
    """From the second call's result on, nothing is new to the page: what is there then must not become more."""
    results = [one for one in samples if one.moment == "result"][1:]
    wrong = []
    for name, most in KEPT.items():
        more = results[-1].kept[name] - results[0].kept[name] if results else 0.0
        if more > most * max(len(results) - 1, 1):
            wrong.append(f"{name} grew by {more:.0f}")
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="of calls, in all")
    options = parser.parse_args()
    show(f"Page: {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(measure(options.minutes, Path(folder)))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
