"""An event loop for a test: in a thread of its own, for a browser's test may have left one running in this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor


def run(work: Coroutine):
    """What the coroutine returns or raises. ``asyncio.run`` itself refuses where the thread has a running loop:
    the browser driver keeps one for its whole session, and which tests share its process is chance."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
