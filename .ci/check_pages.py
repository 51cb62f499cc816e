"""Walks through the resident's and the officer's page in headless Chromium, as their users do, and says what it saw.

Usage: check_pages.py LOCKGATE WORK: the program, and a folder for data, profiles and screenshots. Ends with status 1 at the first thing
that is not as it should be. All traffic stays on the loopback interface.
"""

import io
import json
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import zxingcpp
from axe_core_python.selenium import Axe
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

LOCKGATE, WORK = sys.argv[1], Path(sys.argv[2])
NOW = "2020-04-03T12:00"
PHONE = (360, 640)
PATIENCE_S = 20


def say(text):
    print(f"pages: {text}", flush=True)


@contextmanager
def server(scheme):
    """A server on a free port; yields its address and a function that stops it (by its own process) before the end."""
    arguments = [LOCKGATE, "serve", "--listen", "127.0.0.1:0", "--scheme", scheme, "--now", NOW, "--data", str(WORK / scheme)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def stop():
        process.terminate()
        process.wait(timeout=20)

    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found.group(), stop
                break
        else:
            raise SystemExit(f"the server for {scheme} did not start")
    finally:
        if process.poll() is None:
            stop()


@contextmanager
def browser(language="en-GB"):
    """A phone-sized Chromium with a profile of its own that reaches nothing but the loopback interface."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    profile = WORK / f"profile-{time.monotonic_ns()}"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
        f"--lang={language}", f"--accept-lang={language}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.add_experimental_option("mobileEmulation", {"deviceMetrics": {"width": PHONE[0], "height": PHONE[1], "pixelRatio": 2.0}})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def until(driver, what, seen):
    """Waits until `seen()` is true; `what` names it when it never is."""
    def look(_):
        try:
            return seen()
        except Exception:  # the page is still changing
            return False
    try:
        return WebDriverWait(driver, PATIENCE_S, poll_frequency=0.05).until(look)
    except Exception:
        driver.save_screenshot(str(WORK / "failed.png"))
        body = driver.find_element(By.TAG_NAME, "body").text
        raise SystemExit(f"never seen: {what}\n--- the page says\n{body}\n--- the console\n{driver.get_log('browser')}") from None


def one(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def text(driver, selector):
    return one(driver, selector).text


def quiet(driver, where):
    """Neither an error in the console nor a fault that axe finds nor a page wider than the phone."""
    errors = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE" and "net::ERR" not in entry["message"]]
    # A refusal is an answer: Chromium logs every 4xx as an error of the network.
    errors = [entry for entry in errors if "the server responded with a status of" not in entry["message"]]
    assert not errors, f"{where}: errors in the console: {errors}"
    wide = driver.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where}: {wide} pixels wider than a phone of {PHONE[0]}"
    faults = Axe().run(driver)["violations"]
    assert not faults, f"{where}: " + json.dumps([(f["id"], f["help"], [n["html"] for n in f["nodes"]]) for f in faults], indent=1)


def picture(driver, name):
    driver.save_screenshot(str(WORK / f"{name}.png"))


def register(driver, base, document):
    """By keyboard alone: Tab to the field, type, Enter."""
    driver.get(base + "/")
    until(driver, "the form for registering", lambda: one(driver, "#document").is_displayed())
    quiet(driver, "registering")
    body = one(driver, "body")
    for _ in range(8):
        body.send_keys(Keys.TAB)
        focused = driver.switch_to.active_element
        if focused.get_attribute("id") == "document":
            break
        body = focused
    else:
        raise SystemExit("the field for the document cannot be reached with the Tab key")
    driver.switch_to.active_element.send_keys(document, Keys.ENTER)
    until(driver, "the form for a pass", lambda: one(driver, "#purpose").is_displayed())


def ask(driver, purpose):
    """Asks for a pass and gives back the code that its card shows."""
    before = len(driver.find_elements(By.CSS_SELECTOR, ".card"))
    Select(one(driver, "#purpose")).select_by_value(purpose)
    one(driver, "#ask button").click()
    until(driver, f"the card of a pass for {purpose}", lambda: len(driver.find_elements(By.CSS_SELECTOR, ".card")) == before + 1)
    image = one(driver, ".card .qr")
    assert image.get_attribute("aria-label"), "the QR code has no name for a screen reader"
    code = one(driver, ".card .code").get_property("textContent")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
    seen = zxingcpp.read_barcodes(Image.open(io.BytesIO(image.screenshot_as_png)).convert("L"))
    assert [found.text for found in seen] == [code], f"the QR code reads {[found.text for found in seen]}, the card says {code}"
    assert re.search(r"\d", text(driver, ".card .left")), "the card does not say how long the pass holds"
    return code


def verdict(driver, code):
    """What the officer's page makes of `code`: the verdict and all it says."""
    box = one(driver, "#verdict")
    one(driver, "#next").click()
    until(driver, "no verdict", lambda: box.get_attribute("data-verdict") == "none")
    one(driver, "#code").send_keys(code, Keys.ENTER)
    until(driver, f"a verdict on {code[:12]}...", lambda: box.get_attribute("data-verdict") != "none")
    return box.get_attribute("data-verdict"), box.text


def expect(found, wanted, *words):
    kind, said = found
    assert kind == wanted and all(word in said for word in words), f"wanted {wanted} with {words}, found {kind}: {said!r}"


def altered(code, place):
    """`code` with the letter at `place` replaced by another one of the alphabet."""
    return code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1:]


def open_officer(driver, base):
    driver.get(base + "/officer")
    until(driver, "the field for a code", lambda: one(driver, "#code").is_displayed())


def lookup():
    """The centre is asked: valid, given back, unknown, mistyped; then nothing, without it."""
    with server("lookup") as (base, stop), browser() as resident, browser() as officer:
        register(resident, base, "22 04 123456")
        code = ask(resident, "groceries")
        quiet(resident, "a pass")
        picture(resident, "resident")
        open_officer(officer, base)
        quiet(officer, "the officer's page")
        expect(verdict(officer, code), "valid", "VALID", "Groceries", "left", "by the centre")
        quiet(officer, "a verdict")
        picture(officer, "officer-valid")
        expect(verdict(officer, altered(code, 3)), "invalid", "NOT VALID")
        expect(verdict(officer, text(resident, ".card .spoken")), "valid", "VALID", "Groceries")
        expect(verdict(officer, "hello"), "invalid", "no code of a pass")
        one(resident, ".card .cancel").click()
        resident.switch_to.alert.accept()
        until(resident, "no card", lambda: not resident.find_elements(By.CSS_SELECTOR, ".card"))
        expect(verdict(officer, code), "invalid", "NOT VALID", "gave it back")
        picture(officer, "officer-cancelled")
        say("lookup: registered by keyboard, QR read back, verdicts right, given back")

        # The same wish again after a reload: the phone still knows its token.
        resident.refresh()
        until(resident, "the form for a pass", lambda: one(resident, "#purpose").is_displayed())
        ask(resident, "pharmacy")
        stop()
        expect(verdict(officer, code), "unknown", "NOT CHECKED", "cannot be reached")
        one(resident, "#ask button").click()
        until(resident, "what went wrong", lambda: text(resident, "#trouble") != "")
        say("lookup: without the centre both pages say so")


def signed():
    """Checked on the phone: one visit with the network, then without."""
    with server("signed") as (base, stop), browser() as resident, browser() as officer:
        register(resident, base, "22 04 654321")
        code = ask(resident, "groceries")
        quiet(resident, "a signed pass")
        picture(resident, "resident-signed")
        open_officer(officer, base)
        until(officer, "a worker", lambda: officer.execute_async_script("navigator.serviceWorker.ready.then(() => arguments[0](true))"))
        # The second load goes through the worker, which keeps keys and list.
        officer.refresh()
        until(officer, "the keys", lambda: officer.execute_async_script(
            "caches.match('/v1/keys').then((found) => arguments[0](found !== undefined))"))
        expect(verdict(officer, code), "valid", "VALID", "on this phone")
        counted = urllib.request.urlopen(base + "/metrics").read().decode()
        asked = re.findall(r'lockgate_requests_total\{route="verify",status="\w+"\} (\d+)', counted)
        assert all(count == "0" for count in asked), "a signed pass was sent to the centre"
        hidden = one(resident, ".card .salt").get_property("textContent")
        for number, wanted in (("2204654321", "belongs to this document"), ("22 04 654322", "does not belong")):
            one(officer, "#comparing").get_attribute("open") or one(officer, "#comparing summary").click()
            for field, typed in (("#number", number), ("#salt", hidden)):
                one(officer, field).clear()
                one(officer, field).send_keys(typed)
            one(officer, "#compare button").click()
            until(officer, wanted, lambda: wanted in text(officer, "#compared"))
        quiet(officer, "a document compared")
        stop()
        officer.refresh()
        until(officer, "the page without a network", lambda: one(officer, "#code").is_displayed())
        until(officer, "the keys without a network", lambda: "without a network" in officer.execute_script(
            "return document.getElementById('offline').textContent"))
        expect(verdict(officer, code), "valid", "VALID", "left", "on this phone")
        picture(officer, "officer-offline")
        for place in (5, len(code) // 2, len(code) - 2):
            expect(verdict(officer, altered(code, place)), "invalid", "NOT VALID")
        say(f"signed: {len(code)} characters, checked without a network, nothing sent, altered codes refused")


def blind():
    """The phone makes the token; the centre sees it once, and never who holds it."""
    with server("blind") as (base, _), browser() as resident, browser() as officer:
        register(resident, base, "22 04 777777")
        code = ask(resident, "groceries")
        picture(resident, "resident-blind")
        open_officer(officer, base)
        expect(verdict(officer, code), "valid", "VALID", "Groceries", "by the centre")
        expect(verdict(officer, code), "invalid", "NOT VALID", "used before")
        say(f"blind: {len(code)} characters, unblinded by the phone, good for one check")


def russian():
    """A phone set to Russian gets Russian; the other language is one tap away."""
    with server("lookup") as (base, _), browser("ru") as driver:
        driver.get(base + "/")
        until(driver, "Russian", lambda: "Регистрация" in text(driver, "#register h2"))
        assert driver.execute_script("return document.documentElement.lang") == "ru"
        quiet(driver, "Russian")
        picture(driver, "resident-russian")
        next(b for b in driver.find_elements(By.CSS_SELECTOR, "#languages button") if b.text == "English").click()
        until(driver, "English", lambda: "Register" in text(driver, "#register h2"))
        english, russian = driver.execute_async_script("import('/pages/words.js').then((m) => arguments[0](m.keys()))")
        assert english == russian, f"said in one language only: {set(english) ^ set(russian)}"
        say(f"both languages have the same {len(english)} texts")


if __name__ == "__main__":
    lookup()
    signed()
    blind()
    russian()
