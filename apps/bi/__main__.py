"""`python -m apps.bi FD`: what `lakehouse dashboard` turns into.

FD is the number of an inherited listening socket; standard input holds the settings as JSON.
"""

import socket
import sys

from apps.bi.server import serve
from lakehouse.config import Settings

if __name__ == "__main__":
    given = Settings.model_validate_json(sys.stdin.buffer.read())
    serve(given, socket.socket(fileno=int(sys.argv[1])))
