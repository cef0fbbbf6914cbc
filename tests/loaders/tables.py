"""Tools that read Parquet: the whole folder as one table, with the folders as columns, and single files."""

import duckdb
import pandas
import polars
import pyarrow.dataset
import pyarrow.parquet

from exported import compare, same


def _folder(export):
    return export.folder / "views" / "parquet"


def _glob(export):
    return f"{_folder(export)}/**/*.parquet"


def pyarrow_folder(export, _):
    compare(export, pyarrow.dataset.dataset(_folder(export), partitioning="hive").to_table().to_pylist(), folders=True)
    compare(export, pyarrow.parquet.read_table(_folder(export)).to_pylist(), folders=True)
    compare(export, pyarrow.dataset.dataset(_folder(export)).to_table().to_pylist())


def pyarrow_files(export, _):
    every = []
    for file in export.files("parquet"):
        about = pyarrow.parquet.read_schema(file).metadata
        rows = pyarrow.parquet.ParquetFile(file).read().to_pylist()
        same({row["licence_id"] for row in rows}, {about[b"licence"].decode()}, "the licence that the file names")
        same({row["ai_preference"] for row in rows}, {about[b"preference"].decode()}, "the preference that the file names")
        every += rows
    compare(export, every)


def pandas_folder(export, _):
    compare(export, pandas.read_parquet(_folder(export)).to_dict("records"), folders=True)


def pandas_files(export, _):
    compare(export, [row for file in export.files("parquet") for row in pandas.read_parquet(file).to_dict("records")])


def duckdb_folder(export, _):
    compare(export, _query(f"from '{_glob(export)}'"), folders=True)
    compare(export, _query(f"from read_parquet('{_glob(export)}', hive_partitioning = true)"), folders=True)
    compare(export, _query(f"from read_parquet('{_glob(export)}', hive_partitioning = false)"))
    for licence in export.configs("parquet"):
        query = f"select count(*) as n from '{_glob(export)}' where licence = $1 and licence_id = $1"
        count = sum(row["licence"] == licence for row in export.rows.values())
        same(duckdb.execute(query, [licence]).fetchall(), [(count,)], f"how many rows are under {licence}")


def duckdb_files(export, _):
    compare(export, [row for file in export.files("parquet") for row in _query(f"from '{file}'")])


def quality_joined(export, _):
    """Rows of JSON Lines beside what the view of quality says of them, by id."""
    rows, judged = ([str(file) for file in export.files(form)] for form in ("jsonl", "quality"))
    read = "read_json({}, format = 'newline_delimited', union_by_name = true, hive_partitioning = false)"
    found = _query(f"select id, quality.words from {read.format(rows)} join {read.format(judged)} as quality using (id)")
    wanted = sorted((row_id, judged["quality_words"]) for row_id, judged in export.judged.items())
    same(sorted((row["id"], row["words"]) for row in found), wanted, "how many words each row has")


def folders_of_rows(export, _):
    """Rows of JSON Lines have a column `preference`, and lie in folders of that name: with these turned off it is the row's text;
    by itself DuckDB puts the folder's slug in its place, which is why the documents say how to turn them off."""
    read = f"read_json('{export.folder}/data/**/*.jsonl', format = 'newline_delimited', union_by_name = true{{}})"
    for more, column in ((", hive_partitioning = false", "preference"), ("", "slug")):
        found = _query(f"select id, licence, preference from {read.format(more)}")
        wanted = sorted((row["id"], row["licence"], row[column]) for row in export.rows.values())
        same(sorted((row["id"], row["licence"], row["preference"]) for row in found), wanted, f"the {column} of each row")
    for file in export.files("jsonl"):
        told = pandas.read_json(file, lines=True, dtype=False, convert_dates=False)
        said = dict(zip(told["id"], told["preference"]))
        same(said, {row_id: export.rows[row_id]["preference"] for row_id in said}, "the preference of each row of a file")


def _query(query):
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.sql(query).to_arrow_table().to_pylist()


def polars_folder(export, _):
    compare(export, polars.read_parquet(_folder(export)).to_dicts(), folders=True)
    compare(export, polars.scan_parquet(_glob(export), hive_partitioning=True).collect().to_dicts(), folders=True)
    compare(export, polars.read_parquet(_glob(export)).to_dicts())


def polars_files(export, _):
    compare(export, [row for file in export.files("parquet") for row in polars.read_parquet(file).to_dicts()])


def middle_of_ids(file):
    """Where the values of the first column stand, and not what is said of them, which not every tool reads."""
    column = pyarrow.parquet.read_metadata(file).row_group(0).column(0)
    return column.data_page_offset + column.total_compressed_size * 2 // 3


CHECKS = {
    "duckdb, rows and their quality": ("quality", quality_joined),
    "duckdb and pandas, rows and the names of their folders": ("jsonl", folders_of_rows),
    "pyarrow, the folder": ("parquet", pyarrow_folder),
    "pyarrow, each file": ("parquet", pyarrow_files),
    "pandas, the folder": ("parquet", pandas_folder),
    "pandas, each file": ("parquet", pandas_files),
    "duckdb, the folder": ("parquet", duckdb_folder),
    "duckdb, each file": ("parquet", duckdb_files),
    "polars, the folder": ("parquet", polars_folder),
    "polars, each file": ("parquet", polars_files),
}
