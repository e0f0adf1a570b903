"""How a page should look: a small picture of it, kept beside the tests.

Pages are compared a quarter as large as they are, where a letter drawn a little differently by
another Chromium is gone, and a card that has moved by half a line is not. `make baselines` makes
the pictures anew; look at them before they are committed.
"""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.browser.conftest import Visit

FOLDER = Path(__file__).with_name("baselines")
SMALLER = 4
HEIGHT = 1900
# Of 255, in any colour; and of a thousand pixels, how many may differ by more.
TOLERANCE, PER_MILLE = 24, 2
_TRIES = 20
# Sixteen of each colour, for a file half as large.
_SHADES = 0xF0
# What is another at every run: the snapshot's name.
_CHANGING = ".st-key-freshness { display: none !important }"

Pixels = NDArray[np.int16]


def picture(window: Visit) -> Pixels:
    """The page as it is drawn when it changes no more: a quarter as wide and high."""
    page = window.page
    page.set_viewport_size({"width": 1440, "height": HEIGHT})
    page.add_style_tag(content=_CHANGING)
    page.mouse.move(0, 0)
    window.settle()
    before = b""
    for _ in range(_TRIES):
        now = page.screenshot(animations="disabled", caret="hide")
        if now == before:
            break
        before = now
    shot = Image.open(io.BytesIO(now)).convert("RGB")
    return np.asarray(shot.reduce(SMALLER), dtype=np.int16) & _SHADES


def renew(name: str, drawn: Pixels) -> None:
    """Make what is drawn the way it should look."""
    FOLDER.mkdir(exist_ok=True)
    Image.fromarray(drawn.astype(np.uint8)).save(FOLDER / f"{name}.png", optimize=True)


def differing(name: str, drawn: Pixels) -> float:
    """Of a thousand pixels of a page, how many are not as they should be."""
    kept = np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB"), dtype=np.int16)
    if kept.shape != drawn.shape:
        return 1000.0
    return float((np.abs(kept - drawn).max(axis=2) > TOLERANCE).mean() * 1000)
