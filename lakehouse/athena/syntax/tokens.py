"""Text to tokens, by the lexical rules at the end of Trino's SqlBase.g4."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from lakehouse.athena.errors import AthenaError, Position


class Kind(Enum):
    """What a token is."""

    WORD = auto()  # a keyword or an identifier, as written
    QUOTED = auto()  # "delimited identifier"
    BACKQUOTED = auto()  # `hive's`, only in DDL
    STRING = auto()
    BINARY = auto()  # X'65683F'
    INTEGER = auto()
    DECIMAL = auto()
    DOUBLE = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True)
class Token:
    """One token: `text` as written, `value` with quotes and escapes resolved."""

    kind: Kind
    text: str
    value: str
    position: Position
    offset: int

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for everything that is no bare word."""
        return self.text.upper() if self.kind is Kind.WORD else ""


_PATTERN = re.compile(
    r"""
      (?P<skip>\s+|--[^\r\n]*|/\*.*?\*/)
    | (?P<unicode>[uU]&'(?:[^']|'')*')
    | (?P<binary>[xX]'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<backquoted>`(?:[^`]|``)*`)
    | (?P<double>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)[eE][+-]?\d+)
    | (?P<decimal>\d[\d_]*\.[\d_]*|\.\d[\d_]*)
    | (?P<integer>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<symbol><>|!=|<=|>=|\|\||->|=>|[-+*/%=<>(){}\[\],.;?:|^$])
    """,
    re.VERBOSE | re.DOTALL,
)

# Hive's statements: a string stands in either kind of quotes, and a backslash escapes.
_HIVE = re.compile(r"\s*(?:CREATE\s+EXTERNAL|ALTER)\s+TABLE\b", re.IGNORECASE)
_HIVE_STRING = re.compile(r"""'(?:\\.|''|[^'\\])*'|"(?:\\.|""|[^"\\])*\"""", re.DOTALL)
_HIVE_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|[0-3][0-7]{2}|.)", re.DOTALL)
_HIVE_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}
_COMMENTS = re.compile(r"(?:\s+|--[^\r\n]*|/\*.*?\*/)*", re.DOTALL)

_DIGIT_FIRST = re.compile("[A-Za-z_]")

_KINDS = {
    "string": Kind.STRING,
    "unicode": Kind.STRING,
    "binary": Kind.BINARY,
    "quoted": Kind.QUOTED,
    "backquoted": Kind.BACKQUOTED,
    "double": Kind.DOUBLE,
    "decimal": Kind.DECIMAL,
    "integer": Kind.INTEGER,
    "word": Kind.WORD,
    "symbol": Kind.SYMBOL,
}


def tokenize(text: str) -> list[Token]:
    """Every token of `text`, closed by one END.

    Raises AthenaError SYNTAX_ERROR at the first character no token begins with.
    """
    tokens: list[Token] = []
    offset, line, line_start = 0, 1, 0
    start = _COMMENTS.match(text)
    hive = _HIVE.match(text, start.end() if start else 0) is not None
    while offset < len(text):
        position = Position(line, offset - line_start + 1)
        match = (hive and _HIVE_STRING.match(text, offset)) or _PATTERN.match(text, offset)
        if match is not None and _DIGIT_FIRST.match(text, match.end()) and match[0][0].isdigit():
            message = "identifiers must not start with a digit; surround them with double quotes"
            raise AthenaError("SYNTAX_ERROR", message, position)
        if match is None:
            raise AthenaError("SYNTAX_ERROR", f"mismatched input '{text[offset]}'", position)
        name, lexeme = match.lastgroup or "hive", match[0]
        if name != "skip":
            tokens.append(_token(name, lexeme, position, offset))
        newlines = lexeme.count("\n")
        if newlines:
            line += newlines
            line_start = offset + lexeme.rindex("\n") + 1
        offset += len(lexeme)
    tokens.append(Token(Kind.END, "<EOF>", "", Position(line, offset - line_start + 1), offset))
    return tokens


def _token(name: str, lexeme: str, position: Position, offset: int) -> Token:
    value = lexeme
    if name == "hive":
        quote = lexeme[0]
        value = _HIVE_ESCAPE.sub(_unescaped, lexeme[1:-1].replace(quote * 2, quote))
        kind = Kind.QUOTED if quote == '"' else Kind.STRING
        return Token(kind, lexeme, value, position, offset)
    if name in ("quoted", "backquoted", "string"):
        quote = lexeme[0]
        value = lexeme[1:-1].replace(quote * 2, quote)
        if name == "quoted" and not value:
            raise AthenaError("SYNTAX_ERROR", "Zero-length delimited identifier", position)
    elif name == "unicode":
        value = _unicode(lexeme[3:-1].replace("''", "'"), position)
    elif name == "binary":
        value = re.sub(r"\s", "", lexeme[2:-1]).upper()
        if len(value) % 2 or not re.fullmatch("[0-9A-F]*", value):
            message = "Binary literal must contain an even number of hexadecimal digits"
            raise AthenaError("SYNTAX_ERROR", message, position)
    elif name in ("integer", "decimal", "double"):
        if lexeme.endswith("_"):
            raise AthenaError("SYNTAX_ERROR", f"mismatched input '{lexeme}'", position)
        value = lexeme.replace("_", "")
    return Token(_KINDS[name], lexeme, value, position, offset)


def _unescaped(match: re.Match[str]) -> str:
    """What an escape of Hive's means: \\t, \\001, \\u0041, or the character itself.

    Before anything else the backslash stays: regular expressions are full of such.
    """
    escape = match[1]
    if len(escape) == 5:
        return chr(int(escape[1:], 16))
    if len(escape) == 3:
        return chr(int(escape, 8))
    if escape in _HIVE_CONTROLS:
        return _HIVE_CONTROLS[escape]
    return escape if escape in "\\'\"" else match[0]


def _unicode(text: str, position: Position) -> str:
    """The value of U&'...': \\XXXX, \\+XXXXXX and \\\\, with the default escape character."""

    def code_point(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        if digits is None:
            if match[0] == "\\\\":
                return "\\"
            raise AthenaError("SYNTAX_ERROR", "Invalid escaped character", position)
        return chr(int(digits, 16))

    return re.sub(r"\\(?:([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|\\|.|$)", code_point, text)
