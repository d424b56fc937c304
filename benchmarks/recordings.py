"""Speech that is not the engine's own: people, from Debian's freely licensed sounds, and the voices of Flite.

The packages are fetched with apt into the user's cache, unpacked there and not installed; nothing of them is in this
repository. They are `asterisk-core-sounds-en` (the texts) and `-g722` (a studio voice at 16 kHz, CC-BY-SA-3.0), and
`pocketsphinx-testdata` (readers of LibriVox, which is in the public domain, and a few commands; BSD).
"""

from __future__ import annotations

import array
import gzip
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import progress
from browser.audio import Samples, read_wav

PACKAGES = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-g722", "pocketsphinx-testdata")
G722_RATE = 16_000
LEAST_WORDS = 6
"""Of a prompt: single words are for putting together, and no utterance."""
NOT_SPOKEN = re.compile(r"[\[\]()<>*#]")
FLITE_VOICES = ("slt", "rms", "awb", "kal16")
SENTENCES = (Path(__file__).parent / "sentences.txt").read_text("utf-8").splitlines()


@dataclass(frozen=True)
class Recording:
    text: str
    samples: Samples
    rate: int


def prompts() -> list[Recording]:
    """Every prompt of six words or more whose text has no mark that is not spoken; all by one studio voice."""
    from G722 import G722

    folder = _unpacked()
    listing = folder / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    sounds = next((folder / "usr/share/asterisk/sounds").glob("en_US*"))
    found = []
    for line in gzip.decompress(listing.read_bytes()).decode().splitlines():
        name, _, text = line.partition(": ")
        sound = sounds / f"{name}.g722"
        if len(text.split()) >= LEAST_WORDS and not NOT_SPOKEN.search(text) and sound.exists():
            decoded: array.array[int] = G722(G722_RATE, 64_000).decode(sound.read_bytes())
            found.append(Recording(text, np.array(decoded, np.float32) / np.float32(32_768), G722_RATE))
    return found


def readers() -> list[Recording]:
    """Sentences of a novel, and cards."""
    data = _unpacked() / "usr/share/pocketsphinx/test/data"
    found = []
    for listing in (data / "librivox/transcription", data / "cards/cards.transcription"):
        for text, name in re.findall(r"<s> (.+?) +</s> \((.+)\)", listing.read_text()):
            found.append(Recording(text, *read_wav(listing.parent / f"{name}.wav")))
    return found


def flite(voice: str) -> list[Recording]:
    """The thirty sentences in one of Flite's voices."""
    if not shutil.which("flite"):
        raise SystemExit("Flite speaks the synthesised half. On Debian: apt-get install flite")
    folder = _cache() / f"flite-{voice}"
    folder.mkdir(parents=True, exist_ok=True)
    recordings = []
    for number, text in enumerate(SENTENCES):
        wav = folder / f"{number}.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(wav)], check=True)
        recordings.append(Recording(text, *read_wav(wav)))
    return recordings


def _unpacked() -> Path:
    folder = _cache() / "debian"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for package in PACKAGES:
                progress(f"fetching {package} into {folder}")
                subprocess.run(["apt-get", "download", package], cwd=folder, check=True, stdout=sys.stderr)
                subprocess.run(["dpkg-deb", "-x", next(folder.glob(f"{package}_*.deb")), folder], check=True)
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            raise SystemExit(
                f"{error}\nThe recordings come from Debian's packages {', '.join(PACKAGES)}. Run `apt-get update` and "
                f"try again. On another system unpack them (dpkg-deb -x) into {folder}, and make an empty file named "
                "complete there."
            ) from error
        (folder / "complete").touch()
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vivavoce" / "recordings"
