"""pymongo's part of the benchmarks: makes the documents, reads them, and connects.

usage: mongo.py fill|find|lines PORT USER PASSWORD DATABASE [DOCUMENTS]
       mongo.py connect PORT USER PASSWORD DATABASE COUNT
"""
import datetime
import json
import sys
import threading
import time

from bson import Decimal128, Int64
from pymongo import MongoClient

task, port, user, password, database, *rest = sys.argv[1:]


def client():
    return MongoClient(
        "127.0.0.1", int(port), username=user, password=password, authSource="admin", directConnection=True)


def document(number):
    """As in the benchmarks of SQL: eight columns, the last of which one in ten has not."""
    made = {
        "_id": number, "big": Int64(number * 1_000_000_007), "ratio": number / 7,
        "total": Decimal128(f"{number % 100_000 / 100:.2f}"), "name": f"customer number {number}",
        "flag": number % 2 == 0,
        "placed": datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=number),
    }
    if number % 10:
        made["note"] = 'some, "quoted" words'
    return made


def connect_once():
    with client() as connection:
        connection[database].command("ping")


if task == "fill":
    with client() as connection:
        numbers = range(1, int(rest[0]) + 1)
        for start in numbers[::1000]:
            connection[database].measured.insert_many(map(document, range(start, min(start + 1000, numbers.stop))))
elif task == "find":
    with client() as connection:
        for found in connection[database].measured.find():
            pass
elif task == "lines":
    with client() as connection:
        for found in connection[database].measured.find():
            sys.stdout.write(json.dumps(found, default=str))
            sys.stdout.write("\n")
elif task == "connect":
    # The first one brings the libraries along.
    connect_once()
    threads = [threading.Thread(target=connect_once) for _ in range(int(rest[0]))]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(time.perf_counter() - start)
else:
    sys.exit(f"there is no task {task}")
