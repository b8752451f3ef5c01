"""Makes the files that are measured: eight columns, as in the benchmark of queries.

usage: make_files.py FOLDER CSV_BYTES XLSX_ROWS
"""
import datetime
import os
import sys

import xlsxwriter

folder, size, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start = datetime.datetime(2024, 1, 1)
header = ["id", "big", "ratio", "total", "name", "flag", "placed", "note"]


def row(number):
    return (
        number, number * 1_000_000_007, number / 7, number % 100_000 / 100, f"customer number {number}",
        number % 2 == 0, start + datetime.timedelta(seconds=number),
        None if number % 10 == 0 else f'some, "quoted" words {number % 5000}',
    )


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and '"' in value:
        return '"' + value.replace('"', '""') + '"'
    return str(value)


written = 0
number = 0
with open(os.path.join(folder, "measured.csv"), "w", buffering=1 << 20) as file:
    file.write(",".join(header) + "\n")
    while written < size:
        number += 1
        line = ",".join(map(text, row(number))) + "\n"
        written += file.write(line)
csv_rows = number

book = xlsxwriter.Workbook(os.path.join(folder, "measured.xlsx"))
sheet = book.add_worksheet("measured")
moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
sheet.write_row(0, 0, header)
for number in range(1, rows + 1):
    for column, value in enumerate(row(number)):
        if isinstance(value, datetime.datetime):
            sheet.write_datetime(number, column, value, moment)
        elif value is not None:
            sheet.write(number, column, value)
book.close()
print(csv_rows)
