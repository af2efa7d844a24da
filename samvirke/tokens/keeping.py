"""The file of tokens: `tokens.json` in the state folder.

Duty: read it, and replace it whole. Level 3. Each token has its name, the digest of its secret, when it was made and
when it ends, its scope and its rate; the secret itself is nowhere. Whatever the moment at which a
change is killed or the disk is full, the file is the old one or the new one: a second file, on disk
before it takes the name. Only its owner may read it (mode 0600).

    tokens.json     the tokens
    tokens.lock     held (flock) by the one command that changes them
    .tokens-…       unfinished; removed by the next change, under the lock

Standard: rename(2) of POSIX, https://pubs.opengroup.org/onlinepubs/9699919799/functions/rename.html
"""

from __future__ import annotations

import fcntl
import hmac
import os
import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from samvirke.errors import NotFound, StoreDamaged, StoreError, WrongUse
from samvirke.tokens.form import MOST_PER_MINUTE, Odd, Token, decoded, encoded, is_name, moment
from samvirke.tokens.scope import VERBS
from samvirke.tokens.secret import digest, new_secret

__all__ = ["FILE", "Tokens", "issue", "read_tokens", "revoke"]

FILE = "tokens.json"
_LOCK = "tokens.lock"
_UNFINISHED = ".tokens-"
_MOST_BYTES = 8 << 20


class Tokens:
    """The tokens of a running server: read again whenever the file is another, so that revoking needs no restart."""

    def __init__(self, state: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = state / FILE
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: tuple[tuple[int, ...] | None, tuple[Token, ...]] | None = None

    def all(self) -> tuple[Token, ...]:
        """Return the tokens. Raises: what `read_tokens` raises, each time until the file is repaired."""
        with self._lock:
            mark = _mark(self._path)
            if self._seen is None or self._seen[0] != mark:
                self._seen = None
                # Marked before it is read: a change in between is read the next time.
                self._seen = (mark, read_tokens(self._state))
            return self._seen[1]

    def find(self, secret: str) -> Token | None:
        """Return the token of a secret, also one that has expired (see `good`); None when there is none.

        How long that takes depends on how many tokens there are, and on nothing else: the digest is compared with
        every one of them, each time over its whole length.
        """
        given = digest(secret)
        found = None
        for token in self.all():
            if hmac.compare_digest(given, token.sha256):
                found = token
        return found

    def good(self, token: Token) -> bool:
        """Say whether a token has not expired by now."""
        return not token.expired(self._clock())


def _mark(path: Path) -> tuple[int, ...] | None:
    """Return what tells one file from the one that replaced it, None for no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    return (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)


def read_tokens(state: Path) -> tuple[Token, ...]:
    """Return the tokens of a state folder in the order in which they were made; none where there is no file.

    Raises: StoreDamaged when the file is not as it was written; StoreError when it cannot be read.
    """
    path = state / FILE
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read: {error.strerror}.", remedy="Let the server's user read it."
        ) from error
    try:
        if len(data) > _MOST_BYTES:
            raise Odd(f"it has more than {_MOST_BYTES} bytes")
        return decoded(data)
    except Odd as error:
        raise StoreDamaged(
            f"{path} is damaged: {error}. Nobody can write.",
            remedy="Put a copy back, or delete it and make new tokens with `samvirke token create`.",
        ) from error


def issue(
    state: Path, name: str, *, scope: Mapping[str, Sequence[str]], expires: datetime | None, rate: int, now: datetime
) -> tuple[Token, str]:
    """Make a token; return it with its secret, which nobody can find out again.

    Writes: tokens.json, and the state folder where there is none.
    Raises: WrongUse when the name is taken or none, or the token would be good for nothing; StoreDamaged and
    StoreError, and then nothing has changed.
    """
    name = unicodedata.normalize("NFC", name.strip())
    if not is_name(name):
        raise WrongUse(
            f"“{name[:80]}” is not the name of a token.",
            remedy="Use up to 64 letters and digits, with . @ + - _ and spaces between them.",
        )
    if not scope or not all(scope.values()):
        raise WrongUse("The token permits nothing.", remedy=f"Name what it may do: {', '.join(VERBS)}.")
    if expires is not None and expires <= now:
        raise WrongUse(f"The token would have expired at {moment(expires)}.", remedy="Name a time to come.")
    if not 1 <= rate <= MOST_PER_MINUTE:
        raise WrongUse(f"{rate} writes a minute is not a rate from 1 to {MOST_PER_MINUTE}.")
    secret = new_secret()
    kept = MappingProxyType({verb: tuple(graphs) for verb, graphs in scope.items()})
    token = Token(name, digest(secret), now.replace(microsecond=0), expires, kept, rate)
    with _changing(state) as tokens:
        taken = next((one for one in tokens if one.name.casefold() == name.casefold()), None)
        if taken is not None:
            raise WrongUse(
                f"There is a token “{taken.name}” already{', expired' if taken.expired(now) else ''}.",
                remedy="Choose another name, or revoke that one first.",
            )
        _replace(state, (*tokens, token))
    return token, secret


def revoke(state: Path, name: str) -> Token:
    """Take a token away, and return what it was. A running server refuses it from its next request on.

    Raises: NotFound when there is none of that name; StoreDamaged and StoreError, and then nothing has changed.
    """
    name = unicodedata.normalize("NFC", name.strip())
    with _changing(state) as tokens:
        found = next((token for token in tokens if token.name == name), None)
        if found is None:
            remedy = "`samvirke token list` lists them." if tokens else "There are no tokens."
            raise NotFound(f"There is no token “{name}”.", remedy=remedy)
        _replace(state, [token for token in tokens if token is not found])
    return found


# ------------------------------------------------------------ changing it


@contextmanager
def _changing(state: Path) -> Iterator[tuple[Token, ...]]:
    """Hold the tokens for one change, and clear away what a killed one left; give the tokens as they are.

    The lock is a file of its own, since the lock of builds is held for as long as a build takes.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(state / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(error, state) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in state.glob(f"{_UNFINISHED}*"):
            left.unlink(missing_ok=True)
        yield read_tokens(state)
    except OSError as error:
        raise _unwritable(error, state) from error
    finally:
        os.close(descriptor)


def _replace(state: Path, tokens: Sequence[Token]) -> None:
    """Put a new file in the place of the old one, in one step that survives a power cut."""
    unfinished = state / f"{_UNFINISHED}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        # With its rights from the start: a file that is closed to others afterwards was open for a moment.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(encoded(tokens))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(state / FILE)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    try:
        folder = os.open(state, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(
            f"The tokens in {state} are changed, but the disk does not say that it keeps them: {error.strerror}.",
            remedy="See what `samvirke token list` says after the next start of the machine.",
        ) from error


def _unwritable(error: OSError, state: Path) -> StoreError:
    return StoreError(
        f"The tokens in {state} cannot be written: {error.strerror or error}. They are as they were.",
        remedy="Make room, or let this user write there.",
    )
