"""A real HTTP server on the loopback interface that answers by a script, faults included.

    with serve(body, breaks_off(1000), ranges) as server:
        urlopen(server.url)
        server.asked  # the Range header (or None) of every request so far

Each request is answered by the next behaviour of the script, and all later ones by the last.
A behaviour is a function of the request handler and the body; more are easily added.
"""

import contextlib
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def ranges(handler, body):
    """All is well: the whole body, or what a Range header asks for."""
    start = _start(handler)
    if start >= len(body):
        _head(handler, 416, 0)
        return
    _head(handler, 206 if start else 200, len(body) - start)
    handler.wfile.write(body[start:])


def whole(handler, body):
    """The whole body, whatever a Range header asks for."""
    _head(handler, 200, len(body))
    handler.wfile.write(body)


def partial(handler, body):
    """The whole body, as if a part of it had been asked for."""
    _head(handler, 206, len(body))
    handler.wfile.write(body)


def unannounced(handler, body):
    """The whole body, without saying how long it is."""
    _head(handler, 200, None)
    handler.wfile.write(body)


def answers(status):
    """Nothing but a status, such as 404."""
    return lambda handler, body: _head(handler, status, 0)


def breaks_off(after):
    """Announces all that was asked for, sends `after` bytes of it and hangs up."""

    def behaviour(handler, body):
        rest = body[_start(handler) :]
        _head(handler, 206 if len(rest) < len(body) else 200, len(rest))
        handler.wfile.write(rest[:after])

    return behaviour


def resets(after):
    """Sends `after` bytes and then, instead of an end, a reset of the connection."""

    def behaviour(handler, body):
        breaks_off(after)(handler, body)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(handler.connection.detach())

    return behaviour


def endless(handler, body):
    """The whole body again and again, until the client has had enough."""
    _head(handler, 200, None)
    while not handler.server.closing.is_set():
        handler.wfile.write(body)


def falls_silent(after):
    """Sends `after` bytes, and no more for as long as the server runs."""

    def behaviour(handler, body):
        _head(handler, 200, len(body))
        handler.wfile.write(body[:after])
        handler.server.closing.wait()

    return behaviour


def drips(handler, body):
    """A byte every few milliseconds."""
    _head(handler, 200, len(body))
    _drip(handler, body)


def drips_headers(handler, body):
    """Headers without an end, a byte every few milliseconds."""
    _drip(handler, b"HTTP/1.0 200 OK\r\nX-Wait: " + b"a" * 60_000)


def says_nothing(handler, body):
    """Takes the request and never answers."""
    handler.server.closing.wait()


def hangs_up(handler, body):
    """Takes the request and closes the connection."""


def circles(handler, body):
    """Redirects to itself."""
    handler.send_response(302)
    handler.send_header("Location", handler.server.url)
    handler.end_headers()


def sends(other):
    """All is well, but with another body."""
    return lambda handler, body: whole(handler, other)


@contextlib.contextmanager
def serve(body, *script):
    """Serve `body` by `script` while the block runs; yields the server with `url` and `asked`."""
    with _Server(body, script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, body, script):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body, self.script = body, script
        self.url = f"http://127.0.0.1:{self.server_port}/file"
        self.asked, self.turn, self.closing = [], threading.Lock(), threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up is part of many tests, and not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        with server.turn:
            behaviour = server.script[min(len(server.asked), len(server.script) - 1)]
            server.asked.append(self.headers.get("Range"))
        behaviour(self, server.body)

    def log_message(self, *args):
        """Say nothing on stderr."""


def _start(handler):
    return int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])


def _head(handler, status, length):
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def _drip(handler, content):
    for i in range(len(content)):
        if handler.server.closing.wait(0.005):
            return
        handler.wfile.write(content[i : i + 1])
