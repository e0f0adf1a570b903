"""Every Python function the engine gets: its name, its arguments' types and its result's.

A name that ends in  is called for NULL too; all others answer NULL for it unasked.
"""

from collections.abc import Callable
from typing import Any

from lakehouse.athena.engine import (
    json_extract,
    json_standard,
    json_text,
    moments,
    numbers,
    regexes,
    serde_csv,
    serde_json,
    serde_lazy,
    serde_patterns,
    texts,
    urls,
)
from lakehouse.athena.engine.java_format import java_format

PythonFunction = Callable[..., Any]
_Entry = tuple[str, PythonFunction, tuple[str, ...], str]

_T = "VARCHAR"
_L = "VARCHAR[]"
_N = "BIGINT"
_D = "DOUBLE"
_B = "BOOLEAN"
_X = "BLOB"
_M = "TIMESTAMP"


FUNCTIONS: tuple[_Entry, ...] = (
    ("athena_double_text", numbers.double_text, (_D,), _T),
    ("athena_real_text", numbers.real_text, ("FLOAT",), _T),
    ("athena_double_json", numbers.double_json, (_D,), _T),
    ("athena_real_json", numbers.real_json, ("FLOAT",), _T),
    ("athena_from_base", numbers.from_base, (_T, _N), _N),
    ("athena_to_base", numbers.to_base, (_N, _N), _T),
    ("athena_left_shift", numbers.left_shift, (_N, _N, _N), _N),
    ("athena_right_shift", numbers.right_shift, (_N, _N, _N), _N),
    ("athena_right_shift_arithmetic", numbers.right_shift_arithmetic, (_N, _N, _N), _N),
    ("athena_bit_count", numbers.bit_count, (_N, _N), _N),
    ("athena_to_big_endian", numbers.to_big_endian, (_N, _N), _X),
    ("athena_from_big_endian", numbers.from_big_endian, (_X, _N), _N),
    ("athena_to_ieee754", numbers.to_ieee754, (_D, _N), _X),
    ("athena_from_ieee754", numbers.from_ieee754, (_X, _N), _T),
    ("athena_normal_cdf", numbers.normal_cdf, (_D, _D, _D), _T),
    ("athena_plain_decimal", numbers.plain_decimal, (_T, _N), _T),
    ("athena_format_number", numbers.format_number, (_D,), _T),
    ("athena_format", java_format, (_T, _L), _T),
    ("athena_reverse", texts.reverse, (_T,), _T),
    ("athena_normalize", texts.normalize, (_T, _T), _T),
    ("athena_lower", texts.lower, (_T,), _T),
    ("athena_upper", texts.upper, (_T,), _T),
    ("athena_levenshtein", texts.levenshtein, (_T, _T), _N),
    ("athena_luhn_check", texts.luhn_check, (_T,), _B),
    ("athena_soundex", texts.soundex, (_T,), _T),
    ("athena_translate", texts.translate, (_T, _T, _T), _T),
    ("athena_strpos", texts.strpos, (_T, _T, _N), _N),
    ("athena_split_to_map", texts.split_to_map, (_T, _T, _T), "MAP(VARCHAR, VARCHAR)"),
    ("athena_split_to_multimap", texts.split_to_multimap, (_T, _T, _T), "MAP(VARCHAR, VARCHAR[])"),
    ("athena_from_utf8", texts.from_utf8, (_X, _T), _T),
    ("athena_from_base64", texts.from_base64, (_T,), _X),
    ("athena_from_base64url", texts.from_base64url, (_T,), _X),
    ("athena_to_base64url", texts.to_base64url, (_X,), _T),
    ("athena_from_base32", texts.from_base32, (_T,), _X),
    ("athena_to_base32", texts.to_base32, (_X,), _T),
    ("athena_from_hex", texts.from_hex, (_T,), _X),
    ("athena_crc32", texts.crc32, (_X,), _N),
    ("athena_digest", texts.digest, (_X, _T), _X),
    ("athena_keyed_digest", texts.keyed_digest, (_X, _X, _T), _X),
    ("athena_url_encode", texts.url_encode, (_T,), _T),
    ("athena_url_decode", texts.url_decode, (_T,), _T),
    ("athena_url_protocol", urls.protocol, (_T,), _T),
    ("athena_url_host", urls.host, (_T,), _T),
    ("athena_url_port", urls.port, (_T,), _N),
    ("athena_url_path", urls.path, (_T,), _T),
    ("athena_url_query", urls.query, (_T,), _T),
    ("athena_url_fragment", urls.fragment, (_T,), _T),
    ("athena_url_parameter", urls.parameter, (_T, _T), _T),
    ("athena_regexp_like", regexes.like, (_T, _T), _B),
    ("athena_regexp_extract", regexes.extract, (_T, _T, _N), _T),
    ("athena_regexp_extract_all", regexes.extract_all, (_T, _T, _N), _L),
    ("athena_regexp_count", regexes.count, (_T, _T), _N),
    ("athena_regexp_position", regexes.position, (_T, _T, _N, _N), _N),
    ("athena_regexp_split", regexes.split, (_T, _T), _L),
    ("athena_regexp_replace", regexes.replace, (_T, _T, _T), _T),
    ("athena_regexp_groups", regexes.groups_of_matches, (_T, _T), "VARCHAR[][]"),
    ("athena_json_parse", json_text.parse, (_T,), _T),
    ("athena_json_to_varchar", json_text.to_varchar, (_T,), _T),
    ("athena_json_array_length", json_text.array_length, (_T,), _N),
    ("athena_json_array_get", json_text.array_get, (_T, _N), _T),
    ("athena_json_has_text", json_text.array_contains_text, (_T, _T), _B),
    ("athena_json_has_integer", json_text.array_contains_integer, (_T, _N), _B),
    ("athena_json_has_double", json_text.array_contains_double, (_T, _D), _B),
    ("athena_json_has_boolean", json_text.array_contains_boolean, (_T, _B), _B),
    ("athena_json_is_scalar", json_text.is_scalar, (_T,), _B),
    ("athena_json_shaped", json_text.shaped, (_T, _T), _T),
    ("athena_json_leaf", json_text.leaf, (_T, _T), _T),
    ("athena_json_extract", json_extract.extract, (_T, _T), _T),
    ("athena_json_extract_scalar", json_extract.extract_scalar, (_T, _T), _T),
    ("athena_json_size", json_extract.size, (_T, _T), _N),
    ("athena_json_exists", json_standard.exists, (_T, _T, _T), _T),
    ("athena_json_value", json_standard.value, (_T, _T, _T), _L),
    ("athena_json_query", json_standard.query, (_T, _T, _T, _T), _L),
    ("athena_json_normal", json_standard.normal, (_T,), _T),
    ("athena_csv_fields", serde_csv.fields, (_T, _T, _T, _T), _L),
    ("athena_json_fields", serde_json.fields, (_T, _T), _L),
    ("athena_lazy_nested", serde_lazy.nested, (_T, _T), _T),
    ("athena_regex_fields", serde_patterns.regex_fields, (_T, _T, _T), _L),
    ("athena_grok_fields", serde_patterns.grok_fields, (_T, _T, _T), _L),
    ("athena_zone", moments.zone, (_T,), _T),
    ("athena_zoned_parts", moments.zoned_parts, (_T,), _L),
    ("athena_mysql_parse", moments.mysql_parse, (_T, _T), _T),
    ("athena_mysql_format", moments.mysql_format, (_M, _T), _T),
    ("athena_joda_parse", moments.joda_parse, (_T, _T), _L),
    ("athena_joda_format", moments.joda_format, (_M, _T, _T, _M), _T),
    ("athena_iso8601_date", moments.iso8601_date, (_T,), "DATE"),
    ("athena_iso8601_parts", moments.iso8601_parts, (_T,), _L),
    ("athena_parse_duration", moments.parse_duration, (_T,), _N),
    ("athena_human_readable_seconds", moments.human_readable_seconds, (_D,), _T),
)
