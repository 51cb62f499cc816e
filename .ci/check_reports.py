"""Looks at the pages of `report` as those do who read them: on a phone, on a screen, in light and dark, on paper.

Usage: check_reports.py FOLDER WORK: the folder with the pages (those of the tests, of made-up runs that hold every part a page can
have, with their pictures), and a folder for profiles, pictures and prints. Ends with status 1 at the first thing that is not as it should be.
"""

import base64
import sys
from pathlib import Path

from browsing import PHONE, chromium, fits, quiet

FOLDER, WORK = Path(sys.argv[1]), Path(sys.argv[2])
SCREENS = (PHONE, (768, 1024), (1100, 800), (1440, 900))
# On a screen of this width and more no table has to be scrolled.
WHOLE_FROM = 1100
# Between the margins of an A4 sheet at 96 pixels an inch: 210 mm less 14 on each side.
PAPER = (688, 1017)


def say(text):
    print(f"reports: {text}", flush=True)


def show(driver, size, media="screen", scheme="light"):
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def cut(driver):
    """The captions of tables that are wider than the room they have."""
    boxes = "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth)"
    return driver.execute_script(f"return {boxes}.map((box) => box.ariaLabel)")


def on_screens(driver, name):
    for size in SCREENS:
        for scheme in ("light", "dark"):
            show(driver, size, scheme=scheme)
            quiet(driver, f"{name} at {size[0]} pixels, {scheme}")
        if size[0] >= WHOLE_FROM:
            assert not cut(driver), f"{name} at {size[0]} pixels: tables are cut: {cut(driver)}"
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        (WORK / f"{name}-{size[0]}.png").write_bytes(base64.b64decode(picture["data"]))


def on_paper(driver, name):
    """At the size that it is written for: a browser shrinks a page that is wider than the sheet until it fits."""
    show(driver, PAPER, media="print")
    fits(driver, f"{name} on paper")
    assert not cut(driver), f"{name} on paper: tables are cut: {cut(driver)}"
    shut = driver.execute_script("return [...document.querySelectorAll('details > :not(summary)')].filter((part) => !part.checkVisibility({ contentVisibilityAuto: true })).length")
    assert shut == 0, f"{name} on paper: what is folded stays so"
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
    (WORK / f"{name}.pdf").write_bytes(base64.b64decode(printed["data"]))


def main():
    pages = sorted(FOLDER.glob("*.html"))
    assert pages, f"no page in {FOLDER}"
    with chromium(WORK / "profile-reports") as driver:
        for page in pages:
            driver.get(page.resolve().as_uri())
            on_screens(driver, page.stem)
            on_paper(driver, page.stem)
    say(f"{', '.join(page.stem for page in pages)}: {len(SCREENS)} screens in light and dark, and A4: nothing cut, nothing shrunk")


main()
