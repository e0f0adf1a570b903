"""The fields of a line as OpenCSVSerde reads them, its oddities included.

Rules: Trino's CsvDeserializer, which is bug for bug compatible with OpenCSVSerde.
"""

from dataclasses import dataclass, field


def fields(line: str, separator: str, quote: str, escape: str) -> list[str]:
    """The fields of a line; none for an empty one, and without the last if its quote is open."""
    reading = _Reading(line, separator, quote, escape)
    while reading.position < len(line):
        reading.character(line[reading.position])
        reading.position += 1
    if line and not reading.in_quotes:
        reading.end_field()
    return reading.found


@dataclass
class _Reading:
    line: str
    separator: str
    quote: str
    escape: str
    position: int = 0
    in_quotes: bool = False
    in_field: bool = False
    buffer: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    def character(self, c: str) -> None:
        inside = self.in_quotes or self.in_field
        if c == self.escape:
            # An escape before anything else than a quote or another escape is lost.
            if inside and self._next() in (self.quote, self.escape):
                self._take_next()
        elif c == self.quote:
            if inside and self._next() == self.quote:
                self._take_next()
            else:
                self._quote(c)
            self.in_field = not self.in_field
        elif c == self.separator and not self.in_quotes:
            self.end_field()
            self.in_field = False
        else:
            self.buffer.append(c)
            self.in_field = True

    def _quote(self, c: str) -> None:
        # In the middle of a field, past the line's first three characters, a quote is text.
        before = self.line[self.position - 1] if self.position > 2 else self.separator
        if before != self.separator and self._next() not in ("", self.separator):
            if self.buffer and "".join(self.buffer).isspace():
                self.buffer.clear()
            else:
                self.buffer.append(c)
        self.in_quotes = not self.in_quotes

    def end_field(self) -> None:
        self.found.append("".join(self.buffer))
        self.buffer.clear()

    def _next(self) -> str:
        return self.line[self.position + 1 : self.position + 2]

    def _take_next(self) -> None:
        self.buffer.append(self._next())
        self.position += 1
