"""An answer on its way out, in whatever way it was made.

Duty: one value between those who make answers and those who send them. Level 7; knows no framework.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samvirke.workers.answers import Body

__all__ = ["Reply"]


@dataclass(slots=True)
class Reply:
    """A whole answer. `body` is its bytes, or a body that may lie on disk; `path` instead a file to be sent as it is.

    Header names are in the usual spelling or in lower case; `Content-Length` is not among them.
    `settled`: it goes out like this, for it is coded and kept as far as it can be.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Body = b""
    path: str = ""
    settled: bool = False

    def header(self, name: str) -> str | None:
        """Return the value of a header, the values of several joined; `name` in lower case."""
        found = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(found) if found else None

    def replace(self, name: str, value: str) -> None:
        """Set a header in place of all of its name."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        self.headers.append((name, value))

    @property
    def length(self) -> int:
        """Return the size of the body in bytes; of a file's it is not known here."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.length
