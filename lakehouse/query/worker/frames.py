"""How the two processes talk: a head in JSON and a body of bytes, their lengths before them."""

import json
import struct
from dataclasses import dataclass
from socket import socket
from typing import Any

_LENGTHS = struct.Struct(">IQ")


@dataclass(frozen=True)
class Frame:
    """One message. `head` holds what JSON can say; what is large stands in `body`."""

    head: dict[str, Any]
    body: bytes | memoryview = b""


def send(connection: socket, frame: Frame) -> None:
    """Send a whole frame. Raises OSError when the other side is gone."""
    head = json.dumps(frame.head).encode()
    connection.sendall(_LENGTHS.pack(len(head), len(frame.body)) + head)
    if frame.body:
        connection.sendall(frame.body)


def receive(connection: socket) -> Frame | None:
    """The next frame; None when the other side is gone, also in the middle of one."""
    lengths = _exactly(connection, _LENGTHS.size)
    if lengths is None:
        return None
    head_size, body_size = _LENGTHS.unpack(lengths)
    head = _exactly(connection, head_size)
    body = _exactly(connection, body_size)
    if head is None or body is None:
        return None
    return Frame(json.loads(bytes(head)), body)


def _exactly(connection: socket, size: int) -> memoryview | None:
    content = memoryview(bytearray(size))
    filled = 0
    while filled < size:
        try:
            got = connection.recv_into(content[filled:])
        except ConnectionError:
            return None
        if not got:
            return None
        filled += got
    return content
