"""What a call had is given back when it is over: nothing of it waits for the garbage collector."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from kit.eventually import eventually
from kit.server import Server

WATCH = """
import gc, signal

def look(number, frame):
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    print("garbage:", sorted({type(thing).__qualname__ for thing in gc.garbage if ours(type(thing).__module__)}))

def ours(module):
    return module.partition(".")[0] in ("vivavoce", "uvicorn", "httptools", "picows", "aiofastnet")

gc.disable()
signal.signal(signal.SIGUSR1, look)
"""
"""Python runs this at its start."""


def test_a_call_leaves_no_circles(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    with Server(tmp_path, PYTHONPATH=str(tmp_path), **engine_settings) as server:
        for user in ("ada", "bob"):
            with server.browser(user) as browser:
                browser.go_live()
                browser.say("Good evening. I would like another room.")
                browser.until("response.done")
                browser.send("vivavoce.end")
                browser.until("vivavoce.ended")
        eventually(lambda: server.log.count(" ended: ") == 2)
        server.process.send_signal(signal.SIGUSR1)
        eventually(lambda: "garbage:" in server.log)
        assert re.findall("garbage: (.*)", server.log) == ["[]"]
