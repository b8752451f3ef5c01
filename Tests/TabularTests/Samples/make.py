"""Makes the sample workbooks beside it, and what other libraries read in them. See README.md."""

import datetime as dt
import decimal
import json
import pathlib
import subprocess
import sys
import tempfile

import msoffcrypto
import openpyxl
import openpyxl.chart
import xlrd
import xlsxwriter
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

HERE = pathlib.Path(__file__).parent
DAY = dt.date(2024, 2, 29)
MOMENT = dt.datetime(2024, 2, 29, 23, 59, 58, 500000)


def by_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(["id", "code", "price", "paid", "day", "moment", "clock", "took", "share", "note"])
    for number in range(1, 41):
        sheet.append(
            [
                number,
                f"{number:03}",
                number * 1.25,
                number % 3 == 0,
                DAY + dt.timedelta(days=number),
                MOMENT + dt.timedelta(hours=number * 7),
                dt.time(number % 24, number, 7),
                dt.timedelta(hours=number, minutes=30),
                number / 128,
                None if number % 4 else "größer\n„so“ 🦊",
            ]
        )
        row = sheet.max_row
        sheet.cell(row, 5).number_format = "dd/mm/yyyy"
        sheet.cell(row, 8).number_format = "[h]:mm:ss"
        sheet.cell(row, 9).number_format = "0.0%"
    wild = book.create_sheet("Wild things")
    wild["C4"], wild["D4"], wild["F4"] = "name", "value", "late"
    wild["C5"], wild["D5"] = "integer", 9007199254740993
    wild["C6"], wild["D6"] = "small", 1.5e-7
    wild["C7"], wild["D7"] = "large", 1e300
    wild["C9"], wild["D9"] = "bool", True
    wild["C10"], wild["D10"] = "error", "#N/A"
    wild["C11"], wild["D11"] = "formula", "=1+1"
    wild["C12"], wild["D12"] = "date", DAY
    wild["C13"], wild["D13"] = "spaces", " blanks "
    wild["F14"] = "alone"
    wild["C15"] = "merged"
    wild.merge_cells("C15:F17")
    for name, state in (("Hidden", "hidden"), ("Very hidden", "veryHidden")):
        other = book.create_sheet(name)
        other.sheet_state = state
        other.append(["a"])
        other.append([1])
    book.create_sheet("Empty")
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=3, min_row=1, max_row=5), titles_from_data=True)
    book.create_chartsheet("Chart").add_chart(chart)
    book.save(HERE / "openpyxl.xlsx")

    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.title = "From 1904"
    for number, day in enumerate([dt.date(1904, 1, 2), DAY, dt.date(9999, 12, 31)]):
        book.active.append([number, day])
    book.save(HERE / "openpyxl-1904.xlsx")


def by_xlsxwriter():
    book = xlsxwriter.Workbook(HERE / "xlsxwriter.xlsx")
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("Formats")
    sheet.write_row(0, 0, ["format", "value"])
    formats = [
        "General", "0.00", "#,##0;[Red]-#,##0", "0%", "0.00E+00", "m/d/yy", "d-mmm-yy", "h:mm AM/PM", "h:mm:ss",
        "m/d/yy h:mm", "mm:ss.0", "[h]:mm:ss", "[mm]:ss", '"day "0', "yyyy\\-mm\\-dd", '[$-409]dddd, mmmm d, yyyy;@',
        'yyyy"年"m"月"d"日"', "[>=100]0;0.0", '0.0" h"', "mmm", "_-* #,##0.00\\ _€_-", "dd.mm.yyyy hh:mm:ss.000", "@",
    ]
    for row, code in enumerate(formats, 1):
        sheet.write_string(row, 0, code)
        sheet.write_number(row, 1, 45351.75, book.add_format({"num_format": code}))
    for row, number in enumerate(list(range(14, 23)) + [45, 46, 47], len(formats) + 1):
        sheet.write_string(row, 0, f"built in {number}")
        sheet.write_number(row, 1, 45351.75, book.add_format({"num_format": number}))
    sheet = book.add_worksheet("Values")
    sheet.write_row(0, 0, ["what", "text"])
    sheet.write_string(1, 0, "rich")
    sheet.write_rich_string(1, 1, "plain ", bold, "bold", " & <plain>")
    sheet.write_string(2, 0, "formula")
    sheet.write_formula(2, 1, '="a"&"b"', None, "ab")
    sheet.write_string(3, 0, "long")
    sheet.write_string(3, 1, "ä" * 32767)
    sheet.write_string(4, 0, "number formula")
    sheet.write_formula(4, 1, "=1/4", None, 0.25)
    sheet.write_string(5, 0, "truth formula")
    sheet.write_formula(5, 1, "=1=1", None, True)
    sheet.write_string(6, 0, "error formula")
    sheet.write_formula(6, 1, "=1/0", None, "#DIV/0!")
    sheet.write_string(7, 0, "last column")
    sheet.write_string(7, 1999, "last")
    book.close()

    book = xlsxwriter.Workbook(HERE / "xlsxwriter-stream.xlsx", {"constant_memory": True, "in_memory": False})
    sheet = book.add_worksheet()
    for row in range(300):
        sheet.write_row(row, 0, [f"text {row % 7}", row, row / 4])
    book.close()


def by_xlwt():
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    moment = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    clock = xlwt.easyxf(num_format_str="h:mm")
    percent = xlwt.easyxf(num_format_str="0%")
    sheet = book.add_sheet("Orders")
    for column, name in enumerate(["id", "code", "price", "paid", "day", "moment", "clock", "share", "note"]):
        sheet.write(0, column, name)
    for number in range(1, 41):
        sheet.write(number, 0, number)
        sheet.write(number, 1, f"{number:03}")
        sheet.write(number, 2, number * 1.25)
        sheet.write(number, 3, number % 3 == 0)
        sheet.write(number, 4, DAY + dt.timedelta(days=number), day)
        sheet.write(number, 5, MOMENT + dt.timedelta(hours=number * 7), moment)
        sheet.write(number, 6, number / 64, clock)
        sheet.write(number, 7, number / 128, percent)
        if number % 4 == 0:
            sheet.write(number, 8, "größer\n„so“ 🦊")
    sheet = book.add_sheet("Long texts")
    for row in range(12):
        # Each crosses the bound of a record: 8,224 bytes.
        sheet.write(row + 1, 2, ("ж" if row % 2 else "x") * (1500 + row))
    sheet.write_merge(20, 22, 2, 5, "merged")
    sheet.write(24, 2, xlwt.Formula("1+1"))
    sheet.write(25, 2, -12345678901.5)
    sheet = book.add_sheet("Hidden")
    sheet.visibility = 1
    sheet.write(0, 0, 1)
    book.save(HERE / "xlwt.xls")


def by_libreoffice():
    with tempfile.TemporaryDirectory() as folder:
        for source, target, ending, filter in [
            ("openpyxl.xlsx", "libreoffice.xlsx", "xlsx", "xlsx:Calc MS Excel 2007 XML"),
            ("openpyxl.xlsx", "libreoffice.xls", "xls", "xls:MS Excel 97"),
            ("openpyxl-1904.xlsx", "libreoffice.ods", "ods", "ods"),
        ]:
            subprocess.run(
                ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", filter,
                 "--outdir", folder, str(HERE / source)], check=True, stdout=subprocess.DEVNULL)
            made = pathlib.Path(folder) / pathlib.Path(source).with_suffix("." + ending).name
            (HERE / target).write_bytes(made.read_bytes())


def encrypted():
    with open(HERE / "openpyxl-1904.xlsx", "rb") as source, open(HERE / "encrypted.xlsx", "wb") as target:
        OOXMLFile(source).encrypt("secret", target)


def shown(value, format):
    """A value as Wellhead writes it into a column of text."""
    if value is None or isinstance(value, str):
        if value is None or value.startswith("#") and value.isupper():
            return None
        # Only what begins a long text is recorded, and how long it is.
        return value if len(value) <= 1000 else f"{value[0]} and so on, {len(value)} characters"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        # openpyxl gives a time stamp for a date: what the format shows tells the two apart.
        if not any(letter in format.lower().replace("mmmm", "") for letter in "hs") and value.time() == dt.time():
            return value.date().isoformat()
        text = value.isoformat(" ", "milliseconds")
        return text[:-4] if text.endswith(".000") else text
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        text = value.isoformat("milliseconds")
        return text[:-4] if text.endswith(".000") else text
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) <= 2**53 else format_float(value)
    return str(value)


def format_float(value):
    return format(decimal.Decimal(repr(value)), "f")


def table(rows):
    """Rows without empty ones, from the first column that has a value to the last."""
    rows = [row for row in rows if any(cell is not None for cell in row)]
    first = min((next(i for i, cell in enumerate(row) if cell is not None) for row in rows), default=0)
    last = max((max(i for i, cell in enumerate(row) if cell is not None) for row in rows), default=-1)
    rows = [row[first : last + 1] for row in rows]
    # Where a row ends the rest of it is empty.
    return [row[: max(i for i, cell in enumerate(row) if cell is not None) + 1] for row in rows]


def expectations():
    found = {}
    for path in sorted(HERE.glob("*.xlsx")):
        if path.name == "encrypted.xlsx":
            continue
        book = openpyxl.load_workbook(path, data_only=True)
        found[path.name] = {
            sheet.title: table([[shown(c.value, c.number_format) for c in row] for row in sheet.iter_rows()])
            for sheet in book.worksheets
        }
    for path in sorted(HERE.glob("*.xls")):
        book = xlrd.open_workbook(path, formatting_info=True)
        found[path.name] = {sheet.name: table(xls_rows(book, sheet)) for sheet in book.sheets()}
    for sheets in found.values():
        for name in [name for name, rows in sheets.items() if not rows]:
            del sheets[name]
    text = json.dumps(found, ensure_ascii=False, indent=None, separators=(",", ":"))
    (HERE / "expected.json").write_text(text + "\n", "utf-8")


def xls_rows(book, sheet):
    rows = []
    for r in range(sheet.nrows):
        row = []
        for c in range(sheet.ncols):
            cell = sheet.cell(r, c)
            format = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
            value = cell.value
            if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR):
                value = None
            elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                value = bool(value)
            elif cell.ctype == xlrd.XL_CELL_DATE:
                if format.startswith("["):
                    value = dt.timedelta(days=value)
                elif value < 1:
                    value = (dt.datetime.min + dt.timedelta(seconds=round(value * 86400))).time()
                else:
                    base = dt.datetime(1904, 1, 1) if book.datemode else dt.datetime(1899, 12, 30)
                    value = base + dt.timedelta(milliseconds=round(value * 86400000))
            row.append(shown(value, format) if value != "" else None)
        rows.append(row)
    return rows


if __name__ == "__main__":
    steps = [by_openpyxl, by_xlsxwriter, by_xlwt, by_libreoffice, encrypted, expectations]
    for step in steps:
        if len(sys.argv) < 2 or step.__name__ in sys.argv[1:]:
            step()
