"""The chart of a page as a PNG, drawn without a browser: bars, and labels that are enough."""

import base64
from datetime import date
from io import BytesIO

import pyarrow as pa
from PIL import Image, ImageDraw, ImageFont

from apps.bi import wording
from apps.bi.charts import ACCENT
from lakehouse.notices.content import Picture

# Twice the width at which it is shown, for screens with small pixels.
_WIDTH, _HEIGHT, _EDGE, _TEXT = 1280, 480, 24, 26
_INK, _PALE = "#475569", "#e2e8f0"


def days_drawn(title: str, days: pa.Table) -> Picture:
    """A bar a day; `days` are those of `sales.every_day`, at least one."""
    image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(_TEXT)
    nets = [float(net) for net in days["net"].to_pylist()]
    top, bottom = max(0.0, *nets), min(0.0, *nets)
    floor, ceiling = _HEIGHT - _EDGE - 2 * _TEXT, _EDGE + 2 * _TEXT
    scale = (floor - ceiling) / ((top - bottom) or 1.0)
    zero = floor + bottom * scale
    step = (_WIDTH - 2 * _EDGE) / len(nets)
    for place, net in enumerate(nets):
        left = _EDGE + place * step
        high, low = sorted((zero - net * scale, zero))
        draw.rectangle((left, high, left + max(step * 0.8, 1.0), low), fill=ACCENT)
    draw.line((_EDGE, zero, _WIDTH - _EDGE, zero), fill=_PALE, width=2)
    listed: list[date] = days["day"].to_pylist()
    best = nets.index(max(nets))
    told = f"{wording.day(listed[best])}: {wording.money(days['net'][best].as_py())}"
    # Pillow's own font, which needs no file, has no pound sign.
    highest = f"Highest: {wording.day(listed[best])}, {nets[best]:,.0f}"
    draw.text((_EDGE, _EDGE), highest, font=font, fill=_INK)
    draw.text((_EDGE, _HEIGHT - _EDGE), wording.day(listed[0]), font=font, fill=_INK, anchor="ls")
    last = (_WIDTH - _EDGE, _HEIGHT - _EDGE)
    draw.text(last, wording.day(listed[-1]), font=font, fill=_INK, anchor="rs")
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    span = f"{wording.day(listed[0])} to {wording.day(listed[-1])}"
    return Picture(
        title=title,
        alt=f"{title}, {span}; highest {told}",
        file="days.png",
        png=base64.b64encode(file.getvalue()),
    )
