from __future__ import annotations

import os
import socket

import pytest

from samvirke.sparql.formats import GRAPHS, RESULTS
from samvirke.workers.frames import ControlLine, FrameReader, Kind, StreamCut, frame
from samvirke.workers.request import MEDIA_TYPES, Gate, Request, read_short, write_short


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(2)
    theirs.settimeout(2)
    with ours, theirs:
        yield ours, theirs


def test_a_frame_arrives_as_it_was_sent(ends):
    ours, theirs = ends
    ours.sendall(frame(Kind.BODY, b"\x00\xff" * 10) + frame(Kind.END, b"{}"))

    reader = FrameReader(theirs)
    assert reader.receive() == (Kind.BODY, b"\x00\xff" * 10)
    assert reader.receive() == (Kind.END, b"{}")


def test_a_short_request_is_as_the_usual_one_in_all_it_does_not_say():
    usual = Request(gate=Gate(1, 2, 3, 4, 5, 6), timeout_s=8.0, max_rows=9, max_bytes=10)
    text = "SELECT * { ?s ?p “ræ😀” }"

    for media_type in MEDIA_TYPES:
        found = read_short(write_short(text.encode(), media_type, 0.25), usual)

        assert found == usual._replace(text=text, media_type=media_type, timeout_s=0.25)


def test_every_format_of_an_answer_has_its_place_in_a_short_request():
    assert sorted(MEDIA_TYPES) == sorted(offer.media_type for offer in (*RESULTS, *GRAPHS))


def test_a_frame_of_an_unknown_kind_is_no_frame(ends):
    ours, theirs = ends
    ours.sendall(b"\xff" + bytes(4))

    with pytest.raises(StreamCut):
        FrameReader(theirs).receive()


def test_a_stream_cut_anywhere_in_a_frame_is_noticed():
    whole = frame(Kind.END, b"{}")
    assert len(whole) == 7
    for length in range(len(whole)):
        ours, theirs = socket.socketpair()
        with theirs:
            with ours:
                ours.sendall(whole[:length])
            with pytest.raises(StreamCut):
                FrameReader(theirs).receive()


def test_a_length_that_is_none_of_ours_is_not_waited_for(ends):
    ours, theirs = ends
    ours.sendall(b"HTTP/1.1 200 OK\r\n")

    with pytest.raises(StreamCut):
        FrameReader(theirs).receive()


def test_a_control_line_brings_a_descriptor_along(ends):
    ours, theirs = ends
    reading, writing = os.pipe()
    ControlLine(ours).send({"lease": 1}, descriptor=reading)
    os.close(reading)

    message, descriptor = ControlLine(theirs).receive()
    os.write(writing, b"x")

    assert message == {"lease": 1}
    assert os.read(descriptor, 1) == b"x"
    os.close(descriptor)
    os.close(writing)


def test_lines_that_arrive_together_or_in_pieces_are_told_apart(ends):
    ours, theirs = ends
    line = ControlLine(theirs)
    ours.sendall(b'{"a": 1}\n{"b"')

    assert list(line.lines()) == [{"a": 1}]

    ours.sendall(b": 2}\n")

    assert list(line.lines()) == [{"b": 2}]


def test_a_line_without_an_end_is_not_gathered_for_ever(ends):
    ours, theirs = ends
    line = ControlLine(theirs)

    with pytest.raises(StreamCut):
        for _ in range(10):
            ours.sendall(b"x" * 20_000)
            list(line.lines())


def test_the_bytes_that_follow_a_line_are_no_lines(ends):
    ours, theirs = ends
    line = ControlLine(theirs)
    patch = b'A <urn:a> <urn:b> "\n" .\n{"not": "a line"}\n'
    ours.sendall(b'{"apply": %d}\n' % len(patch) + patch[:9])
    found: list[object] = []
    for message in line.lines():
        ours.sendall(patch[9:] + b'{"then": 1}\n')
        found.append(message)
        if "apply" in message:
            found.append(line.receive_bytes(message["apply"]))

    assert found == [{"apply": len(patch)}, patch, {"then": 1}]


def test_bytes_that_end_too_soon_are_noticed(ends):
    ours, theirs = ends
    ours.sendall(b'{"apply": 9}\nA <u')
    ours.shutdown(socket.SHUT_WR)
    line = ControlLine(theirs)

    with pytest.raises(StreamCut):
        for message in line.lines():
            line.receive_bytes(message["apply"])


def test_what_was_called_off_leaves_the_line_and_what_came_after_stays():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = FrameReader(theirs)
        assert reader.called_off() == 0
        ours.sendall(frame(Kind.REQUEST, b"one") + frame(Kind.REQUEST, b"two"))
        assert reader.called_off() == 0
        assert reader.receive() == (Kind.REQUEST, b"one")
        cancel = frame(Kind.CANCEL, b"")
        ours.sendall(cancel + frame(Kind.REQUEST, b"three") + cancel + frame(Kind.REQUEST, b"four") + cancel[:2])
        assert reader.called_off() == 2
        assert reader.receive() == (Kind.REQUEST, b"four")
        ours.sendall(cancel[2:])
        assert reader.receive() == (Kind.CANCEL, b"")
        assert reader.called_off() == 0
