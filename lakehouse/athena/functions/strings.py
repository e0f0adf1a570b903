"""String and binary functions: https://trino.io/docs/current/functions/string.html, binary.html."""

from lakehouse.athena.analysis import operators
from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, fill
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.functions.registry import Overload, family, rules, scalar
from lakehouse.athena.types import VARCHAR, array, can_coerce, is_text

_HASHES = ("md5", "sha1", "sha256", "sha512")


def _concat(call: Invocation) -> Value:
    """Text, bytes or arrays, two or more; NULL if any is."""
    values = call.values
    if len(values) < 2:
        message = "There must be two or more concatenation arguments"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, call.position)
    made = values[0]
    for value in values[1:]:
        if not is_text(value.type) and value.type.base not in (
            "varbinary",
            "array",
            "unknown",
        ):
            raise call.unexpected("concat(varchar)")
        made = operators.concatenation(made, value, call.position)
    return made


def _concat_ws(call: Invocation) -> Value:
    """NULLs among the parts are skipped; a NULL separator makes NULL."""
    separator, *parts = call.values
    separator = coerce(separator, VARCHAR)
    if len(parts) == 1 and parts[0].type.base == "array":
        if not can_coerce(parts[0].type, array(VARCHAR)):
            raise call.unexpected("concat_ws(varchar, array(varchar)), concat_ws(varchar, varchar)")
        values = [separator, coerce(parts[0], array(VARCHAR))]
        return fill("CASE WHEN {0} IS NOT NULL THEN athena_join({1}, {0}) END", values, VARCHAR)
    values = [separator, *(coerce(part, VARCHAR) for part in parts)]
    if not parts or any(not can_coerce(p.type, VARCHAR) for p in parts):
        raise call.unexpected("concat_ws(varchar, array(varchar)), concat_ws(varchar, varchar)")
    listed = ", ".join(f"{{{i}}}" for i in range(1, len(values)))
    template = f"CASE WHEN {{0}} IS NOT NULL THEN athena_join([{listed}], {{0}}) END"
    return fill(template, values, VARCHAR)


def _padding(side: str) -> list[Overload]:
    left = str(side == "lpad").upper()
    return [
        scalar(
            f"{side}(varchar, bigint, varchar) -> varchar",
            f"athena_pad({{0}}, {{1}}, {{2}}, {left})",
        ),
        scalar(
            f"{side}(varbinary, bigint, varbinary) -> varbinary",
            f"unhex(athena_pad(hex({{0}}), {{1}} * 2, hex({{2}}), {left}))",
        ),
    ]


def _substring(name: str) -> list[Overload]:
    return [
        scalar(f"{name}(varchar, bigint) -> varchar", "athena_substring({0}, {1})"),
        scalar(
            f"{name}(varchar, bigint, bigint) -> varchar", "athena_substring_length({0}, {1}, {2})"
        ),
        scalar(
            f"{name}(varbinary, bigint) -> varbinary",
            "athena_blob_substring({0}, {1}, octet_length({0}))",
        ),
        scalar(
            f"{name}(varbinary, bigint, bigint) -> varbinary",
            "athena_blob_substring({0}, {1}, {2})",
        ),
    ]


def _trims() -> list[Overload]:
    return [
        overload
        for name in ("trim", "ltrim", "rtrim")
        for overload in (
            # The blanks that fill a CHAR up are no part of its text.
            scalar(f"{name}(char) -> varchar", f"{name}(rtrim({{0}}, ' '), athena_blank())"),
            scalar(f"{name}(varchar, char) -> varchar", f"{name}({{0}}, {{1}})"),
            *(
                scalar(f"{name}(char, {kind}) -> varchar", f"{name}(rtrim({{0}}, ' '), {{1}})")
                for kind in ("char", "varchar")
            ),
            scalar(f"{name}(varchar) -> varchar", f"{name}({{0}}, athena_blank())"),
            scalar(f"{name}(varchar, varchar) -> varchar", f"{name}({{0}}, {{1}})"),
        )
    ]


# The engine folds ASCII as Java does; past ASCII, the one-for-one mappings are ours.
_FOLD = "CASE WHEN regexp_full_match({0}, '[[:ascii:]]*') THEN %s({0}) ELSE athena_%s({0}) END"

FUNCTIONS = family(
    scalar("chr(bigint) -> varchar", "athena_chr({0})"),
    scalar("codepoint(varchar) -> integer", "athena_codepoint({0})"),
    *rules(_concat, "concat"),
    *rules(_concat_ws, "concat_ws"),
    scalar("ends_with(varchar, varchar) -> boolean", "suffix({0}, {1})"),
    scalar("hamming_distance(varchar, varchar) -> bigint", "athena_hamming({0}, {1})"),
    scalar("length(varchar) -> bigint", "length({0})"),
    scalar("length(char) -> bigint", "length({0})"),
    scalar("length(varbinary) -> bigint", "octet_length({0})"),
    scalar("levenshtein_distance(varchar, varchar) -> bigint", "athena_levenshtein({0}, {1})"),
    scalar("lower(varchar) -> varchar", _FOLD % ("lower", "lower")),
    scalar("upper(varchar) -> varchar", _FOLD % ("upper", "upper")),
    *_padding("lpad"),
    *_padding("rpad"),
    *_trims(),
    scalar("luhn_check(varchar) -> boolean", "athena_luhn_check({0})"),
    scalar("replace(varchar, varchar) -> varchar", "replace({0}, {1}, '')"),
    scalar(
        "replace(varchar, varchar, varchar) -> varchar",
        # An empty search text stands between any two characters and at both ends.
        "CASE WHEN {1} = '' THEN {2} || athena_join(string_split({0}, ''), {2})"
        " || CASE WHEN {0} = '' THEN '' ELSE {2} END ELSE replace({0}, {1}, {2}) END",
    ),
    scalar("reverse(varchar) -> varchar", "athena_reverse({0})"),
    scalar(
        "reverse(varbinary) -> varbinary",
        "unhex(array_to_string(list_reverse(regexp_extract_all(hex({0}), '..')), ''))",
    ),
    scalar("reverse(array(E)) -> array(E)", "list_reverse({0})"),
    scalar("soundex(varchar) -> varchar", "athena_soundex({0})"),
    scalar("split(varchar, varchar) -> array(varchar)", "athena_split({0}, {1})"),
    scalar(
        "split(varchar, varchar, bigint) -> array(varchar)", "athena_split_limited({0}, {1}, {2})"
    ),
    scalar("split_part(varchar, varchar, bigint) -> varchar", "athena_split_part({0}, {1}, {2})"),
    scalar(
        "split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)",
        "athena_split_to_map({0}, {1}, {2})",
    ),
    scalar(
        "split_to_multimap(varchar, varchar, varchar) -> map(varchar, array(varchar))",
        "athena_split_to_multimap({0}, {1}, {2})",
    ),
    scalar("strpos(varchar, varchar) -> bigint", "instr({0}, {1})"),
    scalar("strpos(varchar, varchar, bigint) -> bigint", "athena_strpos({0}, {1}, {2})"),
    scalar("starts_with(varchar, varchar) -> boolean", "prefix({0}, {1})"),
    *_substring("substr"),
    *_substring("substring"),
    scalar("translate(varchar, varchar, varchar) -> varchar", "athena_translate({0}, {1}, {2})"),
    scalar("normalize(varchar, varchar) -> varchar", "athena_normalize({0}, {1})"),
    # --- binary ---
    scalar("to_utf8(varchar) -> varbinary", "encode({0})"),
    scalar("from_utf8(varbinary) -> varchar", "athena_from_utf8({0}, chr(65533))"),
    scalar("from_utf8(varbinary, varchar) -> varchar", "athena_from_utf8({0}, {1})"),
    scalar("from_base64(varchar) -> varbinary", "athena_from_base64({0})"),
    scalar("to_base64(varbinary) -> varchar", "base64({0})"),
    scalar("from_base64url(varchar) -> varbinary", "athena_from_base64url({0})"),
    scalar("to_base64url(varbinary) -> varchar", "athena_to_base64url({0})"),
    scalar("from_base32(varchar) -> varbinary", "athena_from_base32({0})"),
    scalar("to_base32(varbinary) -> varchar", "athena_to_base32({0})"),
    scalar("from_hex(varchar) -> varbinary", "athena_from_hex({0})"),
    scalar("to_hex(varbinary) -> varchar", "hex({0})"),
    scalar("to_big_endian_32(integer) -> varbinary", "athena_to_big_endian({0}, 32)"),
    scalar("from_big_endian_32(varbinary) -> integer", "athena_from_big_endian({0}, 32)"),
    scalar("to_big_endian_64(bigint) -> varbinary", "athena_to_big_endian({0}, 64)"),
    scalar("from_big_endian_64(varbinary) -> bigint", "athena_from_big_endian({0}, 64)"),
    scalar("to_ieee754_32(real) -> varbinary", "athena_to_ieee754({0}, 32)"),
    scalar("from_ieee754_32(varbinary) -> real", "athena_from_ieee754({0}, 32)"),
    scalar("to_ieee754_64(double) -> varbinary", "athena_to_ieee754({0}, 64)"),
    scalar("from_ieee754_64(varbinary) -> double", "athena_from_ieee754({0}, 64)"),
    scalar("crc32(varbinary) -> bigint", "athena_crc32({0})"),
    *(scalar(f"{n}(varbinary) -> varbinary", f"athena_digest({{0}}, '{n}')") for n in _HASHES),
    *(
        scalar(
            f"hmac_{n}(varbinary, varbinary) -> varbinary",
            f"athena_keyed_digest({{0}}, {{1}}, '{n}')",
        )
        for n in _HASHES
    ),
    # --- URL ---
    scalar("url_extract_fragment(varchar) -> varchar", "athena_url_fragment({0})"),
    scalar("url_extract_host(varchar) -> varchar", "athena_url_host({0})"),
    scalar("url_extract_parameter(varchar, varchar) -> varchar", "athena_url_parameter({0}, {1})"),
    scalar("url_extract_path(varchar) -> varchar", "athena_url_path({0})"),
    scalar("url_extract_port(varchar) -> bigint", "athena_url_port({0})"),
    scalar("url_extract_protocol(varchar) -> varchar", "athena_url_protocol({0})"),
    scalar("url_extract_query(varchar) -> varchar", "athena_url_query({0})"),
    scalar("url_encode(varchar) -> varchar", "athena_url_encode({0})"),
    scalar("url_decode(varchar) -> varchar", "athena_url_decode({0})"),
)  # fmt: skip
