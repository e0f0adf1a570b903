"""What a file is: the custom classifiers in their order, then the built-in ones."""

from collections.abc import Mapping
from pathlib import Path

from lakehouse.crawler.columnar import SIGNATURES, columnar
from lakehouse.crawler.delimited import delimited
from lakehouse.crawler.json_lines import json_lines
from lakehouse.crawler.patterns import patterned
from lakehouse.crawler.sampling import Sample, UnclassifiedError, sampled
from lakehouse.crawler.texts import Found
from lakehouse.crawler_settings import ClassifierSettings


def classified(
    path: Path, limit: int, classifiers: Mapping[str, ClassifierSettings]
) -> tuple[Found, int]:
    """The schema of a file, notes about it, and how many bytes were read.

    Raises UnclassifiedError, whose message is the reason, and OSError.
    """
    sample = sampled(path, limit)
    return _found(sample, classifiers), sample.bytes_read


def _found(sample: Sample, classifiers: Mapping[str, ClassifierSettings]) -> Found:
    for signature, format_ in SIGNATURES.items():
        if sample.start.startswith(signature) and not sample.compression:
            return columnar(sample, format_)
    for name, told in classifiers.items():
        try:
            return delimited(sample, told) if told.delimiter else patterned(sample, name, told)
        except UnclassifiedError:
            continue
    first = sample.start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if first in (b"{", b"["):
        return json_lines(sample)
    if first == b"<":
        raise UnclassifiedError("it looks like XML, which external tables don't read")
    return delimited(sample)
