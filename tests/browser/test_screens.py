"""The look of eight page types on three screens, compared with the pictures in `screens/`.

Letters are drawn otherwise with other fonts or another Chromium. So the pictures carry the fingerprint of the machine
they were taken on – a line of text, drawn and hashed – and where that differs there is nothing to compare: skipped,
with the reason. After a change that is meant, take them anew:

    SAMVIRKE_SCREENS=take python -m pytest tests/browser/test_screens.py

What changes by itself (moments, versions, checksums) is taken out before a picture is taken. Pictures have 256 colours,
three bits for red and green and two for blue.
Source of the format: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import base64
import hashlib
import operator
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "screens"
FINGERPRINT = HERE / "fingerprint.txt"
TAKE = os.environ.get("SAMVIRKE_SCREENS") == "take"
THING = "/id/boligsocialt-og-kulturelt-netvaerk"
PAGES = {
    "home": "/",
    "list": "/class/network",
    "thing": THING,
    "search": "/search?q=bibliotek",
    "version": "/document/biblioteksnetvaerk-om-inkluderingsindsatser/2021-10-21",
    "question": "/queries/who-paid-in-year",
    "data": "/data",
    "about": "/about",
}
SCREENS = {"desk": (1280, 900, "light"), "tablet": (768, 900, "dark"), "phone": (390, 844, "light")}
MOST_DIFFERENT = 0.001
MOST_BYTES = 1_500_000
PALETTE = bytes(
    part for one in range(256) for part in ((one >> 5) * 255 // 7, (one >> 2 & 7) * 255 // 7, (one & 3) * 85)
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"

QUIET = r"""() => {
  const changing = new RegExp(['\\d{1,2}\\. \\p{L}+ \\d{4}( \\d\\d:\\d\\d)? UTC', '\\d{8}T\\d{6}Z-\\w+',
    '\\b[0-9a-f]{12,64}\\b', '\\d[\\d.,]*\\s(kB|MB|byte)'].join('|'), 'gu');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) text.data = text.data.replace(changing, '–');
  for (const one of document.querySelectorAll('footer p')) one.textContent = '–'; }"""
PIXELS = """async picture => {
  const image = new Image(); image.src = 'data:image/png;base64,' + picture; await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0); const all = pen.getImageData(0, 0, image.width, image.height).data;
  let text = ''; for (let at = 0; at < all.length; at += 4)
    text += String.fromCharCode(all[at] >> 5 << 5 | all[at + 1] >> 5 << 2 | all[at + 2] >> 6);
  return btoa(text); }"""
LETTERS = """() => { const canvas = document.createElement('canvas'); canvas.width = 900; canvas.height = 90;
  const pen = canvas.getContext('2d'); const families = getComputedStyle(document.body).fontFamily;
  pen.font = `28px ${families}`; pen.fillText('Æblegrød på Ærø, 2014–2018: “Sprogcaféer” × ⅓', 4, 34);
  pen.font = 'bold 28px monospace'; pen.fillText('SELECT ?ø { ?s ?p ?o }', 4, 76); return canvas.toDataURL(); }"""


def write_png(width: int, height: int, pixels: bytes) -> bytes:
    """Return a picture in 256 colours."""
    rows = b"".join(b"\x00" + pixels[at : at + width] for at in range(0, width * height, width))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", PALETTE),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return SIGNATURE + b"".join(chunks)


def read_png(data: bytes) -> tuple[int, int, bytes]:
    """Return width, height and pixels of a picture that `write_png` wrote."""
    assert data.startswith(SIGNATURE)
    at, packed, width, height = len(SIGNATURE), b"", 0, 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            width, height = struct.unpack(">II", data[at + 8 : at + 16])
        elif kind == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += 12 + size
    rows = zlib.decompress(packed)
    pixels = b"".join(rows[at : at + width] for at in range(1, len(rows), width + 1))
    return width, height, pixels


def different(one: bytes, other: bytes) -> float:
    """Return which part of the pixels differs; pictures of other sizes differ wholly."""
    return sum(map(operator.ne, one, other)) / max(1, len(one)) if len(one) == len(other) else 1.0


@pytest.fixture(scope="module")
def canvas(browser) -> Iterator[object]:
    """A page on which pictures are opened."""
    page = browser.new_page()
    yield page
    page.close()


def fingerprint(page) -> str:
    """What this machine's letters look like, and which Chromium draws them."""
    drawn = hashlib.sha256(page.evaluate(LETTERS).encode()).hexdigest()[:16]
    return f"{page.context.browser.version.partition('.')[0]} {drawn}"


def taken(context, canvas, address: str) -> bytes:
    """Take a picture of the window and reduce its colours."""
    page = context.new_page()
    page.goto(address)
    page.evaluate(QUIET)
    picture = base64.b64encode(page.screenshot(animations="disabled", caret="hide")).decode()
    page.close()
    return base64.b64decode(canvas.evaluate(PIXELS, picture))


@pytest.mark.parametrize("screen", SCREENS)
def test_pages_look_as_they_did(screen, site_address, browser, canvas, tmp_path):
    width, height, scheme = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        page = context.new_page()
        page.goto(f"{site_address}/da/")
        here = fingerprint(page)
        page.close()
        if TAKE:
            HERE.mkdir(exist_ok=True)
            FINGERPRINT.write_text(f"{here}\n", encoding="utf-8")
        known = FINGERPRINT.read_text(encoding="utf-8").strip()
        if known != here:
            pytest.skip(f"the pictures were taken with other fonts or another Chromium ({known}, here {here})")
        changed = {}
        for name, path in PAGES.items():
            pixels = taken(context, canvas, f"{site_address}/da{path}")
            file = HERE / f"{name}-{screen}.png"
            if TAKE:
                file.write_bytes(write_png(width, height, pixels))
            part = different(pixels, read_png(file.read_bytes())[2])
            if part > MOST_DIFFERENT:
                (tmp_path / file.name).write_bytes(write_png(width, height, pixels))
                changed[name] = f"{part:.2%} of the pixels; as it is now: {tmp_path / file.name}"
    finally:
        context.close()

    assert changed == {}


def test_eight_page_types_and_three_screens_in_few_bytes():
    pictures = sorted(path.name for path in HERE.glob("*.png"))

    assert len(PAGES) == 8
    assert pictures == sorted(f"{name}-{screen}.png" for name in PAGES for screen in SCREENS)
    assert sum(path.stat().st_size for path in HERE.glob("*.png")) <= MOST_BYTES


def test_pictures_are_read_as_they_were_written():
    pixels = bytes(range(256)) * 3

    assert read_png(write_png(64, 12, pixels)) == (64, 12, pixels)
    assert different(pixels, pixels) == 0
    assert different(pixels, b"\x07" + pixels[1:]) == 1 / 768
    assert different(pixels, pixels[:-1]) == 1
