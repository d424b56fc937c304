"""The picture for docs/: what a frame costs in each relay, as multiples of nginx, readable on light and dark pages."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

from benchmarks.relay.bench import ratios
from benchmarks.relay.program import Run
from benchmarks.relay.relays import NGINX

PANELS = {
    "saturation": "Saturation, 20 calls",
    "trace": "Real time, 50 calls",
    "tls": "Saturation, TLS to the upstream",
}
WIDTH, LEFT, RIGHT = 760, 190, 70
BAR, GAP, HEAD = 18, 8, 34
LINE = 100
"""Characters of the caption beside each other."""
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .small { font-size: 11px; opacity: .75 }
.bar { fill: #8c959f } .ours { fill: #0969da } .range { stroke: #1f2328; stroke-width: 1.5 }
.one { stroke: #1f2328; stroke-dasharray: 3 3; opacity: .5 } .page { fill: #fff }
@media (prefers-color-scheme: dark) {
 text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours { fill: #4493f8 } .range, .one { stroke: #e6edf3 }
 .page { fill: #0d1117 } }
"""


def draw(figures: Mapping[str, Mapping[str, Sequence[Run]]], caption: Sequence[str]) -> str:
    """A panel for each of PANELS that was measured; the whisker is the range over the rounds."""
    parts: list[str] = []
    y = 24
    parts.append(
        f'<text x="8" y="{y}" class="title">CPU time of the relay for each frame, as a multiple of nginx</text>'
    )
    panels = {
        title: {name: ratios(runs, figures[mode][NGINX]) for name, runs in figures[mode].items()}
        for mode, title in PANELS.items()
        if mode in figures and NGINX in figures[mode]
    }
    widest = max(value for found in panels.values() for values in found.values() for value in values)
    scale = (WIDTH - LEFT - RIGHT) / widest
    for title, found in panels.items():
        y += HEAD
        parts.append(f'<text x="8" y="{y}">{escape(title)}</text>')
        y += 10
        for name, values in sorted(found.items(), key=lambda pair: statistics.median(pair[1])):
            parts += _bar(name, values, y, scale)
            y += BAR + GAP
        x = LEFT + scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - len(found) * (BAR + GAP)}" y2="{y - GAP}" class="one"/>'
        )
    for line in (line for text in caption for line in wrap(text, LINE)):
        y += 17
        parts.append(f'<text x="8" y="{y}" class="small">{escape(line)}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" width="{WIDTH}" role="img">'
    page = f'<rect width="{WIDTH}" height="{y + 10}" rx="6" class="page"/>'  # else it is read on whatever is behind it
    return "\n".join([head, f"<style>{STYLE}</style>", page, *parts, "</svg>", ""])


def _bar(name: str, values: Sequence[float], y: int, scale: float) -> list[str]:
    middle, least, most = statistics.median(values), min(values), max(values)
    kind = "bar ours" if name.startswith("vivavoce") else "bar"
    across = y + BAR / 2
    left, right = round(LEFT + least * scale, 1), round(LEFT + most * scale, 1)
    return [
        f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{middle * scale:.1f}" height="{BAR}" rx="3" class="{kind}"/>',
        f'<line x1="{left}" x2="{right}" y1="{across}" y2="{across}" class="range"/>',
        f'<text x="{right + 8}" y="{y + 14}">{middle:.2f}</text>',
    ]
