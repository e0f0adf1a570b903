"""Order logs as the format of a stream."""

from dataclasses import dataclass

from ingest.headers import read_format
from ingest.order_lines import OrderFormat, parse
from ingest.records import Opening, Parsed
from ingest.screening import Text


@dataclass(frozen=True)
class _OrderParser:
    form: OrderFormat

    def parse(self, text: Text) -> Parsed:
        return parse(text, self.form)

    def admit(self, text: Text) -> Parsed:
        return parse(text, self.form)


class OrderLogs:
    """CSV with the columns of the UCI Online Retail data; its columns never change."""

    noun = "order lines"
    suffixes = (".csv", ".log", ".xlsx")
    guesses_encoding = True

    def open_log(self, head: bytes, log: str) -> Opening:
        """As its header says. Raises SourceError when that is no order log's."""
        form, header = read_format(head, log)
        return Opening(_OrderParser(form), header, 1)
