"""Walks through the resident's and the officer's page in headless Chromium, as their users do, and says what it saw.

Usage: check_pages.py LOCKGATE WORK: the program, and a folder for data, profiles and screenshots. Ends with status 1 at the first thing
that is not as it should be. All traffic stays on the loopback interface.
"""

import hashlib
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
from browsing import PHONE, chromium, quiet
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

LOCKGATE, WORK = sys.argv[1], Path(sys.argv[2])
NOW = "2020-04-03T12:00"
PATIENCE_S = 20


def say(text):
    print(f"pages: {text}", flush=True)


@contextmanager
def server(scheme, *more, data=None, address="http://127.0.0.1:0"):
    """A server, by default on a free port; yields its address and a function that stops it (by its own process) before the end. `more`
    are flags besides. One that was stopped goes on with its `data` at its `address`."""
    listen = address.removeprefix("http://")
    arguments = [LOCKGATE, "serve", "--listen", listen, "--scheme", scheme, "--now", NOW, "--data", str(WORK / (data or scheme)), *more]
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


def failing(fault):
    """Flags of a server that lets something go wrong on purpose."""
    return "--rehearsal", "--inject", fault


def staff(**roles):
    """A file of staff whose tokens are their names, and the flags that name it."""
    file = WORK / f"{'-'.join(roles)}.toml"
    entry = '[[staff]]\nname = "{}"\nrole = "{}"\ntoken_sha256 = "{}"\n'.format
    file.write_text("".join(entry(name, role, hashlib.sha256(name.encode()).hexdigest()) for name, role in roles.items()))
    return "--staff", str(file)


def post(base, path, token=None, key=None, **body):
    """What a program is answered that posts `body`."""
    headers = {"Content-Type": "application/json", "Authorization": token and f"Bearer {token}", "Idempotency-Key": key}
    headers = {name: value for name, value in headers.items() if value}
    request = urllib.request.Request(base + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))


@contextmanager
def browser(language="en-GB", *more):
    """A phone of somebody who reads `language`, with a profile of its own. `more` are flags besides."""
    with chromium(WORK / f"profile-{time.monotonic_ns()}", f"--lang={language}", f"--accept-lang={language}", *more, phone=PHONE, language=language) as driver:
        yield driver


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


def offline(driver):
    """What the officer's page says of its use without a network."""
    return driver.execute_script("return document.getElementById('offline').textContent")


def ready(driver):
    until(driver, "that signed passes can be checked without a network", lambda: "Ready" in offline(driver))


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
        ready(officer)
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
        ready(officer)
        expect(verdict(officer, code), "valid", "VALID", "left", "on this phone", "was not withdrawn when")
        picture(officer, "officer-offline")
        for place in (5, len(code) // 2, len(code) - 2):
            expect(verdict(officer, altered(code, place)), "invalid", "NOT VALID")
        say(f"signed: {len(code)} characters, checked without a network after one visit, nothing sent, altered codes refused")


def tampered(driver, script):
    """Runs `script` on the `store` in which the officer's phone keeps keys and lists, and opens the page again."""
    opened = "const [name] = await caches.keys(); const store = await caches.open(name);"
    driver.execute_async_script(f"(async () => {{ {opened} {script} }})().then(arguments[0])")
    # What the browser itself has kept for a minute would stand in for what is missing.
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.refresh()
    ready(driver)


def withdrawn():
    """What was withdrawn before the visit is refused without a network, and nothing is called good by a list that is missing, another's or too old."""
    later_s = 25 * 3600
    more = (*staff(chief="administrator", deputy="administrator"), "--set", "policy.advance_h=48")
    with server("signed", *more, data="withdrawn") as (base, stop), browser() as officer:
        now_s = json.load(urllib.request.urlopen(base + "/v1/time"))["now_s"]
        token = post(base, "/v1/residents", document="22 04 112233", channel="web")["token"]
        wishes = {"gone": {}, "good": {}, "tomorrow": {"valid_from_s": now_s + later_s}}
        passes = {key: post(base, "/v1/passes", token, key, purpose="groceries", **wish) for key, wish in wishes.items()}
        what = {"passes": [passes["gone"]["pass"]]}
        proposal = post(base, "/v1/admin/revocations", "chief", what=what, reason="sold")["proposal"]
        assert post(base, f"/v1/admin/revocations/{proposal}/approval", "deputy") == {"revoked": 1}
        open_officer(officer, base)
        ready(officer)
        stop()
        officer.refresh()
        ready(officer)
        expect(verdict(officer, passes["gone"]["code"]), "invalid", "NOT VALID", "It was withdrawn")
        picture(officer, "officer-withdrawn")
        expect(verdict(officer, passes["good"]["code"]), "valid", "Withdrawn passes known up to")
        expect(verdict(officer, passes["tomorrow"]["code"]), "invalid", "Its time has not come")
        # A day later the list must no longer be used.
        ahead = "localStorage.setItem('lockgate.clock_ahead_s', Number(localStorage.getItem('lockgate.clock_ahead_s')) + {})"
        tampered(officer, ahead.format(later_s + 60))
        assert "withdrawn passes: not known" in offline(officer), offline(officer)
        expect(verdict(officer, passes["tomorrow"]["code"]), "valid", "Withdrawn passes are not known here")
        # The list of these passes stands in the place of another one, first of the only one that is named; its own place is empty.
        named = "await store.put('/v1/revocations', Response.json({{ lists: {}.map((list) => ({{ list, uri: `/v1/revocations/${{list}}` }})), ttl_s: 60 }}));"
        tampered(officer, ahead.format(-later_s - 60) + """;
            await store.put("/v1/revocations/1", await store.match("/v1/revocations/0"));
            await store.delete("/v1/revocations/0");""" + named.format([1]))
        assert "withdrawn passes: not known" in offline(officer), offline(officer)
        tampered(officer, named.format([0, 1]))
        expect(verdict(officer, passes["good"]["code"]), "valid", "Withdrawn passes are not known here")
        say("withdrawn: refused without a network; a list that is missing, another's or too old vouches for nothing")


def refused():
    """The officer's page says why the centre has not checked a code, and asks a busy one again by itself."""
    busy = "The centre is busy and has not"
    with server("lookup", data="elsewhere") as (base, _):
        token = post(base, "/v1/residents", document="22 04 445566", channel="web")["token"]
        stranger = post(base, "/v1/passes", token, "stranger", purpose="groceries")["spoken"]
    with browser() as officer:
        with server("lookup", *staff(gate="officer", callers="operator"), data="refused") as (base, _):
            open_officer(officer, base)
            for _ in range(30):
                post(base, "/v1/verifications", "gate", code=stranger)
            one(officer, "#settings summary").click()
            for typed, said in (("", "wants an officer's token"), ("callers", "This token is not an officer's"), ("gate", "Scan the QR code, or wait")):
                one(officer, "#token").clear()
                one(officer, "#token").send_keys(typed, Keys.TAB)
                expect(verdict(officer, stranger), "unknown", "NOT CHECKED", said)
            quiet(officer, "a refusal")
        one(officer, "#next").click()
        one(officer, "#code").send_keys(stranger)
        # Asked again after two seconds at the soonest, by when the server is back.
        with server("lookup", *failing("outage=1900ms@0s"), data="refused", address=base):
            one(officer, "#code").send_keys(Keys.ENTER)
            until(officer, "that the page asks again", lambda: "Asking again in" in text(officer, "#verdict"))
            until(officer, "the verdict of the second time", lambda: "No such pass was issued" in text(officer, "#verdict"))
        with server("lookup", *failing("outage=600s@0s"), data="refused", address=base):
            one(officer, "#next").click()
            one(officer, "#code").send_keys(stranger, Keys.ENTER)
            until(officer, "that the centre is busy", lambda: busy in text(officer, "#verdict"))
        with server("lookup", *failing("errors=1"), data="refused", address=base):
            expect(verdict(officer, stranger), "unknown", "NOT CHECKED", "Something went wrong at the centre")
        expect(verdict(officer, stranger), "unknown", "NOT CHECKED", "cannot be reached")
        say("refused: each status has its sentence; a busy centre was asked again")


def repeated():
    """A wish whose answer says nothing of what was done is asked again under the same key, and so fulfilled once."""
    kept = "return JSON.parse(localStorage.getItem('lockgate.resident')).asking?.key ?? null"
    with browser() as resident:
        with server("lookup", data="repeated") as (base, _):
            register(resident, base, "22 04 998877")
            assert resident.execute_script(kept) is None, "a registration that was answered is kept as a wish"
        keys = set()
        slow = (*failing("latency=2s"), "--request-timeout", "1s")
        for flags, said in ((failing("errors=1"), "Something went wrong"), (slow, "Too many ask")):
            with server("lookup", *flags, data="repeated", address=base):
                one(resident, "#ask button").click()
                until(resident, said, lambda: said in text(resident, "#trouble"))
                keys.add(resident.execute_script(kept))
        assert len(keys) == 1 and None not in keys, f"the key of a wish that was not answered changed: {keys}"
        with server("lookup", data="repeated", address=base):
            ask(resident, "groceries")
            assert resident.execute_script(kept) is None, "a wish that was answered is still kept"
        say("repeated: after 500 and 503 the same key, and one pass")


# Reads a code as the browser's own reader would, once the camera shows a picture; Chromium has none on Linux.
READER = """
window.BarcodeDetector = class {
  constructor({ formats }) { this.reads = formats.includes("qr_code"); }
  async detect(video) {
    const stream = video.srcObject;
    if (!this.reads || video.hidden || video.videoWidth === 0 || !stream?.active) throw new Error("no picture");
    window.streams = [...new Set(window.streams ?? []).add(stream)];
    return window.shown ? [{ rawValue: window.shown }] : [];
  }
};
"""


def camera():
    """The camera reads a code and is off afterwards. Camera and reader are stand-ins, what lies between is the page's."""
    flags = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with server("lookup", data="camera") as (base, _), browser("en-GB", *flags) as officer:
        token = post(base, "/v1/residents", document="22 04 334455", channel="web")["token"]
        code = post(base, "/v1/passes", token, "camera", purpose="groceries")["code"]
        officer.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": READER})
        open_officer(officer, base)
        button, video = one(officer, "#scan"), one(officer, "#camera")
        off = "return window.streams.every((stream) => stream.getTracks().every((track) => track.readyState === 'ended'))"
        # Stopped by hand, then by the code that it has read.
        for by_hand in (True, False):
            officer.execute_script("window.streams = []")
            assert button.text == "Scan with the camera" and not video.is_displayed()
            button.click()
            until(officer, "a picture", lambda: officer.execute_script("return window.streams.length === 1"))
            assert video.is_displayed() and not officer.execute_script(off)
            quiet(officer, "the camera")
            if by_hand:
                assert button.text == "Stop the camera"
                button.click()
            else:
                officer.execute_script("window.shown = arguments[0]", code)
                until(officer, "the verdict", lambda: one(officer, "#verdict").get_attribute("data-verdict") == "valid")
            until(officer, "the camera off", lambda: officer.execute_script(off) and not video.is_displayed())
        expect(("valid", text(officer, "#verdict")), "valid", "VALID", "Groceries", "by the centre")
        assert one(officer, "#code").get_property("value") == code
        say("camera: offered, shown, stopped by hand and by a code that it read")


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
    with server("lookup", data="russian") as (base, stop), browser("ru") as driver:
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
        # The other page, with what it says longest; the language is the phone's again.
        driver.execute_script("localStorage.removeItem('lockgate.language')")
        code = post(base, "/v1/passes", post(base, "/v1/residents", document="22 04 556677", channel="web")["token"], "ru", purpose="pharmacy")["code"]
        open_officer(driver, base)
        assert (driver.title, text(driver, "#next")) == ("Проверка пропуска", "Следующий")
        one(driver, "#settings summary").click()
        quiet(driver, "the officer's page in Russian")
        expect(verdict(driver, code), "valid", "ДЕЙСТВУЕТ", "Аптека", "осталось", "Проверено в центре")
        quiet(driver, "a verdict in Russian")
        picture(driver, "officer-russian")
        expect(verdict(driver, "hello"), "invalid", "НЕ ДЕЙСТВУЕТ", "не код пропуска")
        stop()
        expect(verdict(driver, code), "unknown", "НЕ ПРОВЕРЕН", "Центр недоступен")
        quiet(driver, "without the centre in Russian")
        say("the officer's page in Russian: as wide as the phone, nothing that axe finds")


if __name__ == "__main__":
    lookup()
    signed()
    withdrawn()
    blind()
    refused()
    repeated()
    camera()
    russian()
