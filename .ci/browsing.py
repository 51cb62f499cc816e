"""A real browser for the checks of pages: headless Chromium, moved by its driver, that reaches nothing but the loopback interface."""

import json
from contextlib import contextmanager

from axe_core_python.selenium import Axe
from selenium import webdriver

PHONE = (360, 640)


@contextmanager
def chromium(profile, *more, phone=None, language="en-GB"):
    """Chromium with the folder `profile` for its own and the flags `more`; the size of a `phone` makes it one."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", *more,
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    if phone:
        metrics = {"width": phone[0], "height": phone[1], "pixelRatio": 2.0}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def quiet(driver, where):
    """Neither an error in the console nor a page wider than its window nor a fault that axe finds."""
    errors = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE" and "net::ERR" not in entry["message"]]
    # A refusal is an answer: Chromium logs every 4xx as an error of the network.
    errors = [entry for entry in errors if "the server responded with a status of" not in entry["message"]]
    assert not errors, f"{where}: errors in the console: {errors}"
    fits(driver, where)
    faults = Axe().run(driver)["violations"]
    assert not faults, f"{where}: " + json.dumps([(f["id"], f["help"], [n["html"] for n in f["nodes"]]) for f in faults], indent=1)


def fits(driver, where):
    """The page is no wider than its window."""
    wide, room = driver.execute_script("const page = document.documentElement; return [page.scrollWidth, page.clientWidth]")
    assert wide <= room, f"{where}: {wide - room} pixels wider than the {room} there are"
