#!/usr/bin/env python3
"""A stand-in for SQL Server: no SQL Server can be installed where these tests run.

It speaks TDS 7.4 and 8.0 as [MS-TDS] describes them, takes logins, and answers statements from an in-memory SQLite
database, which is given the few functions and catalogue answers that a client of SQL Server asks for. What it proves is
that clients and this file have read the same document. It is no proof of how SQL Server itself behaves; that is said
wherever a test stands on it. Clients that others wrote (FreeTDS, python-tds) log in here, too.

Usage: sqlserver_stand_in.py SETTINGS.json
  port, browser_port (null: none), folder, encryption (off|on|required|not_supported|strict), certificate, key, client_ca
  (null: none is asked for), routes {user: [host, port]}, logins {user: password}, records (a folder for what clients
  send, or null)
Leaves `sessions.json` in the folder: what it knows of each connection. Ends with SIGTERM.
"""
import asyncio, decimal, json, os, re, signal, sqlite3, ssl, struct, sys, uuid

PRELOGIN, LOGIN7, BATCH, RPC, ATTENTION, MANAGER, REPLY = 0x12, 0x10, 0x01, 0x03, 0x06, 0x0E, 0x04
LATIN = bytes((0x09, 0x04, 0xD0, 0x00, 0x34))
ENCRYPTION = {"off": 0, "on": 1, "not_supported": 2, "required": 3, "strict": 4}


def utf16(text):
    return text.encode("utf-16-le")


def short_text(text):
    return struct.pack("<H", len(utf16(text)) // 2) + utf16(text)


def byte_text(text):
    return bytes((len(utf16(text)) // 2,)) + utf16(text)


class Refusal(Exception):
    """An ERROR token: number, text, severity, state."""

    def __init__(self, number, text, severity=16, state=1):
        super().__init__(text)
        self.number, self.text, self.severity, self.state = number, text, severity, state


def message(token, number, text, severity, state):
    body = struct.pack("<iBB", number, state, severity) + short_text(text) + byte_text("stand-in") + byte_text("")
    body += struct.pack("<I", 1)
    return bytes((token,)) + struct.pack("<H", len(body)) + body


def error(refusal):
    return message(0xAA, refusal.number, refusal.text, refusal.severity, refusal.state)


def done(status=0, rows=0, token=0xFD):
    return struct.pack("<BHHQ", token, status, 0xC1, rows)


def environment(kind, data):
    return b"\xE3" + struct.pack("<H", len(data) + 1) + bytes((kind,)) + data


# Columns: a name, TYPE_INFO, and how a Python value is written (section 2.2.5.4 and following).


def chunks(data, size=3000):
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    return (
        struct.pack("<Q", len(data))
        + b"".join(struct.pack("<I", len(part)) + part for part in parts)
        + struct.pack("<I", 0)
    )


def plp(encode):
    return lambda value: b"\xFF" * 8 if value is None else chunks(encode(value))


def sized(encode):
    return lambda value: b"\0" if value is None else (lambda data: bytes((len(data),)) + data)(encode(value))


def us(encode):
    return lambda value: b"\xFF\xFF" if value is None else (lambda data: struct.pack("<H", len(data)) + data)(encode(value))


def big(encode):
    return lambda value: struct.pack("<I", 0) if value is None else (lambda data: struct.pack("<I", len(data)) + data)(encode(value))


def pointed(encode):
    def write(value):
        if value is None:
            return b"\0"
        data = encode(value)
        return b"\x10" + b"\x07" * 24 + struct.pack("<I", len(data)) + data

    return write


def decimal_bytes(scale):
    def write(value):
        number = int(decimal.Context(prec=50).scaleb(decimal.Decimal(value), scale))
        return bytes((0 if number < 0 else 1,)) + abs(number).to_bytes(16, "little")

    return sized(write)


def days(year, month, day):
    import datetime

    return (datetime.date(year, month, day) - datetime.date(1, 1, 1)).days.to_bytes(3, "little")


INT = (b"\x26\x04", sized(lambda v: struct.pack("<i", v)))
BIGINT = (b"\x26\x08", sized(lambda v: struct.pack("<q", v)))
FLOAT = (b"\x6D\x08", sized(lambda v: struct.pack("<d", v)))
BIT = (b"\x68\x01", sized(lambda v: bytes((1 if v else 0,))))
NVARCHAR = (b"\xE7\x40\x1F" + LATIN, us(utf16))
NVARCHAR_MAX = (b"\xE7\xFF\xFF" + LATIN, plp(utf16))
VARBINARY_MAX = (b"\xA5\xFF\xFF", plp(bytes))

# Every type, one row of values and one of NULL: what `SELECT * FROM every_type` gives.
EVERY_TYPE = [
    ("a_tinyint", b"\x26\x01", sized(lambda v: bytes((v,))), 255),
    ("a_smallint", b"\x26\x02", sized(lambda v: struct.pack("<h", v)), -32768),
    ("an_int", *INT, 2147483647),
    ("a_bigint", *BIGINT, -9223372036854775808),
    ("a_bit", *BIT, True),
    ("a_real", b"\x6D\x04", sized(lambda v: struct.pack("<f", v)), 0.1),
    ("a_float", *FLOAT, 0.1),
    ("a_decimal", b"\x6A\x11\x26\x0A", decimal_bytes(10), "-1234567890123456789012345678.0123456789"),
    ("a_money", b"\x6E\x08", sized(lambda v: struct.pack("<iI", v >> 32, v & 0xFFFFFFFF)), -9223372036854775808),
    ("a_smallmoney", b"\x6E\x04", sized(lambda v: struct.pack("<i", v)), 12345),
    ("a_date", b"\x28", sized(lambda v: days(*v)), (2024, 2, 29)),
    ("a_time", b"\x29\x07", sized(lambda v: v.to_bytes(5, "little")), 863999999999),
    ("a_datetime", b"\x6F\x08", sized(lambda v: struct.pack("<iI", *v)), (45349, 25919999)),
    ("a_smalldatetime", b"\x6F\x04", sized(lambda v: struct.pack("<HH", *v)), (45349, 1439)),
    ("a_datetime2", b"\x2A\x07", sized(lambda v: v[0].to_bytes(5, "little") + days(*v[1])), (1, (1, 1, 1))),
    (
        "a_datetimeoffset", b"\x2B\x03", sized(lambda v: v[0].to_bytes(4, "little") + days(*v[1]) + struct.pack("<h", v[2])),
        (5400000, (2024, 2, 29), 330),
    ),
    ("a_guid", b"\x24\x10", sized(lambda v: uuid.UUID(v).bytes_le), "6f19c90b-ff86-11d0-b42d-00c04fc964ff"),
    ("a_char", b"\xAF\x03\x00" + LATIN, us(lambda v: v.encode("cp1252")), "a  "),
    ("a_varchar", b"\xA7\x0A\x00" + LATIN, us(lambda v: v.encode("cp1252")), "caf\u00e9\u20ac"),
    ("a_cyrillic", b"\xA7\x0A\x00\x19\x04\xD0\x00\x00", us(lambda v: v.encode("cp1251")), "\u041f\u0440\u0438"),
    ("a_utf8", b"\xA7\x14\x00\x09\x04\xD0\x24\x00", us(lambda v: v.encode()), "\u017elu\u0165"),
    ("an_nvarchar", b"\xE7\x28\x00" + LATIN, us(utf16), "a\u00f1\U0001D11E"),
    ("an_nvarchar_max", *NVARCHAR_MAX, "\u00df" * 5000),
    ("a_varchar_max", b"\xA7\xFF\xFF" + LATIN, plp(lambda v: v.encode("cp1252")), "\u20ac" * 4000),
    ("a_varbinary", b"\xA5\x08\x00", us(bytes), b"\xDE\xAD"),
    ("a_varbinary_max", *VARBINARY_MAX, b"\x00\x01\x02" * 2000),
    ("a_text", b"\x23" + struct.pack("<I", 0x7FFFFFFF) + LATIN + b"\x01" + short_text("every_type"), pointed(lambda v: v.encode("cp1252")), "a\u00e9"),
    ("an_image", b"\x22" + struct.pack("<I", 0x7FFFFFFF) + b"\x01" + short_text("every_type"), pointed(bytes), b"\xCA\xFE"),
    ("an_xml", b"\xF1\x00", plp(lambda v: b"\xFF\xFE" + utf16(v)), "<a>\u00e9</a>"),
    ("a_variant", b"\x62" + struct.pack("<I", 8009), big(bytes), b"\x38\x00" + struct.pack("<i", 7)),
]


class TLSInPackets:
    """The server's side of TLS whose handshake travels in packets of the type PRELOGIN."""

    def __init__(self, context, reader, writer):
        self.reader, self.writer = reader, writer
        self.inward, self.outward = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inward, self.outward, server_side=True)

    async def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self.send_packets()
                _, kind, _, body = await read_packet(self.reader)
                if kind != PRELOGIN:
                    raise ConnectionError("the handshake is not in packets")
                self.inward.write(body)
            except ssl.SSLError:
                await self.send_packets()
                raise
        await self.send_packets()

    async def send_packets(self):
        data = self.outward.read()
        if data:
            self.writer.write(packets(data, PRELOGIN))
            await self.writer.drain()

    async def readexactly(self, count):
        data = b""
        while len(data) < count:
            try:
                part = self.tls.read(count - len(data))
                if not part:
                    raise asyncio.IncompleteReadError(data, count)
                data += part
            except ssl.SSLWantReadError:
                raw = await self.reader.read(65536)
                if not raw:
                    raise asyncio.IncompleteReadError(data, count)
                self.inward.write(raw)
        return data

    def write(self, data):
        self.tls.write(data)
        self.writer.write(self.outward.read())

    async def drain(self):
        await self.writer.drain()


def packets(data, kind=REPLY, size=4096):
    parts = [data[at : at + size - 8] for at in range(0, len(data), size - 8)] or [b""]
    return b"".join(
        struct.pack(">BBHHBB", kind, 1 if index == len(parts) - 1 else 0, len(part) + 8, 52, (index + 1) & 255, 0) + part
        for index, part in enumerate(parts)
    )


class Running:
    """A statement that gives no end: rows and rows after these tokens, or silence."""

    def __init__(self, tokens, has_rows):
        self.tokens, self.has_rows = tokens, has_rows

    def __radd__(self, before):
        return Running(before + self.tokens, self.has_rows)


async def read_packet(reader):
    header = await reader.readexactly(8)
    kind, status, length, _, _, _ = struct.unpack(">BBHHBB", header)
    if length < 8:
        raise ConnectionError("a packet of %d bytes" % length)
    return header, kind, status, await reader.readexactly(length - 8)


async def read_message(reader, raw):
    """A whole message: its type, whether the session is to be reset, its body."""
    data, reset = b"", False
    while True:
        header, kind, status, body = await read_packet(reader)
        raw.append(header + body)
        data += body
        reset = reset or status & 0x08 != 0
        if status & 1:
            return kind, reset, data


def read_login(body):
    fields = struct.unpack_from("<IIIIII", body)
    flags = body[24:28]
    names = ["host", "user", "password", "program", "server", "extension", "library", "language", "database"]
    login = {"tds": fields[1], "packet_size": fields[2], "readonly": bool(flags[2] & 0x20), "flags": flags.hex()}
    for index, name in enumerate(names):
        offset, count = struct.unpack_from("<HH", body, 36 + 4 * index)
        data = body[offset : offset + (count if name == "extension" else 2 * count)]
        if name == "password":
            data = bytes(((byte ^ 0xA5) << 4 & 0xF0) | ((byte ^ 0xA5) >> 4) for byte in data)
        if name != "extension":
            login[name] = data.decode("utf-16-le")
        elif flags[3] & 0x10:
            (at,) = struct.unpack("<I", data)
            features = []
            while body[at] != 0xFF:
                (length,) = struct.unpack_from("<I", body, at + 1)
                features.append(body[at])
                at += 5 + length
            login["features"] = features
    sspi = struct.unpack_from("<HH", body, 36 + 4 * 9 + 6)
    login["sspi"] = sspi[1]
    return login


class Parameters:
    """Reads what an RPC carries (section 2.2.6.6)."""

    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, count):
        data = self.body[self.at : self.at + count]
        if len(data) < count:
            raise ConnectionError("a request that ends too early")
        self.at += count
        return data

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self):
        name = self.take(2 * self.number("<B")).decode("utf-16-le")
        self.number("<B")
        kind = self.number("<B")
        if kind in (0xE7, 0xA7, 0xAF, 0xEF, 0xA5, 0xAD):
            length = self.number("<H")
            if kind not in (0xA5, 0xAD):
                self.take(5)
            data = self.long() if length == 0xFFFF else self.short()
            if data is None or kind in (0xA5, 0xAD):
                return name, data
            return name, data.decode("utf-16-le" if kind in (0xE7, 0xEF) else "cp1252")
        if kind == 0x63:
            self.take(9)
            return name, self.take(self.number("<I")).decode("utf-16-le")
        if kind in (0x26, 0x68, 0x6D):
            self.take(1)
            data = self.take(self.number("<B"))
            if not data:
                return name, None
            if kind == 0x6D:
                return name, struct.unpack("<d" if len(data) == 8 else "<f", data)[0]
            return name, int.from_bytes(data, "little", signed=len(data) > 1)
        if kind in (0x6A, 0x6C):
            _, _, scale = self.take(3)
            data = self.take(self.number("<B"))
            if not data:
                return name, None
            number = decimal.Decimal(int.from_bytes(data[1:], "little")).scaleb(-scale)
            return name, float(number if data[0] else -number)
        raise ConnectionError("a parameter of the type 0x%02X" % kind)

    def short(self):
        length = self.number("<H")
        return None if length == 0xFFFF else self.take(length)

    def long(self):
        if self.number("<Q") == 0xFFFFFFFFFFFFFFFF:
            return None
        data = b""
        while True:
            length = self.number("<I")
            if not length:
                return data
            data += self.take(length)


class Session:
    def __init__(self, house, number):
        self.house, self.number = house, number
        self.begun, self.transaction = 0, 0
        self.plans, self.implicit, self.aborts = False, False, False
        # What is run, and not only planned or described.
        self.ran = house.sessions[number]["ran"]
        self.database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.database.executescript(
            """
            create table orders (id integer primary key, customer text, total real);
            insert into orders values (1, 'Anna', 10.5), (2, 'Bj\u00f6rn', 20), (3, null, null);
            """
        )

    def reset(self):
        if self.transaction:
            self.end("rollback")
        self.plans, self.implicit, self.aborts = False, False, False

    def begin(self):
        """ENVCHANGE of a transaction that begins; its descriptor is one that no other has."""
        self.begun += 1
        self.transaction = self.begun
        if not self.database.in_transaction:
            self.database.execute("begin")
        return environment(8, b"\x08" + struct.pack("<Q", self.transaction) + b"\0")

    def end(self, how):
        """ENVCHANGE of the transaction's end, by commit or rollback."""
        told = environment(9 if how == "commit" else 10, b"\0\x08" + struct.pack("<Q", self.transaction))
        self.transaction = 0
        self.database.execute(how)
        return told

    def abort(self):
        """Under XACT_ABORT an error or an attention rolls back."""
        return self.end("rollback") if self.aborts and self.transaction else b""

    def check(self, descriptor):
        """A request names the transaction that is open, or none where none is (section 2.2.5.3.2)."""
        if descriptor == self.transaction:
            return
        if not descriptor:
            raise Refusal(3989, "New request is not allowed to start because it should come with valid transaction descriptor.")
        raise Refusal(3971, "The server failed to resume the transaction. Desc:%x." % descriptor)

    def manage(self, body):
        """Transactions by their own message (section 2.2.6.9), as python-tds begins and ends them."""
        (kind,) = struct.unpack_from("<H", body)
        if kind == 5:
            return self.begin() + done()
        return self.end("commit" if kind == 7 else "rollback") + self.begin() + done()

    def answer(self, text, parameters, is_call):
        """The tokens that a statement gives."""
        words = text.strip().rstrip(";").strip()
        low = re.sub(r"\s+", " ", words.lower())
        final = 0xFE if is_call else 0xFD
        if low == "set showplan_xml on":
            if self.login["user"] not in self.house.settings.get("planners", []):
                raise Refusal(262, "SHOWPLAN permission denied in database 'shop'.", 14, 4)
            self.plans = True
            return done(0, 0, final)
        if low == "set showplan_xml off":
            self.plans = False
            return done(0, 0, final)
        if self.plans:
            return self.plan(words)
        self.ran.append(words)
        if low.startswith("set xact_abort on") and "begin transaction" in low:
            told = self.begin()
            self.aborts = True
            self.implicit = low.endswith("set implicit_transactions on")
            return told + done(0x01) + done(0, 0, final)
        if low.startswith("if @@trancount > 0 rollback"):
            return (self.end("rollback") if self.transaction else b"") + done(0, 0, final)
        told = b""
        if self.implicit and not self.transaction and re.match(r"(insert|update|delete)\b|select .* from ", low):
            # The mode in which there is no statement without a transaction.
            told = self.begin()
        first, _, rest = (part.strip() for part in words.partition(";"))
        if rest and re.match(r"(set|commit|rollback|insert|update|delete)\b", low):
            return told + self.alone(first, parameters, 0x01) + self.answer(rest, parameters, is_call)
        behind = re.match(r"(select\b[^;']*);\s*((?:set|commit|rollback|insert|update|delete)\b.*)", words, re.I | re.S)
        if behind:
            first, rest = behind.groups()
            told += self.rows(*self.select(first, first.lower(), parameters), None)
            return told + self.answer(rest, parameters, is_call)
        if re.match(r"(commit|rollback)\b", low):
            return self.alone(words, parameters, 0, final)
        if low.startswith(("set ", "use ")):
            return done(0, 0, final)
        return told + self.rows(*self.select(words, low, parameters), final)

    def alone(self, words, parameters, status, token=0xFD):
        """A statement of a batch that gives no rows."""
        low = words.lower()
        if low.startswith(("commit", "rollback")):
            return (self.end(low.split()[0]) if self.transaction else b"") + done(status, 0, token)
        if low.startswith("set "):
            self.implicit = self.implicit and low != "set implicit_transactions off"
            return done(status, 0, token)
        self.select(words, low, parameters)
        return done(status | 0x10, 1, token)

    def plan(self, text):
        if re.search(r"\bmaster\s*\.", text, re.I):
            raise Refusal(262, "SHOWPLAN permission denied in database 'master'.", 14, 4)
        kinds = []
        for part in filter(None, (part.strip() for part in text.split(";"))):
            first = part.split()[0].upper()
            if first == "DECLARE":
                continue
            if first == "SELECT" and re.search(r"\binto\b", part, re.I):
                first = "SELECT INTO"
            kinds.append({"EXEC": "EXECUTE PROC", "COMMIT": "COMMIT TRANSACTION", "ROLLBACK": "ROLLBACK TRANSACTION"}.get(first, first))
        if any(kind == "SYNTAX" for kind in kinds):
            raise Refusal(102, "Incorrect syntax near 'syntax'.", 15)
        if not kinds or kinds == ["WAITFOR"]:
            return done()
        xml = "<ShowPlanXML><BatchSequence><Batch><Statements>%s</Statements></Batch></BatchSequence></ShowPlanXML>" % "".join(
            '<StmtSimple StatementText="" StatementId="%d" StatementType="%s" />' % pair for pair in enumerate(kinds, 1)
        )
        return self.rows([("Microsoft SQL Server 2005 XML Showplan", *NVARCHAR_MAX)], [(xml,)], 0xFD)

    def select(self, words, low, parameters):
        """Columns and rows of a query."""
        house = self.house
        if "from sys.dm_exec_describe_first_result_set" in low:
            columns = [("error_number", *INT), ("error_state", *INT), ("error_message", *NVARCHAR)]
            return columns, self.describe(parameters.get("@p1") or "")
        if "permission_name = 'showplan'" in low:
            return [("", *INT)], [(1 if self.login["user"] in house.settings.get("planners", []) else 0,)]
        if "is_srvrolemember" in low:
            power = house.settings.get("powers", {}).get(self.login["user"], 0)
            return [("", *INT), ("", *INT)], [(1 if power > 1 else 0, 1 if power else 0)]
        if "has_dbaccess" in low:
            name = parameters.get("@p1")
            return [("", *INT)], [(1 if name in ("shop", "master") else 0 if name == "private" else None,)]
        if "from sys.objects o join sys.schemas" in low:
            return [(name, *NVARCHAR) for name in "snkc"] + [("rows", *BIGINT)], [
                ("dbo", "every_type", "U", None, 2), ("dbo", "orders", "U", "All orders", 3), ("sales", "totals", "V", None, None)
            ]
        if "object_id(@p" in low:
            return self.catalogue(low, parameters)
        if low.startswith("select * from every_type"):
            columns = [(name, info, write) for name, info, write, _ in EVERY_TYPE]
            return columns, [tuple(value for _, _, _, value in EVERY_TYPE), (None,) * len(EVERY_TYPE)]
        if low.startswith("waitfor"):
            return None, "silence"
        if low.startswith("select n from endless"):
            return [("n", *INT)], "endless"
        try:
            cursor = self.database.execute(words, {name[1:]: value for name, value in parameters.items()})
        except (sqlite3.Error, sqlite3.Warning) as problem:
            text = str(problem)
            if "no such table" in text:
                raise Refusal(208, "Invalid object name '%s'." % text.split(": ")[-1])
            if "syntax" in text:
                raise Refusal(102, "Incorrect syntax near '%s'." % text.split('"')[1] if '"' in text else text, 15)
            if "binding" in text:
                raise Refusal(137, "Must declare the scalar variable.", 15, 2)
            raise Refusal(50000, text)
        if cursor.description is None:
            return None, []
        found = cursor.fetchall()
        columns = []
        for index, description in enumerate(cursor.description):
            sample = next((row[index] for row in found if row[index] is not None), "")
            kind = NVARCHAR_MAX
            if isinstance(sample, int):
                kind = BIGINT if any(isinstance(r[index], int) and abs(r[index]) >> 31 for r in found) else INT
            elif isinstance(sample, float):
                kind = FLOAT
            elif isinstance(sample, bytes):
                kind = VARBINARY_MAX
            columns.append((description[0], *kind))
        convert = lambda value, kind: float(value) if kind is FLOAT[1] and value is not None else value
        return columns, [tuple(convert(v, c[2]) for v, c in zip(row, columns)) for row in found]

    def describe(self, text):
        low = text.strip().lower()
        tables = re.findall(r"\bfrom (\w+)\b(?!\.)", low) if low.startswith("select") else []
        unknown = [name for name in tables if name not in ("every_type", "orders", "endless")]
        if unknown:
            return [(208, 1, "Invalid object name '%s'." % unknown[0])]
        if low.startswith("syntax"):
            return [(102, 1, "Incorrect syntax near 'syntax'.")]
        if low.startswith(("select", "with", "waitfor")) or "; select" in low or "output" in low:
            return [(None, None, None)]
        return []

    def catalogue(self, low, parameters):
        places = {name: index + 1 for index, (_, name) in enumerate(sorted(parameters.items(), key=lambda p: int(p[0][2:])))}
        orders, totals = places.get("[dbo].[orders]"), places.get("[sales].[totals]")
        if "join sys.types" in low:
            names = "i name type base length precision scale nullable definition comment".split()
            kinds = [INT, NVARCHAR, NVARCHAR, NVARCHAR, INT, INT, INT, BIT, NVARCHAR, NVARCHAR]
            rows = []
            if orders:
                rows += [
                    (orders, "id", "int", "int", 4, 10, 0, False, None, None),
                    (orders, "customer", "nvarchar", "nvarchar", 100, 0, 0, True, None, "Who"),
                    (orders, "total", "decimal", "decimal", 9, 10, 2, True, "((0))", None),
                ]
            if totals:
                rows += [(totals, "sum", "Amount", "money", 8, 19, 4, True, None, None)]
            return [(n, *k) for n, k in zip(names, kinds)], rows
        if "sys.indexes" in low:
            kinds = [INT, NVARCHAR, BIT, BIT, NVARCHAR]
            rows = [(orders, "PK_orders", True, True, "id"), (orders, "by_total", False, False, "total"), (orders, "by_total", False, False, "id")]
            return [(str(n), *k) for n, k in enumerate(kinds)], rows if orders else []
        return [(str(n), *k) for n, k in enumerate([INT] + [NVARCHAR] * 5)], (
            [(orders, "FK_customer", "customer", "dbo", "customers", "id")] if orders else []
        )

    def rows(self, columns, found, final):
        if found == "silence":
            return Running(b"", False)
        if columns is None:
            return done(0x10, self.database.total_changes, final)
        data = b"\x81" + struct.pack("<H", len(columns))
        for name, info, _ in columns:
            data += struct.pack("<IH", 0, 9) + info + byte_text(name)
        if found == "endless":
            return Running(data, True)
        for row in found:
            empty = [value is None for value in row]
            if len(row) > 8 and sum(empty) > len(row) // 2:
                bitmap = bytearray((len(row) + 7) // 8)
                for index, is_null in enumerate(empty):
                    bitmap[index // 8] |= is_null << index % 8
                data += b"\xD2" + bytes(bitmap)
                data += b"".join(write(value) for value, (_, _, write) in zip(row, columns) if value is not None)
            else:
                data += b"\xD1" + b"".join(write(value) for value, (_, _, write) in zip(row, columns))
        if final is None:
            # More comes.
            data += done(0x11, len(found), 0xFF)
        elif final == 0xFE:
            data += done(0x11, len(found), 0xFF) + b"\x79" + struct.pack("<i", 0) + done(0, 0, 0xFE)
        else:
            data += done(0x10, len(found), final)
        return data


class House:
    def __init__(self, settings):
        self.settings, self.sessions, self.count, self.tasks = settings, {}, 0, set()

    # Users that are refused whatever they say: number, severity, state, text.
    REFUSED = {
        "disabled": (18470, 14, 1, "Login failed for user 'disabled'. Reason: The account is disabled."),
        "locked": (18486, 14, 1, "Login failed for user 'locked' because the account is currently locked out."),
        "expired": (18487, 14, 1, "Login failed for user 'expired'.  Reason: The password of the account has expired."),
        "mustchange": (18488, 14, 1, "Login failed for user 'mustchange'.  Reason: The password of the account must be changed."),
        "windows": (18452, 14, 1, "Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication."),
        "state58": (18456, 14, 58, "Login failed for user 'state58'."),
        "state7": (18456, 14, 7, "Login failed for user 'state7'."),
        "state12": (18456, 14, 12, "Login failed for user 'state12'."),
        "firewall": (40615, 14, 1, "Cannot open server 'stand-in' requested by the login. Client with IP address '127.0.0.1' is not allowed to access the server."),
        "moving": (40613, 17, 1, "Database 'shop' on server 'stand-in' is not currently available."),
        "noserver": (40532, 20, 1, "Cannot open server \"127\" requested by the login."),
        "full": (17809, 16, 1, "Could not connect because the maximum number of '1' user connections has already been reached."),
        "limits": (10928, 16, 1, "Resource ID : 1. The request limit for the database is 30 and has been reached."),
        "starting": (17187, 16, 1, "SQL Server is not ready to accept new client connections."),
        "fatal": (20009, 20, 1, "A fatal error."),
    }

    def check(self, login, tls_subject):
        user = login["user"]
        if login["sspi"] or user == "sspi":
            return b"\xED" + struct.pack("<H", 4) + b"NTLM"
        if user in self.REFUSED:
            number, severity, state, text = self.REFUSED[user]
            raise Refusal(number, text, severity, state)
        if user in self.settings.get("certificate_users", []) and tls_subject != user:
            raise Refusal(18456, "Login failed for user '%s'." % user, 14)
        if self.settings["logins"].get(user) != login["password"]:
            raise Refusal(18456, "Login failed for user '%s'." % user, 14, 1)
        database = login["database"] or "master"
        if database not in ("shop", "master", "wellhead"):
            raise Refusal(4060, 'Cannot open database "%s" requested by the login. The login failed.' % database, 11)
        return None

    def welcome(self, login):
        route = self.settings.get("routes", {}).get(login["user"])
        data = environment(1, byte_text(login["database"] or "master") + byte_text("master"))
        data += message(0xAB, 5701, "Changed database context to '%s'." % (login["database"] or "master"), 0, 2)
        data += environment(7, b"\x05" + LATIN + b"\0")
        data += environment(2, byte_text("us_english") + byte_text(""))
        version = 0x74000004 if login["tds"] != 0x08000000 else 0x08000000
        body = b"\x01" + struct.pack(">I", version) + byte_text("Microsoft SQL Server") + bytes((16, 0, 0x03, 0xE8))
        data += b"\xAD" + struct.pack("<H", len(body)) + body
        if 0x0A in login.get("features", []):
            data += b"\xAE\x0A" + struct.pack("<I", 1) + b"\x01\xFF"
        size = str(max(512, min(login["packet_size"] or 4096, 32767)))
        data += environment(4, byte_text(size) + byte_text("4096"))
        if route:
            place = b"\x00" + struct.pack("<H", route[1]) + short_text(route[0])
            data += environment(20, struct.pack("<H", len(place)) + place + struct.pack("<H", 0))
        return data + done()

    def tell(self):
        path = os.path.join(self.settings["folder"], "sessions.json")
        with open(path + ".new", "w") as file:
            json.dump(list(self.sessions.values()), file)
        os.replace(path + ".new", path)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.settings["certificate"], self.settings["key"])
        if self.settings["encryption"] != "strict":
            # SQL Server has TLS 1.3 with TDS 8.0 alone.
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if self.settings.get("client_ca"):
            context.load_verify_locations(self.settings["client_ca"])
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    async def client(self, reader, writer):
        number, raw = self.count, []
        self.count += 1
        task = asyncio.current_task()
        self.tasks.add(task)
        try:
            await self.session(number, reader, writer, raw)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, OSError, struct.error, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            if self.settings.get("records") and raw:
                name = os.path.join(self.settings["records"], "client-%d.hex" % number)
                with open(name, "w") as file:
                    file.write("\n".join(part.hex() for part in raw) + "\n")
            self.sessions.pop(number, None)
            self.tell()
            writer.close()

    async def session(self, number, reader, writer, raw):
        encryption = self.settings["encryption"]
        way, tls, alone = reader, None, False
        out = writer
        if encryption == "strict":
            tls = writer.get_extra_info("ssl_object")
        kind, _, body = await read_message(way, raw)
        if kind != PRELOGIN:
            raise ConnectionError("no PRELOGIN")
        wanted = self.read_prelogin(body)
        answer = self.negotiate(encryption, wanted)
        version = bytes((16, 0, 0x03, 0xE8, 0, 0))
        out.write(packets(bytes((0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF)) + version + bytes((answer,))))
        await out.drain()
        if encryption != "strict" and answer != 2 and wanted != 2:
            tunnel = TLSInPackets(self.context(), reader, writer)
            await tunnel.handshake()
            tls, way, out, alone = tunnel.tls, tunnel, tunnel, answer == 0
        kind, _, body = await read_message(way, raw)
        if kind != LOGIN7:
            raise ConnectionError("no LOGIN7")
        subject = None
        if tls is not None and tls.getpeercert():
            subject = dict(pair[0] for pair in tls.getpeercert()["subject"]).get("commonName")
        known_tls = None if tls is None or alone else tls.version()
        login_tls = None if tls is None else tls.version()
        alpn = None if tls is None else tls.selected_alpn_protocol()
        if alone:
            way, out = reader, writer
        login = read_login(body)
        try:
            special = self.check(login, subject)
            if special:
                out.write(packets(special))
                await out.drain()
                await way.readexactly(1)
                return
        except Refusal as refusal:
            out.write(packets(error(refusal) + done(0x02)))
            await out.drain()
            return
        self.sessions[number] = {
            "user": login["user"], "program": login["program"], "tls": known_tls, "login_tls": login_tls,
            "subject": subject, "alpn": alpn, "readonly": login["readonly"], "server": login["server"], "tds": login["tds"],
            "statements": [], "ran": [], "attentions": 0, "resets": 0,
        }
        session = Session(self, number)
        session.login = login
        self.tell()
        out.write(packets(self.welcome(login)))
        await out.drain()
        await self.statements(session, number, way, out, raw)

    def read_prelogin(self, body):
        at, wanted = 0, 2
        while body[at] != 0xFF:
            option, offset, length = struct.unpack_from(">BHH", body, at)
            if option == 1:
                wanted = body[offset] & 0x7F
            at += 5
        return wanted

    @staticmethod
    def negotiate(server, client):
        """Section 2.2.6.5: what the server answers to what a client wants."""
        if server == "strict":
            return 4
        if server == "not_supported":
            return 2
        if server in ("required", "on"):
            return 3 if client != 1 else 1
        return {0: 0, 1: 1, 3: 1, 2: 2}.get(client, 0)

    async def statements(self, session, number, way, out, raw):
        facts = self.sessions[number]
        pending = None
        while True:
            kind, reset, body = pending or await read_message(way, raw)
            pending = None
            data = b""
            if reset:
                session.reset()
                facts["resets"] += 1
                data += environment(18, b"\0\0")
            if kind == ATTENTION:
                facts["attentions"] += 1
                self.tell()
                out.write(packets(session.abort() + done(0x20)))
                await out.drain()
                continue
            (length,) = struct.unpack_from("<I", body)
            try:
                # ALL_HEADERS, whose one header is the transaction's.
                session.check(struct.unpack_from("<Q", body, 10)[0])
            except Refusal as refusal:
                out.write(packets(data + error(refusal) + done(0x02)))
                await out.drain()
                continue
            if kind == MANAGER:
                out.write(packets(data + session.manage(body[length:])))
                await out.drain()
                continue
            try:
                text, parameters, is_call = self.request(kind, body[length:])
                facts["statements"].append(text)
                self.tell()
                tokens = session.answer(text, parameters, is_call)
                self.tell()
            except Refusal as refusal:
                tokens = error(refusal) + session.abort() + done(0x02, 0, 0xFE if kind == RPC else 0xFD)
            if isinstance(tokens, Running):
                pending = await self.until_attention(tokens, way, out, raw)
            else:
                out.write(packets(data + tokens))
                await out.drain()

    async def until_attention(self, running, way, out, raw):
        """Silence, or rows without an end, until the client has enough."""
        reading = asyncio.ensure_future(read_message(way, raw))
        n = 0
        if running.tokens:
            packet = packets(running.tokens)
            out.write(packet[:1] + b"\0" + packet[2:])
        try:
            while not reading.done():
                if running.has_rows:
                    rows = b"".join(b"\xD1\x04" + struct.pack("<i", n + index) for index in range(600))
                    n += 600
                    packet = packets(rows)
                    out.write(packet[:1] + b"\0" + packet[2:])
                    await out.drain()
                    await asyncio.sleep(0)
                else:
                    await asyncio.wait([reading], timeout=1)
            if running.has_rows:
                out.write(packets(done(0x10, n)))
            return reading.result()
        finally:
            reading.cancel()

    @staticmethod
    def request(kind, body):
        if kind == BATCH:
            return body.decode("utf-16-le"), {}, False
        if kind != RPC:
            raise ConnectionError("a message of the type %d" % kind)
        call = Parameters(body)
        length = call.number("<H")
        procedure = call.number("<H") if length == 0xFFFF else call.take(2 * length).decode("utf-16-le")
        call.number("<H")
        values = []
        while call.at < len(body):
            values.append(call.value())
        if procedure not in (10, "sp_executesql"):
            raise Refusal(2812, "Could not find stored procedure '%s'." % procedure)
        return values[0][1], {name: value for name, value in values[2:]}, True


class Browser(asyncio.DatagramProtocol):
    """Answers where an instance listens ([MC-SQLR])."""

    def __init__(self, settings):
        self.settings = settings

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        name = data[1:].rstrip(b"\0").decode()
        if data[:1] == b"\x04" and name.lower() == "sales":
            text = "ServerName;STANDIN;InstanceName;SALES;IsClustered;No;Version;16.0.1000.6;tcp;%d;;" % self.settings["port"]
            self.transport.sendto(b"\x05" + struct.pack("<H", len(text)) + text.encode(), address)


async def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    house = House(settings)
    house.tell()
    context = None
    if settings["encryption"] == "strict":
        context = house.context()
        context.set_alpn_protocols(["tds/8.0"])
    servers = []
    for host in settings["hosts"]:
        servers.append(await asyncio.start_server(house.client, host, settings["port"], ssl=context))
    loop = asyncio.get_running_loop()
    if settings.get("browser_host"):
        await loop.create_datagram_endpoint(lambda: Browser(settings), local_addr=(settings["browser_host"], 1434))
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    with open(os.path.join(settings["folder"], "ready"), "w"):
        pass
    await ended.wait()
    for server in servers:
        server.close()
    for task in list(house.tasks):
        task.cancel()
    await asyncio.gather(*house.tasks, return_exceptions=True)


asyncio.run(main())
