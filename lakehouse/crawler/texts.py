"""Files of text: their encoding."""

from typing import TypeAlias

from lakehouse.crawler.sampling import Sample, UnclassifiedError
from lakehouse.crawler.schemas import FileSchema

# A file's schema, and what a person should know of the file.
Found: TypeAlias = tuple[FileSchema, tuple[str, ...]]


def decoded(sample: Sample) -> tuple[str, str]:
    """The whole lines of a sample as text, and the encoding: ascii, utf-8 or iso-8859-1.

    Raises UnclassifiedError for what is no text.
    """
    data = sample.start
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnclassifiedError("it is UTF-16; external tables read UTF-8 and single-byte text")
    if b"\0" in data:
        raise UnclassifiedError("it is no text, and of no format that is known")
    if not sample.whole:
        data, newline, _ = data.rpartition(b"\n")
        if not newline:
            raise UnclassifiedError("its first line is longer than sample_bytes")
    if not data.strip():
        raise UnclassifiedError("it holds nothing but blanks")
    if data.isascii():
        return data.decode("ascii"), "ascii"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("iso-8859-1"), "iso-8859-1"
