"""Reads every row of the table "measured", as a Python program would, and writes them away.

usage: read_rows.py CLIENT HOST PORT USER PASSWORD DATABASE
"""
import datetime
import decimal
import json
import sys
from urllib.parse import quote

client, host, port, user, password, database = sys.argv[1:]
statement = "select * from measured"


def plain(value):
    if isinstance(value, (decimal.Decimal, datetime.datetime)):
        return str(value)
    raise TypeError(type(value))


def lines(cursor, rows):
    names = [column[0] for column in cursor.description]
    write = sys.stdout.write
    for row in rows:
        write(json.dumps(dict(zip(names, row)), default=plain))
        write("\n")


if client == "psycopg":
    import psycopg

    with psycopg.connect(host=host, port=port, user=user, password=password, dbname=database) as connection:
        # A cursor at the server: the client holds a piece of the result, not the whole.
        with connection.cursor(name="measured") as cursor:
            cursor.itersize = 10_000
            cursor.execute(statement)
            lines(cursor, cursor)
elif client == "pymysql":
    import pymysql
    import pymysql.cursors

    connection = pymysql.connect(
        host=host, port=int(port), user=user, password=password, database=database,
        cursorclass=pymysql.cursors.SSCursor)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        lines(cursor, cursor)
elif client.startswith("connectorx-"):
    import connectorx

    scheme = "postgresql" if client.endswith("postgres") else "mysql"
    url = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}:{port}/{database}"
    table = connectorx.read_sql(url, statement, return_type="arrow")
    assert table.num_rows > 0
else:
    sys.exit(f"there is no client {client}")
