"""Statements that must not get anywhere: what they try, and the SQL.

`{outside}` is a file that holds a secret, `{folder}` the folder it lies in, `{home}` the lakehouse
and `{warehouse}` the folder of its tables.
"""

FILES = {
    "reads a file": "select * from read_csv('{outside}')",
    "reads a file as text": "select * from read_text('{outside}')",
    "reads a file as bytes": "select * from read_blob('{outside}')",
    "reads a file as JSON": "select * from read_json('{outside}')",
    "reads lines": "select * from read_csv_auto('{outside}', header = false)",
    "reads the system's users": "select * from read_csv('/etc/passwd')",
    "reads its own process": "select * from read_text('/proc/self/environ')",
    "reads its own memory map": "select * from read_text('/proc/self/maps')",
    "reads its parent": "select * from read_blob('/proc/1/environ')",
    "names a file as a table": "select * from '{outside}'",
    "names a file with double quotes": 'select * from "{outside}"',
    "names a file that is not there": "select * from 'x.parquet'",
    "names a file without quotes": "select * from x.parquet",
    "climbs out of the warehouse": "select * from read_text('{warehouse}/../catalog.db')",
    "climbs out with dots": "select * from read_text('{warehouse}/./.././catalog.db')",
    "reads the catalog's database": "select * from read_blob('{home}/catalog.db')",
    "lists a folder": "select * from glob('{folder}/*')",
    "lists everything": "select * from glob('/**')",
    "sniffs a file": "select * from sniff_csv('{outside}')",
    "asks for Parquet's metadata": "select * from parquet_metadata('{outside}')",
    "asks for Parquet's schema": "select * from parquet_schema('/etc/passwd')",
    "scans Iceberg elsewhere": "select * from iceberg_scan('{folder}')",
    "asks for snapshots elsewhere": "select * from iceberg_snapshots('{folder}')",
    "reads a lake of DuckDB's": "select * from read_duckdb('{folder}/x.db')",
    "reads in a subquery": "select (select content from read_text('{outside}'))",
    "reads in UNNEST": "select unnest((select list(content) from read_text('{outside}')))",
    "reads in a CTE": "with x as (select * from read_text('{outside}')) select * from x",
    "reads in a join": "select * from shop.orders, read_text('{outside}')",
    "reads beside": "select * from shop.orders, lateral (select * from read_text('{outside}'))",
    "reads in EXISTS": "select exists (select * from read_csv('{outside}'))",
    "reads by a pattern": "select * from read_text(['{outside}'])",
    "reads with a file URL": "select * from read_text('file://{outside}')",
    "reads from a device": "select * from read_csv('/dev/stdin')",
    "explains a reading": "explain analyze select * from read_text('{outside}')",
}
NETWORK = {
    "asks a web server": "select * from read_csv('http://127.0.0.1:1/x.csv')",
    "asks with TLS": "select * from read_text('https://example.org/')",
    "asks an object store": "select * from read_parquet('s3://bucket/x.parquet')",
    "asks for a table in an object store": "select * from 's3://bucket/x.parquet'",
    "asks a hub": "select * from 'hf://datasets/x/y.csv'",
    "reaches a database": "select * from postgres_scan('host=127.0.0.1', 'public', 't')",
    "reaches SQLite": "select * from sqlite_scan('{home}/catalog.db', 'iceberg_tables')",
}
SETTINGS = {
    "sets a limit": "set memory_limit = '1TB'",
    "sets it for all": "set global threads = 64",
    "resets a limit": "reset memory_limit",
    "opens the outside": "set enable_external_access = true",
    "opens a folder": "set allowed_directories = ['/']",
    "unlocks": "set lock_configuration = false",
    "uses PRAGMA": "pragma memory_limit='1TB'",
    "profiles into a file": "pragma profiling_output='{folder}/profile.json'",
    "logs into a file": "call enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "logs from a query": "select * from enable_logging('QueryLog', storage := 'file')",
    "calls a checkpoint": "call force_checkpoint('lake')",
    "loads an extension": "load httpfs",
    "installs an extension": "install spatial from community",
    "loads a library": "load '{folder}/x.duckdb_extension'",
    "makes a secret": "create secret s (type s3, key_id 'a', secret 'b')",
    "shows secrets": "select * from duckdb_secrets()",
    "looks for a secret": "select * from which_secret('s3://bucket', 's3')",
    "asks for a key": "select getvariable('token'), current_setting('s3_secret_access_key_nosuch')",
    "reads the environment": "select getenv('SESAME')",
    "switches the database": "use memory",
    "detaches the tables": "detach lake",
    "attaches a file": "attach '{folder}/x.db' as x",
    "attaches the catalog's database": "attach '{home}/catalog.db' (type sqlite)",
}
WRITING = {
    "copies out": "copy (select 1) to '{folder}/stolen.csv'",
    "copies into the warehouse": "copy (select 1) to '{warehouse}/stolen.csv'",
    "copies in": "copy shop.orders from '{outside}'",
    "copies by explaining": "explain analyze copy (select 1) to '{warehouse}/stolen.csv'",
    "copies to a program": "copy (select 1) to program 'id'",
    "exports everything": "export database '{folder}/all'",
    "imports": "import database '{folder}'",
    "inserts": "insert into shop.orders values (99, 'x')",
    "inserts by explaining": "explain analyze insert into shop.orders values (99, 'x')",
    "inserts in a CTE": "with x as (insert into shop.orders values (99, 'x') returning *) from x",
    "deletes": "delete from shop.orders",
    "deletes in front of a CTE": "with x as (select 1) delete from shop.orders",
    "updates": "update shop.orders set name = 'x'",
    "truncates": "truncate shop.orders",
    "drops": "drop table shop.orders",
    "drops all": "drop schema shop cascade",
    "alters": "alter table shop.orders drop column name",
    "creates": "create table shop.mine as select 1 as a",
    "replaces": "create or replace table shop.orders as select 1 as a",
    "merges": "merge into shop.orders t using (select 1 as id) s on t.id = s.id "
    "when matched then delete",
    "changes properties": "select * from set_iceberg_table_properties(shop.orders, {{'a': 'b'}})",
    "vacuums": "vacuum",
    "comments": "comment on table shop.orders is 'x'",
    "runs a transaction": "begin transaction",
}
HIDING = {
    "two statements": "select 1; drop table shop.orders",
    "two without a space": "select 1;delete from shop.orders",
    "behind a comment": "select 1 -- harmless\n; drop table shop.orders",
    "in a comment that ends": "/* select 1 */ drop table shop.orders /* ; */",
    "between comments": "select 1 /* */; drop table shop.orders /* */",
    "behind an empty statement": ";; drop table shop.orders",
    "behind a quote": "select 'a''; drop table shop.orders; --'; drop table shop.orders",
    "behind a dollar quote": "select $$a$$; drop table shop.orders",
    "with odd spaces": "select\u00a0*\u00a0from\u00a0read_text\u00a0('{outside}')",
    "with no width": "select * from read_text\u200b('{outside}')",
    "with look-alike letters": "select * from re\u0430d_text('{outside}')",
    "with wide brackets": "select * from read_text\uff08'{outside}'\uff09",
    "with other quotes": "select * from read_text(\u2018{outside}\u2019)",
    "with escapes": "select * from read_text(e'{outside}\\x00')",
    "in a delimited name": "select * from \"read_text\"('{outside}')",
    "in capitals": "SELECT * FROM READ_TEXT('{outside}')",
    "with a schema before it": "select * from main.read_text('{outside}')",
    "with a comment inside": "select * from read_text/**/('{outside}')",
    "of a zero byte": "select 1\0; drop table shop.orders",
    "SQL in a string": "select * from query('select * from read_text(''{outside}'')')",
    "a table in a string": "select * from query_table('{outside}')",
    "a plan in a string": "select * from json_execute_serialized_sql(json_serialize_sql("
    "'select * from read_text(''{outside}'')'))",
    "PREPARE": "prepare x as select * from read_text('{outside}')",
    "PREPARE of Athena": "execute immediate 'drop table shop.orders'",
    "EXECUTE of Athena": "execute immediate 'select * from read_text(''{outside}'')'",
    "EXECUTE": "execute x",
    "a macro": "create macro m() as table select * from read_text('{outside}')",
    "a function": "create function f() as 1",
    "a view": "create view shop.v as select * from read_text('{outside}')",
    "a temporary view": "create temp view v as select * from read_text('{outside}')",
    "PIVOT": "pivot (select * from read_text('{outside}')) on filename using count(*)",
    "a variable of Python's": "select * from session",
    "a module of Python's": "select * from duckdb",
    "its own table of functions": "select athena_nosuch(1)",
    "an internal function": "select athena_raise('x')",
    "a pointer": "select * from arrow_scan(1, 2, 3)",
    "a pointer of Pandas": "select * from pandas_scan(140000000000000)",
    "a function of Python": "select * from python_map_function(1)",
}
ENDLESS = {
    "counts for ever": "select sum(sqrt(cast(a as double))) "
    "from unnest(sequence(1, 10000)) t(a), unnest(sequence(1, 10000)) u(b), "
    "unnest(sequence(1, 10000)) v(c), unnest(sequence(1, 10000)) w(d)",
    "recurses for ever": "with recursive t(n) as (select cast(1 as bigint) union all "
    "select n + 1 from t) select max(n) from t",
}
ENDLESS_DUCKDB = {
    "a range of a trillion": "select sum(sqrt(range)) from range(1000000000000)",
    "a cross join": "select count(*) from range(10000000) a, range(10000000) b "
    "where a.range * b.range = 7.5",
    "a product that spills": "select distinct a.range, b.range, repeat('x', 100) "
    "from range(1000000) a, range(1000000) b order by 3, 2 desc, 1",
    "a padding that does not listen": "select length(lpad('x', 2000000000, 'y'))",
    "an exponential regular expression": "select regexp_matches(repeat('a', 1000000), "
    "'(a?){{1000}}a{{1000}}') from range(100000000)",
}
HUGE = {
    "a giant string": "select length(array_join(repeat(rpad('x', 10000000, 'y'), 1000), ''))",
    "a range as a list": "select cardinality(sequence(1, 9000000000000000000))",
    "a grouping of everything": "select cardinality(array_agg(rpad(cast(a as varchar), 100000, "
    "'x'))) from unnest(sequence(1, 10000)) t(a)",
    "doubling in a lambda": "select length(reduce(sequence(1, 60), 'x', (s, x) -> s || s, s -> s))",
}
HUGE_DUCKDB = {
    "a giant string": "select length(repeat('x', 2000000000)) + length(repeat('y', 2000000000))",
    "an explosion of lists": "select len(list(repeat('x', 1000000))) from range(6000)",
    "a range as a list": "select len(range(1000000000000))",
    "a grouping of everything": "select len(list(repeat(a::varchar, 100000))) "
    "from range(100000) t(a)",
    "a map of everything": "select cardinality(map(range(100000000), range(100000000)))",
}


def deep(levels: int) -> dict[str, str]:
    """Statements that nest further than a parser's stack may reach."""
    return {
        "parentheses": f"select {'(' * levels}nosuch{')' * levels}",
        "calls": f"select {'abs(' * levels}nosuch{')' * levels}",
        "minus signs": f"select {'- ' * levels}nosuch",
        "NOT": f"select {'not ' * levels}nosuch",
        "subqueries": f"select nosuch from {'(select * from ' * levels}shop.orders{') t' * levels}",
        "sums": f"select {'1 + ' * levels}nosuch",
        "conditions": f"select * from shop.orders where {'id = 1 or ' * 4 * levels}nosuch",
        "unions": f"{'select 1 union all ' * 4 * levels}select nosuch",
        "CASE": f"select {'case when true then ' * levels}nosuch{' end' * levels}",
        "arrays": f"select {'array[' * levels}nosuch{']' * levels}",
    }


WIDE = {
    "a long literal": f"select '{'x' * 300_000}' + 1",
    "many columns": f"select {', '.join(f'c{i}' for i in range(5_000))} from shop.orders",
    "many values": f"select 1 in ({', '.join(map(str, range(5_000)))}, nosuch)",
}
