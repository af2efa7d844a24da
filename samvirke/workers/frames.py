"""Messages between the processes: framed bytes on a stream, JSON lines on a control line.

Duty: put messages on a socket and take them off, so that a stream that was cut is always noticed.
Level 4.5; knows nothing of queries or stores. A frame is one byte of kind, four bytes of length
(big-endian) and the payload; an answer is any number of BODY frames and one END, LAST or ERROR frame.
An answer without its last frame is no answer. Several requests may be on their way; answers come in their order.
"""

from __future__ import annotations

import array
import contextlib
import json
import socket
import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

_HEAD = struct.Struct("!BI")
_LONGEST_FRAME = 64 << 20
_LONGEST_LINE = 64 << 10
BODY_BYTES = 64 << 10
"""Size of a BODY frame: large enough that framing costs nothing, small enough not to count as memory."""


class Kind(IntEnum):
    """What a frame carries."""

    REQUEST = 1
    BODY = 2
    END = 3
    ERROR = 4
    LAST = 5
    """What is to be told of an answer, and the last piece of it: most answers are this one frame."""
    CANCEL = 6
    """The requests before this one that are not begun yet are asked elsewhere. Answered with CANCELLED."""
    CANCELLED = 7
    USUAL = 8
    """A request that is not answered: those of kind SHORT are like it in all they do not say."""
    SHORT = 9


_KINDS = {int(kind): kind for kind in Kind}


class StreamCut(Exception):
    """The other side is gone before its message was complete."""


def frame(kind: Kind, payload: bytes) -> bytes:
    """Return one frame."""
    return _HEAD.pack(kind, len(payload)) + payload


def message_frame(kind: Kind, message: Mapping[str, Any]) -> bytes:
    """Return one frame whose payload is a JSON object."""
    return frame(kind, json.dumps(message, ensure_ascii=True).encode())


class FrameReader:
    """Takes frames off a stream; a small answer comes with one call of the kernel."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from a connected stream socket, whose timeout counts for each piece."""
        self._connection = connection
        self._pending = bytearray()

    def receive(self) -> tuple[Kind, bytes]:
        """Read one frame.

        Raises: StreamCut at the end of the stream, also in the middle of a frame.
        """
        pending = self._pending
        if len(pending) < _HEAD.size:
            self._gather(_HEAD.size)
        kind, length = _HEAD.unpack_from(pending)
        if length > _LONGEST_FRAME:
            raise StreamCut(f"a frame of {length} bytes is not one of ours")
        end = _HEAD.size + length
        if len(pending) < end:
            self._gather(end)
        payload = bytes(pending[_HEAD.size : end])
        del pending[:end]
        found = _KINDS.get(kind)
        if found is None:
            raise StreamCut(f"a frame of kind {kind} is not one of ours")
        return found, payload

    def called_off(self) -> int:
        """Forget the frames in line before the last CANCEL that has arrived, it included; return how many it were.

        Waits for nothing. Frames of other kinds stay in line.
        """
        with contextlib.suppress(BlockingIOError):
            while data := self._connection.recv(BODY_BYTES, socket.MSG_DONTWAIT):
                self._pending += data
        place, found, end = 0, 0, 0
        while len(self._pending) - place >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._pending, place)
            place += _HEAD.size + length
            if place > len(self._pending):
                break
            if kind == Kind.CANCEL:
                found, end = found + 1, place
        del self._pending[:end]
        return found

    def _gather(self, length: int) -> None:
        while len(self._pending) < length:
            data = self._connection.recv(BODY_BYTES + _HEAD.size)
            if not data:
                raise StreamCut("the other side closed the stream")
            self._pending += data


class ControlLine:
    """One JSON object a line, in both directions; a reply may bring one descriptor along."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connected stream socket."""
        self.connection = connection
        self._pending = bytearray()

    def fileno(self) -> int:
        """Return the descriptor, so that a selector takes the line itself."""
        return self.connection.fileno()

    def send(self, message: Mapping[str, Any], *, descriptor: int | None = None) -> None:
        """Write one line; the descriptor, if any, is copied to the other side (SCM_RIGHTS)."""
        line = json.dumps(message, ensure_ascii=True).encode() + b"\n"
        if descriptor is None:
            self.connection.sendall(line)
            return
        sent = socket.send_fds(self.connection, [line], [descriptor])
        self.connection.sendall(line[sent:])

    def receive(self) -> tuple[dict[str, Any], int | None]:
        """Wait for one line and return it with the descriptor that came along, if one did.

        Raises: StreamCut when the other side is gone.
        """
        descriptor: int | None = None
        while b"\n" not in self._pending:
            data, ancillary, _, _ = self.connection.recvmsg(_LONGEST_LINE, socket.CMSG_SPACE(4))
            for level, kind, payload in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    descriptors = array.array("i")
                    descriptors.frombytes(payload[: len(payload) - len(payload) % descriptors.itemsize])
                    descriptor = descriptors[0]
            if not data:
                raise StreamCut("the other side closed the line")
            self._pending += data
        line, _, rest = bytes(self._pending).partition(b"\n")
        self._pending = bytearray(rest)
        return json.loads(line), descriptor

    def receive_bytes(self, length: int) -> bytes:
        """Take the bytes that follow the line read last.

        Raises: StreamCut when the other side is gone before they are complete.
        """
        gathered = self._pending
        while len(gathered) < length:
            data = self.connection.recv(BODY_BYTES)
            if not data:
                raise StreamCut("the other side closed the line")
            gathered += data
        taken = bytes(gathered[:length])
        self._pending = gathered[length:]
        return taken

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines that one read brings: for a side that waits for several lines at once.

        Raises: StreamCut when the other side is gone, or sends a line without an end.
        """
        data = self.connection.recv(_LONGEST_LINE)
        if not data or len(self._pending) > _LONGEST_LINE:
            raise StreamCut("the other side closed the line")
        self._pending += data
        while b"\n" in self._pending:
            line, _, rest = bytes(self._pending).partition(b"\n")
            self._pending = bytearray(rest)
            yield json.loads(line)

    def close(self) -> None:
        """Close the line."""
        self.connection.close()
