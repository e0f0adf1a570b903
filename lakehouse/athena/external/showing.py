"""SHOW CREATE TABLE and DESCRIBE of an external table, in Hive's layout, which Athena keeps."""

from collections.abc import Iterator, Mapping

from lakehouse.catalog.external_tables import ExternalColumn, ExternalTable


def create_table(table: ExternalTable) -> list[str]:
    """The lines of the statement that makes the table."""
    lines = [f"CREATE EXTERNAL TABLE `{table.database}`.`{table.name}`("]
    lines += _columns(table.columns)
    if table.comment:
        lines += ["COMMENT", f"  {_text(table.comment)}"]
    if table.partition_keys:
        lines += ["PARTITIONED BY (", *_columns(table.partition_keys)]
    lines += ["ROW FORMAT SERDE", f"  {_text(table.serde)}"]
    if table.serde_parameters:
        lines += ["WITH SERDEPROPERTIES (", *_pairs(table.serde_parameters)]
    lines += ["STORED AS INPUTFORMAT", f"  {_text(table.input_format)}"]
    lines += ["OUTPUTFORMAT", f"  {_text(table.output_format)}"]
    lines += ["LOCATION", f"  {_text(table.location)}"]
    if table.parameters:
        lines += ["TBLPROPERTIES (", *_pairs(table.parameters)]
    return lines


def comments(table: ExternalTable) -> dict[str, str]:
    """The comment of each column that has one."""
    columns = (*table.columns, *table.partition_keys)
    return {column.name: column.comment for column in columns if column.comment}


def partition_lines(table: ExternalTable) -> list[tuple[str, str, str]]:
    """What DESCRIBE adds below the columns of a partitioned table."""
    if not table.partition_keys:
        return []
    head = [
        ("", "", ""),
        ("# Partition Information", "", ""),
        ("# col_name", "data_type", "comment"),
    ]
    keys = [(key.name, key.type, key.comment) for key in table.partition_keys]
    return [*head, ("", "", ""), *keys]


def _columns(columns: tuple[ExternalColumn, ...]) -> Iterator[str]:
    for i, column in enumerate(columns, start=1):
        comment = f" COMMENT {_text(column.comment)}" if column.comment else ""
        end = "," if i < len(columns) else ")"
        yield f"  `{column.name}` {column.type}{comment}{end}"


def _pairs(pairs: Mapping[str, str]) -> Iterator[str]:
    for i, (key, value) in enumerate(sorted(pairs.items()), start=1):
        end = "," if i < len(pairs) else ")"
        yield f"  {_text(key)}={_text(value)}{end}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    controls = "".join(c if c >= " " else f"\\{ord(c):03o}" for c in escaped)
    return f"'{controls}'"
