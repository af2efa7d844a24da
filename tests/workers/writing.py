"""What workers write pages with in these tests: named to them, as the web names what it has."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


class Pages:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def page(self, store, iri, lang):
        what, _, more = iri.rpartition(":")
        if what == "none":
            return None
        if what == "sleep":
            time.sleep(float(more))
        if what == "mistake":
            raise ValueError(more)
        if what == "die":
            os.kill(os.getpid(), int(more))
        if what == "once":  # Dies of it the first time.
            try:
                Path(more).unlink()
            except FileNotFoundError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        text = (self.directory / more).read_text(encoding="utf-8") if what == "read" else iri
        return {"process": os.getpid(), "quads": len(store.store)}, [text, lang]


def load(directory, schema):
    return Pages(directory)
