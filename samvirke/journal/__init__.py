"""The journal: every write that was accepted, one record each, on the disk before it is acknowledged.

Duty: append records, read them back, say what is damaged, add them up and take one back. Level 3; knows
no store, no web and no validator, and decides nothing about what may be written.
Every `folder` is the journal's own: `state / FOLDER`.
Source: https://afs.github.io/rdf-delta/rdf-patch.html
"""

from samvirke.journal.following import Followed
from samvirke.journal.history import net, touching, undo
from samvirke.journal.reading import check, last_sequence, read, whole_bytes
from samvirke.journal.records import FILE, FOLDER, Record, spelt
from samvirke.journal.writing import FREE_BYTES, Journal

__all__ = [
    "FILE",
    "FOLDER",
    "FREE_BYTES",
    "Followed",
    "Journal",
    "Record",
    "check",
    "last_sequence",
    "net",
    "read",
    "spelt",
    "touching",
    "undo",
    "whole_bytes",
]
