from datetime import date
from pathlib import Path

import pytest

from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError


def load(folder: Path, environment: dict[str, str] | None = None, **flags: object) -> Settings:
    return load_settings(folder=folder, environment=environment or {}, flags=flags)


def test_defaults_put_the_home_in_the_folder(tmp_path: Path) -> None:
    assert load(tmp_path).home == tmp_path / ".lake"


def test_a_flag_beats_a_variable_beats_the_file(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text("[generate]\nseed = 1\n")
    variable = {"LAKEHOUSE_GENERATE__SEED": "2"}
    assert load(tmp_path).generate.seed == 1
    assert load(tmp_path, variable).generate.seed == 2
    assert load(tmp_path, variable, **{"generate.seed": 3}).generate.seed == 3
    assert load(tmp_path, variable, **{"generate.seed": None}).generate.seed == 2


def test_the_file_is_found_from_a_folder_below_and_roots_the_home(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text('home = "state"\n')
    below = tmp_path / "dbt_project"
    below.mkdir()
    assert load(below).home == tmp_path / "state"


def test_values_are_typed(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text("[generate]\nstart = 2020-02-29\n")
    assert load(tmp_path).generate.start == date(2020, 2, 29)


JSON = "[streams.web]\nformat = 'json'\n"
COLUMNS = JSON + "table = 'landing.web'\n[streams.web.columns]\n"
KEYS = JSON + "table = 'landing.web'\n{}\n[streams.web.columns]\na = 'text'"
SOURCES = (
    "[streams.orders]\nsource = '-'\n[streams.web]\nformat = 'orders'\n"
    "table = 'landing.web'\nsource = '-'"
)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("hme = '.lake'", "unknown setting 'hme'", "did you mean 'home'?"),
        ("[query]\nmemory_limt = '1GB'", "query.memory_limt", "did you mean 'memory_limit'?"),
        ("[query]\nzzz = 1", "query.zzz", "known keys: memory_limit, threads"),
        ("[query]\nmemory_limit = 'lots'", "query.memory_limit", "LAKEHOUSE_QUERY__MEMORY_LIMIT"),
        ("[generate]\ndays = 0", "generate.days", "LAKEHOUSE_GENERATE__DAYS"),
        ("[streams.web]", "'streams.web.format': is missing", "STREAMS__WEB__FORMAT"),
        ("[streams.orders]\nsorce = 'x'", "streams.orders.sorce", "did you mean 'source'?"),
        ("[streams.orders]\nbuffer_size = '9 B'", "1048576", "STREAMS__ORDERS__BUFFER_SIZE"),
        ("[streams.orders]\nbuffer_interval = 901", "to 900", "BUFFER_INTERVAL"),
        ("[streams.web]\nformat = 'xml'", "'orders'", "STREAMS__WEB__FORMAT"),
        ("[streams.web]\nformat = 'json'", "streams.web.table': a stream of json names", "TABLE"),
        (JSON + "table = 'Web'", "streams.web.table': a table is named namespace.name", "TABLE"),
        (JSON + "table = 'core.web'", "written by others", "TABLE"),
        (JSON + "table = 'landing.rejects'", "written by others", "TABLE"),
        (JSON + "table = 'a.b'", "streams.web.columns': a stream of json declares", "COLUMNS"),
        (
            COLUMNS + "a = 'varchar(3)'",
            "columns.a.type': 'varchar(3)' is no type; types",
            "A__TYPE",
        ),
        (COLUMNS + "a = 'struct<b int>'", "is no type", "A__TYPE"),
        (COLUMNS + "a = 'map<int, int>'", "is no type", "A__TYPE"),
        (COLUMNS + "a = 'decimal(39, 2)'", "1 to 38 digits", "A__TYPE"),
        (COLUMNS + "A = 'int'", "'A' is no column name", "COLUMNS"),
        (COLUMNS + "record_id = 'int'", "'record_id' is a column that every stream has", "COLUMNS"),
        (
            COLUMNS + "a = {type = 'int', contract = 'melt'}",
            "'evolve', 'freeze' or 'discard'",
            "WEB__COLUMNS__A__CONTRACT",
        ),
        (COLUMNS + "a = {type = 'int', reqired = true}", "a.reqired", "did you mean 'required'?"),
        (
            KEYS.format("contract = 'melt'"),
            "'evolve', 'freeze' or 'discard'",
            "CONTRACT__NEW_COLUMNS",
        ),
        (
            KEYS.format("contract = {new_column = 'evolve'}"),
            "contract.new_column",
            "did you mean 'new_columns'?",
        ),
        (KEYS.format("partition = 'day(b)'"), "streams.web.partition': no column 'b'", "PARTITION"),
        (
            KEYS.format("partition = 'week(a)'"),
            "'week(a)' is no partition term; terms are",
            "PARTITION",
        ),
        (
            KEYS.format("partition = 'day(a)'"),
            "day of 'a': not of a column of type string",
            "PARTITION",
        ),
        (KEYS.format("partition = 'bucket(0, a)'"), "the size of a bucket is 1 to", "PARTITION"),
        ("[streams.orders]\ncolumns = {a = 'int'}", "has columns of its own", "COLUMNS"),
        ("[streams.orders]\npartition = 'a'", "a partitioning of its own", "PARTITION"),
        ("[streams.orders]\nsource = ['-', 'a']", "a source of its own", "SOURCE"),
        (
            "[streams.web]\nformat = 'orders'\nsource = 'x'",
            "orders.table and web.table are both 'landing.order_lines'",
            "LAKEHOUSE_STREAMS",
        ),
        ("[streams.'a b']\nformat = 'orders'\ntable = 'a.b'", "'a b' is no name", "STREAMS"),
        (SOURCES, "orders and web both read the standard input", "STREAMS"),
        (COLUMNS + "a = 'int'", "stream 'web' has no source", "[streams.web] source"),
        ("[streams.orders]\nformat = 'xml'", "another name", "LAKEHOUSE_STREAMS"),
        ("streams = 3", "should be a table", "LAKEHOUSE_STREAMS"),
        ("home = [", "is not valid TOML", "toml.io"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_mend(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    (tmp_path / "lakehouse.toml").write_text(text)
    with pytest.raises(ConfigError) as e:
        load(tmp_path)
    assert message in e.value.message
    assert hint in e.value.hint


def test_a_stream_reads_the_generated_logs_unless_it_names_others(tmp_path: Path) -> None:
    file = tmp_path / "lakehouse.toml"
    assert load(tmp_path).streams["orders"].source == (tmp_path / ".lake/logs/orders",)
    file.write_text("[streams.orders]\nbuffer_size = '2 MiB'\n")
    stream = load(tmp_path).streams["orders"]
    assert (stream.source, stream.buffer_size) == ((tmp_path / ".lake/logs/orders",), 2 << 20)
    file.write_text("[streams.orders]\nsource = ['a/*.csv', '/b']\n")
    assert load(tmp_path).streams["orders"].source == (tmp_path / "a/*.csv", Path("/b"))
    variable = {"LAKEHOUSE_STREAMS__ORDERS__SOURCE": "c.csv"}
    assert load(tmp_path, variable).streams["orders"].source == (tmp_path / "c.csv",)


def test_an_unknown_variable_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown setting 'hom'"):
        load(tmp_path, {"LAKEHOUSE_HOM": "/elsewhere"})


def test_a_pattern_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\[A-Za-z0-9"):
        load(tmp_path, {"LAKEHOUSE_REST__TOKEN": "a b"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rest = 1", "setting 'rest': input should be a table of keys, got 1"),
        ("catalog = 1", "setting 'catalog': input should be a table of keys, got 1"),
        ("home = 1", "setting 'home': input should be a path, got 1"),
    ],
)
def test_a_wrong_type_is_told_in_the_words_of_the_file(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "lakehouse.toml").write_text(text)
    with pytest.raises(ConfigError) as e:
        load(tmp_path)
    assert e.value.message == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keep_snapshots = 0", "greater than or equal to 1"),
        ("keep_snapshots = 60", "most_snapshots is not less than keep_snapshots"),
        ("most_snapshots = 1001", "less than or equal to 1000"),
        ('snapshot_retention = "soon"', "a number and s, m, h or d"),
        ("snapshots = 3", "unknown setting 'deliveries.snapshots'"),
    ],
)
def test_what_a_delivery_keeps_has_limits(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "lakehouse.toml").write_text(f"[deliveries]\n{text}\n")
    with pytest.raises(ConfigError) as e:
        load(tmp_path)
    assert said in e.value.message
    assert e.value.hint


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        load_settings(config=tmp_path / "absent.toml", environment={})


def test_the_catalog_takes_dotted_keys_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text(
        '[catalog]\ntype = "glue"\ns3.endpoint = "http://here"\n"glue.max-retries" = 3\n'
        "s3.force-virtual-addressing = true\n"
    )
    assert load(tmp_path, {"LAKEHOUSE_CATALOG__GLUE__REGION": "eu-west-1"}).catalog == {
        "type": "glue",
        "s3.endpoint": "http://here",
        "s3.force-virtual-addressing": "true",
        "glue.max-retries": "3",
        "glue.region": "eu-west-1",
    }


def test_settings_go_to_another_process_and_stay_the_same(tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text(
        '[maintenance]\nsnapshot_retention = "36h"\n[query]\nmemory_limit = "1GiB"\n'
        '[streams.clicks]\nsource = "clicks"\nformat = "access_log"\ntable = "landing.clicks"\n'
    )
    settings = load_settings(folder=tmp_path, environment={})
    read = Settings.model_validate_json(settings.model_dump_json())
    assert read.model_dump() == settings.model_dump()
