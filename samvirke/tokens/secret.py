"""The secret of a token: a word that is shown once and never kept.

Duty: make secrets, and turn one into the digest that is kept. Level 3; pure functions but for the randomness.

    smv_ + 43 letters and digits (256 random bits) + 6 letters and digits (CRC-32 of what stands before)

The beginning and the checksum let programs that look for secrets in the wrong places find ours and nothing else, with
`smv_[0-9A-Za-z]{49}`. Letters and digits only, so that a double click takes the whole word.
Source: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

__all__ = ["BEGINNING", "digest", "is_secret", "new_secret"]

BEGINNING = "smv_"
_BYTES = 32
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 43
"""62**43 is the first power above 2**256."""
_CHECK_LENGTH = 6
_SHAPE = re.compile(rf"{BEGINNING}[0-9A-Za-z]{{{_LENGTH + _CHECK_LENGTH}}}", re.ASCII)


def new_secret() -> str:
    """Return a secret that nobody has seen, from the kernel's randomness."""
    word = BEGINNING + _spelled(int.from_bytes(secrets.token_bytes(_BYTES)), _LENGTH)
    return word + _check(word)


def is_secret(text: str) -> bool:
    """Say whether a text has the form of a secret, checksum included: whether a scanner may cry out."""
    return bool(_SHAPE.fullmatch(text)) and text[-_CHECK_LENGTH:] == _check(text[:-_CHECK_LENGTH])


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal: all that is kept of it.

    Neither salt nor a slow hash: those protect words that people choose, of which a list of guesses holds many.
    Of 256 random bits no list holds one, and a slow hash would only let strangers keep the server busy.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _check(word: str) -> str:
    return _spelled(zlib.crc32(word.encode("ascii")), _CHECK_LENGTH)


def _spelled(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        letters = _DIGITS[digit] + letters
    return letters
