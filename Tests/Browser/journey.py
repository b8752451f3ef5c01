"""The console as a person uses it: signs in, connects a database through SSH with TLS, fails and mends, looks, asks,
changes and deletes. Reads its configuration (addresses, logins, files) from the file that its argument names."""

import csv
import json
import os
import sys
from urllib.parse import quote

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Browser, Steps, configuration

here = configuration()
web = Browser(here["address"], here["pictures"])
steps = Steps(web)
HOSTILE = '<img src=x onerror=alert(1)>"\'&amp; ' + "a very long name " * 6
STAGES = ["resolve", "dial", "ssh_handshake", "ssh_host_key", "ssh_auth", "ssh_forward", "tls", "login", "database", "probe"]


def heading(words):
    web.until(f"the heading {words!r}", lambda: words in web.text("h1") and not web.all(".loading"))


def states():
    return {e.get_attribute("data-stage"): e.get_attribute("data-state") for e in web.all(".stages li")}


def verdict():
    return web.until("a verdict", lambda: web.text(".verdict"))


def sign_in_page():
    web.driver.get(here["address"] + "/")
    heading("Sign in")
    web.look("01-sign-in")


def refused():
    web.type("Token", "nonsense").send_keys(Keys.ENTER)
    web.reads("[role=alert]", "This token does not hold")
    web.look("02-sign-in-refused")


def user():
    web.choose("way", "user")
    web.type("User", here["user"])
    web.type("Password", here["password"]).send_keys(Keys.ENTER)
    heading("Data sources")
    web.reads(".account-name", here["user"])
    web.click("Sign out")
    heading("Sign in")
    assert web.script("return sessionStorage.length") == 0


def token():
    web.type("Token", here["token"]).send_keys(Keys.ENTER)
    heading("Data sources")
    web.reads(".empty", "No data source yet")
    assert web.script("return localStorage.length") == 0
    web.look("03-empty")


def every_driver():
    web.click("New source")
    heading("New data source")
    drivers = web.script("return fetch('/drivers', {headers: {Authorization: 'Bearer ' + sessionStorage.getItem('wellhead.token')}}).then((r) => r.json())")
    shown = [e.get_attribute("value") for e in web.all("input[name=driver]")]
    assert shown == [driver["driver"] for driver in drivers], shown
    for driver in drivers:
        web.choose("driver", driver["driver"])
        # What the catalogue has and no choice stands for has a control.
        chosen = {"driver", "ssl", "ssh", "options"}
        names = web.script("return [...document.querySelectorAll('main form [name]')].map((e) => e.name)")
        missing = [f["name"] for f in driver["fields"] if f["name"] not in chosen and f["name"] not in names]
        missing += [o["name"] for o in driver["options"] if o["name"] not in names]
        assert not missing, f"{driver['driver']} has no control for {missing}"
        if driver["driver"] == "csv":
            web.look("05-new-file")
    web.choose("driver", "postgres")
    web.look("04-new")


def pasted():
    place = f"{here['host']}:{here['port']}"
    url = f"postgresql://{here['login']}:{quote('wrong @:/? password', safe='')}@{place}/{here['database']}?sslmode=verify-ca&application_name=console&foo=1"
    web.type("Paste a connection URL", url).send_keys(Keys.ENTER)
    web.reads("#address-note", "Filled: PostgreSQL")
    web.reads("#address-note", "Not used: foo.")
    assert web.labelled("Host").get_attribute("value") == here["host"]
    assert web.labelled("Port").get_attribute("value") == str(here["port"])
    assert web.labelled("User").get_attribute("value") == here["login"]
    assert web.labelled("Password").get_attribute("value") == "wrong @:/? password"
    assert web.labelled("Database").get_attribute("value") == here["database"]
    assert web.find("input[name=encryption]:checked").get_attribute("value") == "tls"
    assert web.labelled("Verification").get_attribute("value") == "verify-ca"
    assert web.all("#address")[0].get_attribute("value") == "", "the URL's password still stands there"


def addresses():
    """Connection URLs in the spellings of the usual clients, read by the module that the form uses."""
    drivers = [{"driver": d, "aliases": a, "options": [{"name": name} for name in ["applicationName", *more]]} for d, a, *more in (
        ("postgres", ["postgresql"]), ("mysql", []), ("mariadb", []), ("sqlserver", ["mssql"]), ("mongo", ["mongodb"], "authSource", "srv", "seeds"), ("rest", []))]
    for url, expected in {
        "postgres://db.example.com": {"driver": "postgres", "fields": {"host": "db.example.com"}},
        "postgresql://ann:p%40ss@[2001:db8::1]:5433/shop": {"driver": "postgres", "fields": {"username": "ann", "password": "p@ss", "host": "[2001:db8::1]", "port": "5433", "database": "shop"}},
        "mysql://ann:a@b/c:d%@db/shop?ssl-mode=VERIFY_CA": {"driver": "mysql", "fields": {"username": "ann", "password": "a@b/c:d%", "host": "db", "database": "shop", "sslMode": "verify-ca"}, "encryption": "tls"},
        "mariadb://db/shop?useSSL=false": {"driver": "mariadb", "fields": {"host": "db", "database": "shop"}, "encryption": "none"},
        "jdbc:sqlserver://db:1434;databaseName=shop;user=ann;password=a=b;encrypt=true;trustServerCertificate=true": {"driver": "sqlserver", "fields": {"host": "db", "port": "1434", "database": "shop", "username": "ann", "password": "a=b", "sslMode": "require"}, "encryption": "tls"},
        "mongodb+srv://ann:x@cluster.example.com/shop?authSource=admin&w=1": {"driver": "mongo", "fields": {"username": "ann", "password": "x", "host": "cluster.example.com", "database": "shop"}, "options": {"srv": True, "authSource": "admin"}, "encryption": "tls", "unused": ["w"]},
        "mongodb+srv://cluster.example.com/?tls=false": {"driver": "mongo", "fields": {"host": "cluster.example.com"}, "options": {"srv": True}, "encryption": "none"},
        "mongodb://a:1,b:2,c%2Dd/shop": {"driver": "mongo", "fields": {"host": "a", "port": "1", "database": "shop"}, "options": {"seeds": "b:2,c-d"}},
        "mysql://a,b/shop": {"driver": "mysql", "fields": {"host": "a", "database": "shop"}, "unused": ["further hosts (1)"]},
        "mysql+srv://a": {"driver": "mysql", "fields": {"host": "a"}, "unused": ["+srv"]},
        "https://api.example.com/v1/orders": {"driver": "rest", "fields": {"host": "api.example.com", "database": "v1/orders"}, "encryption": "tls"},
        "postgres://db/shop?sslmode=disable": {"driver": "postgres", "fields": {"host": "db", "database": "shop"}, "encryption": "none"},
        "ftp://db": None, "not a url": None, "": None,
    }.items():
        found = web.driver.execute_async_script(
            "const done = arguments[2];"
            "import('/console/address.js').then((m) => { const f = m.parseAddress(arguments[0], arguments[1]); done(f && {...f, driver: f.driver.driver}); });",
            url, drivers)
        whole = expected and {"options": {}, "encryption": None, "unused": [], **expected}
        assert found == whole, f"{url}: {found}"


def noted():
    """What is seen in a stage that lasts stands at it while it runs, drawn by the module that every test is drawn by."""
    seen = web.driver.execute_async_script(
        "const done = arguments[0]; import('/console/path.js').then(({ PathView }) => {"
        " const path = new PathView(), seen = [];"
        " path.plan({ name: 'CSV', port: null }, { ssh: false, database: 'orders.csv' });"
        " const look = () => { const { element, detail } = path.stages.get('open'); seen.push([element.dataset.state, detail.textContent]); };"
        " path.noted({ stage: 'open', detail: 'too early' }); look();"
        " path.began('open'); look();"
        " path.noted({ stage: 'open', detail: '40 % read' }); look();"
        " path.ended({ stage: 'open', ok: true, ms: 1, detail: 'all of it' });"
        " path.noted({ stage: 'open', detail: 'too late' }); look();"
        " done(seen); });")
    assert seen == [["pending", ""], ["running", ""], ["running", "40 % read"], ["passed", "all of it"]], seen


def described():
    web.choose("route", "ssh")
    web.choose("login", "key")
    web.type("Name", "orders")
    web.type("SSH host", here["ssh"]["host"])
    web.type("SSH port", str(here["ssh"]["port"]))
    web.type("SSH user", here["ssh"]["user"])
    # A key is read from a file, a certificate is dropped onto its field.
    web.all(".field-sshIdentity input[type=file]")[0].send_keys(here["ssh"]["keyFile"])
    web.until("the key is read", lambda: "PRIVATE KEY" in web.labelled("SSH private key").get_attribute("value"))
    web.script(
        "const data = new DataTransfer(); data.items.add(new File([arguments[1]], 'ca.pem'));"
        "arguments[0].dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data}));",
        web.labelled("Trusted certificates"), here["authority"])
    web.until("the certificate is read", lambda: "BEGIN CERTIFICATE" in web.labelled("Trusted certificates").get_attribute("value"))
    web.reads(".route", here["ssh"]["host"])
    web.look("06-described")


def invalid():
    port = web.type("Port", "not a port")
    web.click("Test")
    verdict()
    assert port.get_attribute("aria-invalid") == "true"
    web.reads(".field-port .problem", "port")
    web.type("Port", str(here["port"]))
    assert port.get_attribute("aria-invalid") is None


def stopped():
    web.type("SSH port", str(here["silent"]))
    # The page's ten seconds could be over before a slow machine has looked.
    web.script("const send = window.fetch; window.fetch = (path, options) => { window.fetch = send; return send(path + '?timeout=60', options); };")
    web.click("Test")
    web.until("the stage that lasts", lambda: states()["ssh_handshake"] == "running")
    assert [states()[stage] for stage in STAGES[:4]] == ["passed", "passed", "running", "pending"], states()
    web.look("06-running")
    web.click("Stop")
    assert "stopped" in verdict()
    web.type("SSH port", str(here["ssh"]["port"]))


def failed():
    # What was drawn is written down as it happens: each stage begins before it passes, and in its order.
    web.script(
        "window.drawn = []; new MutationObserver((list) => { for (const m of list) if (m.attributeName === 'data-state')"
        " window.drawn.push((m.target.dataset.stage ?? m.target.className) + ' ' + m.target.dataset.state); })"
        ".observe(document.querySelector('.path'), {attributes: true, subtree: true});")
    web.click("Test")
    words = verdict()
    assert "password" in words.lower(), words
    assert states() == {**{s: "passed" for s in STAGES[:7]}, "login": "failed", "database": "missed", "probe": "missed"}, states()
    drawn = web.script("return window.drawn")
    told = [line for line in drawn if line.split()[0] in STAGES and line.split()[1] in ("running", "passed", "failed")]
    assert told == [f"{s} {state}" for s in STAGES[:7] for state in ("running", "passed")] + ["login running", "login failed"], told
    assert drawn.index("hop running") < drawn.index("hop passed") < drawn.index("hop failed"), drawn
    assert web.script("return document.activeElement.textContent") in words, "the verdict has not the focus"
    web.look("07-failed")


def mended():
    web.click("Change Password")
    field = web.labelled("Password")
    assert web.driver.switch_to.active_element == field, "the field to change has not the focus"
    assert field.get_attribute("aria-invalid") == "true"
    assert "password" in web.text(".verdict").lower()
    field.clear()
    field.send_keys(here["loginPassword"])
    web.click("Save and connect")
    web.reads(".approval", here["ssh"]["fingerprint"])
    assert set(states().values()) == {"passed"}, states()
    assert {e.get_attribute("data-state") for e in web.all(".node, .hop")} == {"passed"}
    web.reads(".verdict", "The test passed")
    web.look("08-approve")
    web.click("Trust this key and save")
    heading("orders")
    web.reads(".subtitle", "Connected")


def page():
    web.reads(".facts", "1 open")
    web.reads(".facts", "days left")
    web.reads(".tree", "customers")
    web.until("the chart", lambda: web.all(".chart .band.connected"))
    web.type("Filter tables", "custom")
    web.until("the filter", lambda: len(web.all(".tree > li")) == 1)
    web.press(web.find(".tree summary"))
    web.reads(".columns", "email")
    web.look("09-source")


def asked():
    web.click("Use in the query")
    statement = web.labelled("Statement")
    assert statement.get_attribute("value") == "select * from public.customers"
    statement.send_keys(" order by id", Keys.CONTROL, Keys.ENTER)
    web.reads("[role=region]", "<b>Customer 1</b>")
    assert not web.all("[role=region] b")
    assert len(web.all(".result tbody tr")) == 50
    web.reads(".result", "null")
    web.look("10-result")


def downloaded():
    for name, ending in (("Download CSV", "csv"), ("Download NDJSON", "ndjson")):
        web.click(name)
        file = os.path.join(web.downloads, f"orders.{ending}")
        web.until(f"{file} is there", lambda: os.path.exists(file) and os.path.getsize(file) > 0)
        with open(file, encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text)) if ending == "csv" else [json.loads(line) for line in text]
        assert len(rows) == 50 and rows[0]["name"] == "<b>Customer 1</b>", rows[:2]


def wrong_statement():
    web.type("Statement", "select nonsense from nowhere")
    web.click("Run")
    web.reads(".result [role=alert]", "nowhere")
    web.look("11-refused")


def cancelled():
    web.type("Statement", "select pg_sleep(120)")
    web.click("Run")
    web.click("Cancel")
    web.reads(".result [role=alert]", "cancel")
    web.type("Statement", "select 1 as one")
    web.click("Run")
    web.reads(".result th", "Row")
    web.reads(".result thead", "one")
    # One that the service has not begun yet is on no desk: hanging up ends it.
    web.script(
        "const send = window.fetch; window.fetch = (path, options) => {"
        " if (!path.endsWith('/query')) return send(path, options);"
        " window.fetch = send;"
        " return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason))); };")
    web.click("Run")
    web.click("Cancel")
    web.reads(".result [role=alert]", "The statement was cancelled.")
    web.click("Run")
    web.reads(".result thead", "one")


def tested_again():
    web.click("Test")
    web.reads(".verdict", "The test passed")
    web.look("12-tested")


def moved():
    """Another SSH host has another key: it is asked about, and the old one is not held against it."""
    web.click("Edit")
    heading("Edit orders")
    web.type("SSH port", str(here["ssh"]["otherPort"]))
    web.click("Test and save")
    web.reads("dialog[open]", "Pin the key")
    web.look("12-moved")
    web.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    web.until("the dialog is closed", lambda: not web.all("dialog"))
    heading("Edit orders")
    web.click("Test and save")
    web.find("dialog [data-confirm]").click()
    heading("orders")
    web.until("the page of the data source", lambda: not web.text("h1").startswith("Edit"))
    record = web.script(
        "const id = location.hash.split('/')[2]; return fetch('/datasources/' + id, {headers: {Authorization: 'Bearer ' +"
        " sessionStorage.getItem('wellhead.token')}}).then((r) => r.json())")
    assert record["sshPort"] == str(here["ssh"]["otherPort"]), record
    assert record["sshHostKey"] == here["ssh"]["otherKey"], record
    # Where nothing of the SSH host changes, nobody is asked.
    web.click("Edit")
    heading("Edit orders")
    web.click("Test and save")
    web.until("the page of the data source", lambda: web.text("h1") == "orders")


def renamed():
    web.click("Edit")
    heading("Edit orders")
    assert web.labelled("Password").get_attribute("value") == ""
    assert web.labelled("SSH private key").get_attribute("value") == ""
    name = web.labelled("Name")
    name.clear()
    web.script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", name, HOSTILE.strip())
    web.look("13-edit")
    web.click("Test and save")
    heading("<img src=x onerror=alert(1)>")
    web.reads(".subtitle", "Connected")
    assert not web.all("main img")
    web.look("14-hostile")


def listed():
    web.click("All data sources")
    heading("Data sources")
    web.reads(".sources", "<img src=x")
    web.type("Search by name", "nothing like it")
    web.reads(".empty", "Nothing matches")
    web.look("15-nothing-found")
    web.click("Clear the filters")
    web.reads(".sources", "<img src=x")
    web.find("select[id^=status]").send_keys("Connected")
    web.reads("#summary", "found")
    web.reads(".sources", "<img src=x")
    assert not web.all("main img")
    web.look("16-list")


def by_keyboard():
    """Everything can be reached by Tab, and it can be seen where the focus is."""
    web.driver.get(here["address"] + "/#/new")
    heading("New data source")
    for _ in range(8):
        web.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
        if web.script("return document.activeElement.className") == "skip":
            break
    assert web.script("return document.activeElement.className") == "skip", "the way to skip what is above is not the first"
    reached = []
    for _ in range(60):
        web.driver.switch_to.active_element.send_keys(Keys.TAB)
        kind, seen = web.script(
            "const e = document.activeElement; const s = getComputedStyle(e), p = e.closest('label') ?? e;"
            "const ring = (x) => getComputedStyle(x).outlineStyle !== 'none' && getComputedStyle(x).outlineWidth !== '0px';"
            "return [(e.id || e.name || e.className || e.tagName) + '', ring(e) || ring(p) || ring(e.nextElementSibling ?? e)];")
        if kind == "BODY":
            break
        assert seen, f"the focus on {kind} cannot be seen"
        reached.append(kind)
        if web.script("return document.activeElement.textContent") == "Cancel":
            break
    assert "address" in reached and "driver" in reached and "primary" in reached, reached


def deleted():
    web.driver.get(here["address"] + "/#/")
    heading("Data sources")
    web.find(".source").send_keys(Keys.ENTER)
    heading("<img src=x")
    web.click("Delete")
    web.find("dialog[open]")
    assert web.script("return document.activeElement.textContent") == "Cancel"
    web.look("17-delete")
    web.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    web.until("the dialog is closed", lambda: not web.all("dialog"))
    web.click("Delete")
    web.find("dialog [data-confirm]").click()
    heading("Data sources")
    web.reads(".empty", "No data source yet")
    web.until("it is said aloud", lambda: "is deleted" in web.script("return document.getElementById('announcer').textContent"))


def a_file():
    web.click("New source")
    heading("New data source")
    web.choose("driver", "csv")
    picker = web.all(".field-database input[type=file]")[0]
    picker.send_keys(here["file"])
    name = os.path.basename(here["file"])
    web.until("the file is sent", lambda: web.labelled("File").get_attribute("value") == name)
    # A second time it asks whether the first one may go.
    web.labelled("File").clear()
    picker.send_keys(here["file"])
    web.find("dialog [data-confirm]").click()
    web.until("the file is replaced", lambda: web.labelled("File").get_attribute("value") == name)
    assert not web.all(".field-sshHost") or not web.all(".field-sshHost")[0].is_displayed()
    web.click("Save and connect")
    heading("csv-")
    web.reads(".subtitle", "Connected")
    web.reads(".facts", "no TLS")
    web.type("Statement", "select count(*) from orders")
    web.click("Run")
    web.reads(".result tbody", "3")
    web.look("19-file")
    web.click("Delete")
    web.find("dialog [data-confirm]").click()
    web.reads(".empty", "No data source yet")


def the_api():
    web.click("API")
    heading("Wellhead API")
    calls = web.script(
        "return fetch('/openapi.json', {headers: {Authorization: 'Bearer ' + sessionStorage.getItem('wellhead.token')}})"
        ".then((r) => r.json()).then((d) => Object.values(d.paths).flatMap((p) => Object.values(p)).map((o) => o.operationId).filter(Boolean))")
    shown = [e.get_attribute("id") for e in web.all(".call")]
    assert sorted(shown) == sorted(calls), (shown, calls)
    web.find("#filter").send_keys("count")
    web.until("the filter", lambda: [e.get_attribute("id") for e in web.all(".call") if e.is_displayed()] == ["countSources"])
    web.press(web.find("#countSources .trial > summary"))
    web.find("#countSources .trial input[placeholder]").send_keys("driver=csv")
    web.press(web.find("#countSources .trial button[type=submit]"))
    web.reads("#countSources .trial pre", '"count": 0')
    web.press(web.find("#countSources .answer:nth-of-type(2) > summary"))
    web.reads("#countSources .answer:nth-of-type(2)", "validate")
    web.look("20-api")
    web.find("#filter").clear()
    web.find("#filter").send_keys("no such call")
    web.reads(".calls", "No call has these words.")


def gone():
    web.driver.get(here["address"] + "/#/sources/gone")
    heading("There is no such data source")
    web.look("18-gone")


def quiet():
    """No script failed, nothing was refused by the policy, and nothing was asked of anybody else."""
    expected = ("403", "404", "422", "400", "503", "409")
    errors = [line for line in web.console_errors() if not any(f"status of {code}" in line for code in expected)]
    assert not errors, errors
    asked = web.script("return performance.getEntriesByType('resource').map((e) => new URL(e.name).origin)")
    assert set(asked) <= {here["address"]}, set(asked)


try:
    for name, body in [
        ("The page of signing in", sign_in_page),
        ("A token that does not hold is refused in words", refused),
        ("A user signs in and out", user),
        ("A token signs in, and nothing is there yet", token),
        ("The form has every driver, field and option of the catalogue", every_driver),
        ("A connection URL fills the form", pasted),
        ("Connection URLs of every kind are read", addresses),
        ("What is seen in a stage that lasts", noted),
        ("The way through SSH is described, with a key from a file and a certificate dropped", described),
        ("What cannot be used is marked at its field", invalid),
        ("A host that says nothing: the stage that lasts is seen, and can be stopped", stopped),
        ("A wrong password: every stage lights up, the login fails, and the field to change is named", failed),
        ("Mended, approved, saved and connected", mended),
        ("The data source's page: health, chart and schema", page),
        ("A query's rows in a table", asked),
        ("The rows as CSV and as NDJSON", downloaded),
        ("A statement that is wrong", wrong_statement),
        ("A statement is cancelled", cancelled),
        ("The stored data source is tested again", tested_again),
        ("Moved to another SSH host, whose key is asked about", moved),
        ("Changed to a hostile name, with its secrets kept", renamed),
        ("The list, searched and filtered", listed),
        ("By keyboard alone", by_keyboard),
        ("Deleted, after asking", deleted),
        ("A file is connected, asked and deleted", a_file),
        ("The API's own page: every call, filtered and tried", the_api),
        ("A data source that is not there", gone),
        ("No error, no breach of the policy, no request to anybody else", quiet),
    ]:
        steps.step(name, body)
finally:
    web.close()
sys.exit(1 if steps.complained else 0)
