"""Take the pictures of the README: `make screenshots`.

Serves this repository's site on a free port, opens one page in the system's Chromium and writes
docs/screenshot-*.png. Needs what the tests need.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGE = "en/id/nordisk-biblioteksnetvaerk"
PICTURES = {"entity": (1280, 860)}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")


def main() -> int:
    """Take the pictures; return the exit code."""
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser_path is None:
        print("Chromium is not installed. On Debian or Ubuntu: apt-get install chromium", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "samvirke", "--site", str(ROOT), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+/", server.stdout.readline())
        if found is None:
            return 1
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
            for name, (width, height) in PICTURES.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
                page.goto(found[0] + PAGE, wait_until="networkidle")
                target = ROOT / "docs" / f"screenshot-{name}.png"
                target.parent.mkdir(exist_ok=True)
                page.screenshot(path=target)
                print(target.relative_to(ROOT))
            browser.close()
    finally:
        server.terminate()
        server.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
