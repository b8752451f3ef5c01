"""A real Chromium for the console's tests: waits for conditions, takes pictures, and asks axe-core."""

import json
import os
import shutil
import sys
import time

from axe_playwright_python.base import AXE_FILE_PATH
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

# There for what hangs; nothing is expected to take as long, on whatever machine.
PATIENCE = float(os.environ.get("WELLHEAD_PATIENCE", 180))
WIDTHS = (360, 900, 1600)
SCHEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Browser:
    """One window, and the folder that its pictures and downloads go to."""

    def __init__(self, address, folder):
        self.address = address
        self.folder = folder
        self.downloads = os.path.join(folder, "downloads")
        # What an earlier run saved would be taken for what this one did not save.
        shutil.rmtree(self.downloads, ignore_errors=True)
        os.makedirs(self.downloads)
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            # Animations would make pictures differ and cost time; the page knows this wish.
            "--force-prefers-reduced-motion",
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {
            "download.default_directory": self.downloads, "download.prompt_for_download": False,
            "credentials_enable_service": False,
        })
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        # A page that lives long asks for more than the 250 that are listed by default.
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {
            "source": "performance.setResourceTimingBufferSize(100000)",
        })
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self.axe = open(AXE_FILE_PATH, encoding="utf-8").read()
        self.complaints = []
        self.size(1280, 900)

    def close(self):
        self.driver.quit()

    # Finding and waiting

    def until(self, what, condition):
        """Waits until the condition gives something, and gives it."""
        def attempt(_):
            try:
                return condition()
            except StaleElementReferenceException:
                return False
        try:
            return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05).until(attempt)
        except TimeoutException:
            raise AssertionError(f"it did not come true: {what}; the page says: {self.text('main')[:1500]}") from None

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        return self.until(selector, lambda: next((e for e in self.all(selector) if e.is_displayed()), None))

    def text(self, selector):
        found = self.all(selector)
        return found[0].text if found else ""

    def reads(self, selector, words):
        return self.until(f"{selector} reads {words!r}", lambda: words in self.text(selector))

    def labelled(self, label):
        """The control that a person finds by its label."""
        def search():
            for element in self.all("label"):
                if element.get_attribute("for") and element.is_displayed() and element.text.strip() == label:
                    return self.driver.find_element(By.ID, element.get_attribute("for"))
            return None
        return self.until(f"a field {label!r}", search)

    def button(self, name):
        """The button or link that a person finds by its name."""
        def search():
            for element in self.all("button, a.button, a"):
                if element.is_displayed() and element.text.strip() == name:
                    return element
            return None
        return self.until(f"a button {name!r}", search)

    def choose(self, name, value):
        """A radio button, by its group and value."""
        self.press(self.find(f"label:has(input[name={name}][value={value}])"))

    def type(self, label, text):
        field = self.labelled(label)
        field.clear()
        field.send_keys(text)
        return field

    def click(self, name):
        self.press(self.button(name))

    def press(self, element):
        """Clicks in the middle of the window, where nothing that stays at its edges lies over it."""
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        self.until(f"{element.text!r} can be pressed", element.is_enabled)
        element.click()

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    # Looking

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False,
        })

    def scheme(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
        ]})

    def look(self, name):
        """Pictures of what is shown at every width in both schemes; complains of what axe finds and of what is too wide."""
        import base64
        for scheme in SCHEMES:
            self.scheme(scheme)
            for width in WIDTHS:
                self.size(width, 900)
                self.script("window.scrollTo(0, 0)")
                self.settle()
                wide = self.script("return document.scrollingElement.scrollWidth")
                if wide > width:
                    self.complaints.append(f"{name} is {wide} px wide at {width} px")
                # Twice the rules: the layouts differ. The widest adds none to what 900 px shows.
                if width != WIDTHS[-1]:
                    self.complaints += [f"{name}, {scheme}, {width} px: {line}" for line in self.violations()]
                picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True,
                    "clip": {"x": 0, "y": 0, "width": width, "height": min(self.script("return document.scrollingElement.scrollHeight"), 6000), "scale": 1}})
                with open(os.path.join(self.folder, f"{name}-{scheme}-{width}.png"), "wb") as file:
                    file.write(base64.b64decode(picture["data"]))
        self.scheme("light")
        self.size(1280, 900)

    def settle(self):
        """Waits until what was changed is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => Promise.allSettled(document.getAnimations().map((a) => a.finished))"
            ".then(() => requestAnimationFrame(() => done())));")

    def violations(self):
        """What axe-core finds on the page as it is now."""
        if not self.script("return Boolean(window.axe)"):
            self.script(self.axe)
        result = self.driver.execute_async_script(
            "const done = arguments[1];"
            "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']}).then(done, (e) => done({error: String(e)}));",
            RULES)
        if "error" in result:
            return [f"axe failed: {result['error']}"]
        return [
            f"{one['id']} ({one['impact']}): {one['help']}: {node['html'][:160]} {json.dumps(node.get('any') and node['any'][0]['message'])}"
            for one in result["violations"] for node in one["nodes"]
        ]

    def console_errors(self):
        """What the page wrote to its console: refused resources, errors of scripts, breaches of the policy."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]


class Steps:
    """Runs the steps of a journey and tells of each how it went: one line on standard output."""

    def __init__(self, browser):
        self.browser = browser
        # Whether the journey cannot go on, and whether anything was wrong on it.
        self.failed = False
        self.complained = False

    def step(self, name, body):
        if self.failed:
            self.complained = True
            print(f"skipped\t{name}", flush=True)
            return
        began = time.monotonic()
        try:
            self.browser.complaints = []
            body()
            if self.browser.complaints:
                raise AssertionError("\n    ".join(self.browser.complaints))
            print(f"passed\t{name}\t{time.monotonic() - began:.1f} s", flush=True)
        except (AssertionError, WebDriverException, OSError, KeyError) as error:
            # What was only looked at and found wanting does not keep the journey from going on.
            self.failed = not self.browser.complaints
            self.complained = True
            print(f"failed\t{name}\t{type(error).__name__}: {error}", flush=True)
            self.browser.driver.save_screenshot(os.path.join(self.browser.folder, "failed.png"))


def configuration():
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)
