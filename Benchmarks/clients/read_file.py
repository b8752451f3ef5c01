"""Reads a file as a Python program would that wants to ask it questions.

usage: read_file.py CLIENT FILE FOLDER
"""
import os
import sys

client, path, folder = sys.argv[1:]

if client == "duckdb":
    import duckdb

    # A database on disk, as Wellhead makes one; one thread, as Wellhead reads a file with one.
    database = duckdb.connect(os.path.join(folder, f"duck-{os.getpid()}.db"))
    database.execute("set threads = 1")
    database.execute("create table measured as select * from read_csv(?)", [path])
    print(database.execute("select count(*) from measured").fetchone()[0])
elif client == "polars-csv":
    import polars

    print(polars.read_csv(path, try_parse_dates=True).height)
elif client == "polars-xlsx":
    import polars

    print(polars.read_excel(path, engine="calamine").height)
elif client == "openpyxl":
    import openpyxl

    count = 0
    for row in openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True):
        count += 1
    print(count - 1)
else:
    sys.exit(f"There is no client {client}.")
