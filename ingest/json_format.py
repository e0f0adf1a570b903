"""JSON lines as the format of a stream: an object a line (RFC 8259, in UTF-8)."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn

from ingest.record_parser import RecordByRecord
from ingest.record_rows import Reader
from ingest.record_schema import Column, RecordSchema, normal
from ingest.record_values import json_text
from ingest.records import Opening
from ingest.rejects import Reason, UnfitError
from ingest.screening import Block
from ingest.usual_json import usual_rows
from ingest.usual_lines import UsualRows
from lakehouse.column_settings import Contract

BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonLines:
    """Objects, one a line; their names are the fields of records."""

    noun = "JSON lines"
    suffixes = (".json", ".jsonl", ".ndjson", ".log")
    guesses_encoding = False

    def __init__(self, schema: RecordSchema) -> None:
        self._schema = schema
        self._names: dict[str, str] = {}

    def open_log(self, head: bytes, log: str) -> Opening:
        """There is no header; a byte order mark is passed over."""

        def usual(block: Block, columns: Mapping[str, Column]) -> UsualRows | None:
            discards = self._schema.new_columns is Contract.DISCARD
            return usual_rows(block, columns, discards=discards)

        reader = Reader(lambda value, _: value, texts=False)
        parser = RecordByRecord(self._record, self._schema, reader, usual)
        return Opening(parser, len(BOM) if head.startswith(BOM) else 0, 0)

    def _record(self, line: str) -> Mapping[str, object]:
        value = decode_json(line)
        if not isinstance(value, dict):
            raise UnfitError(Reason.NOT_AN_OBJECT, line[:100])
        record: dict[str, object] = {}
        for name, held in value.items():
            field = self._names.get(name) or self._names.setdefault(name, normal(name))
            if field in record:
                raise UnfitError(Reason.DUPLICATE_KEY, repr(name[:100]))
            record[field] = held
        return record


def decode_json(text: str) -> object:
    """The value of a JSON text, its fractions as Decimal. Raises UnfitError when it is none."""
    try:
        value = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json_text(value).encode()
    except UnfitError:
        raise
    except json.JSONDecodeError as e:
        raise UnfitError(Reason.BAD_JSON, f"{e.msg} at {e.pos}") from e
    except UnicodeEncodeError as e:
        raise UnfitError(Reason.BAD_JSON, "half of a surrogate pair") from e
    except RecursionError as e:
        raise UnfitError(Reason.BAD_JSON, "nested too deep") from e
    except (ValueError, ArithmeticError) as e:
        raise UnfitError(Reason.OUT_OF_RANGE, "a number of too many digits") from e
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnfitError(Reason.DUPLICATE_KEY, repr(twice[:100]))
    return found


def _no_number(name: str) -> NoReturn:
    raise UnfitError(Reason.BAD_JSON, f"{name} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_number
)
