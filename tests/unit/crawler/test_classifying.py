"""What files are recognized as; the expected types are read off the files' text."""

import bz2
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import zstandard

from lakehouse.crawler.classifying import classified
from lakehouse.crawler.kinds import glue_name
from lakehouse.crawler.sampling import UnclassifiedError
from lakehouse.crawler.schemas import FileSchema
from lakehouse.crawler_settings import ClassifierSettings

Look = Callable[..., FileSchema]


def zipped(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def look(tmp_path: Path) -> Look:
    def found(
        content: str | bytes, name: str = "a", limit: int = 1 << 18, **own: ClassifierSettings
    ) -> FileSchema:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return classified(file, limit, own)[0][0]

    return found


def types(schema: FileSchema) -> dict[str, str]:
    return {column.name: glue_name(column.kind) for column in schema.columns}


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\x01"])
def test_each_delimiter_is_found(look: Look, delimiter: str) -> None:
    lines = [("id", "name"), ("1", "a"), ("2", "b")]
    schema = look("".join(delimiter.join(line) + "\n" for line in lines))
    assert dict(schema.traits) == {"delimiter": delimiter, "header": "1"}
    assert types(schema) == {"id": "bigint", "name": "string"}


def test_types_are_those_that_lose_nothing(look: Look) -> None:
    schema = look(
        "int_,big,dbl,zip,huge,flag,day,moment,mixed,empty\n"
        "1,3000000000,1.5,01234,99999999999999999999,true,2024-02-29,2024-01-01 10:00:00,1,\n"
        "-2,7,1e3,98765,1,FALSE,2024-03-01,2024-01-01 10:00:00.123,x,\n"
    )
    assert types(schema) == {
        "int_": "bigint", "big": "bigint", "dbl": "double", "zip": "string", "huge": "string",
        "flag": "boolean", "day": "date", "moment": "timestamp", "mixed": "string",
        "empty": "string",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", "1"),
        ("a,b\nc,d\n", "0"),  # all texts: the first row is not different
        ("a,7\n1,2\n", "0"),  # no text in the first row
        ("a,\n1,\n2,\n", "1"),  # a trailing delimiter
        (f"{'a' * 150},b\n1,2\n", "0"),  # too long for a name
        ("1,2\n3,4\n", "0"),
    ],
)
def test_a_header_is_found_as_glue_finds_it(look: Look, text: str, header: str) -> None:
    assert dict(look(text).traits)["header"] == header


def test_names_are_legal_and_apart(look: Look) -> None:
    assert list(types(look("Unit Price,ID,id,id_1,Größe,-\n1,2,3,4,5,6\n"))) == [
        "unit_price", "id", "id_2", "id_1", "gr_e", "col6",
    ]  # fmt: skip


def test_a_header_that_stands_again_is_no_value(look: Look, tmp_path: Path) -> None:
    (tmp_path / "twice").write_text("id,v\n1,2\nid,v\n3,4\n")
    (schema, notes), _ = classified(tmp_path / "twice", 1000, {})
    assert types(schema) == {"id": "bigint", "v": "bigint"}
    assert notes == ("its header stands again in 1 lines, which are rows",)


def test_a_line_that_was_cut_off_is_told(look: Look, tmp_path: Path) -> None:
    (tmp_path / "cut").write_text("id,v,w\n1,2,3\n4")
    (schema, notes), _ = classified(tmp_path / "cut", 1000, {})
    assert types(schema) == {"id": "bigint", "v": "bigint", "w": "bigint"}
    assert notes == ("1 of the lines that were read have not 3 fields",)


def test_json_is_merged_over_lines(look: Look) -> None:
    schema = look(
        '{"A":1,"b":{"x":1},"c":[1,2],"d":null,"e":true,"user-id":"7"}\n'
        '{"a":2.5,"b":{"y":["z"]},"c":[],"e":1,"n":9223372036854775808}\n'
    )
    assert types(schema) == {
        "a": "double", "b": "struct<x:bigint,y:array<string>>", "c": "array<bigint>",
        "d": "string", "e": "string", "user_id": "string", "n": "string",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.csv.gz", gzip.compress),
        ("a.csv.bz2", bz2.compress),
        ("a.csv.zst", zstandard.ZstdCompressor().compress),
        ("a.csv.zip", lambda text: zipped({"made/a.csv": text})),
    ],
)
def test_compressed_files_are_read_by_a_part(
    look: Look, name: str, pack: Callable[[bytes], bytes]
) -> None:
    text = b"id,v\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(20_000))
    packed = pack(text)
    assert types(look(packed, name)) == {"id": "bigint", "v": "bigint"}
    assert types(look(packed, name, limit=len(packed) + 1)) == {"id": "bigint", "v": "bigint"}
    with pytest.raises(UnclassifiedError, match=r"truncated|damaged"):
        look(packed[:-20], name, limit=1 << 20)


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"PK\x03\x04rest", "a.csv", "zip"),
        (b"a,b\n1,2\n", "a.zip", "its bytes do not"),
        (b"PK\x03\x04rest", "a.zip", "damaged"),
        (zipped({"a": b"x,y\n1,2\n"})[:-9], "a.zip", "damaged"),
        (zipped({"a": b"x,y\n1,2\n", "b": b"x,y\n1,2\n"}), "a.zip", "holds 2 files"),
        (zipped({}), "a.zip", "its bytes do not"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a.csv", "does not end with .gz"),
        (b"a,b\n1,2\n", "a.gz", "its bytes do not"),
        (b"a,b\n", "a", "fewer than two lines"),
        (b"word\nword\n", "a", "no delimiter fits"),
        (b"\x00\x01\x02\n\x03", "a", "no text"),
        (b'[{"a": 1}, {"a": 2}]', "a", "not an object a line"),
        (b'{\n "a": 1\n}\n', "a", "not an object a line"),
        (b"<a><b/></a>\n<c/>\n", "a", "XML"),
        (b'a,b\n1,"x\ny"\n2,z\n', "a", "several lines"),
        (b"PAR1 and then nothing", "a.parquet", "damaged or truncated"),
        (b"ORC", "a.orc", "damaged or truncated"),
        (b"Obj\x01\x04", "a.avro", "damaged or truncated"),
        ("a,b\n1,2\n".encode("utf-16"), "a", "UTF-16"),
        (b"a,b\n1," + b"x" * (1 << 18), "a", "second line goes beyond sample_bytes"),
        (b'{"a": NaN}\n{"a": Infinity}\n', "a", "not an object a line"),
    ],
    # The bytes of a zip file hold the time: as a name of the test they would be another each time.
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_can_not_be_read_tells_why(look: Look, content: bytes, name: str, reason: str) -> None:
    with pytest.raises(UnclassifiedError, match=reason):
        look(content, name)


def test_custom_classifiers_come_first_in_their_order(look: Look) -> None:
    grok = ClassifierSettings(grok="%{IP:client} %{WORD:verb} %{NUMBER:size:long}")
    regex = ClassifierSettings(
        regex=r"(\S+) (\S+) (.*)", columns={"a": "string", "b": "int", "c": "string"}
    )
    line = "10.0.0.1 GET 17\n10.0.0.2 PUT 2\n"
    assert types(look(line, grok=grok, regex=regex)) == {
        "client": "string", "verb": "string", "size": "bigint",
    }  # fmt: skip
    assert look(line, regex=regex, grok=grok).label == "regex"
    csv = ClassifierSettings(delimiter=";", header="present")
    assert types(look("a;b\nc;d\n", csv=csv)) == {"a": "string", "b": "string"}
