"""Serve the built book on loopback and print its address: python -m tools.serve [PORT]."""

import contextlib
import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from tools import faults
from tools.files import SITE


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and prints nothing, neither of requests nor of readers who leave half-way."""

    def log_message(self, *args):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError):
            super().handle()


def main(port=8000):
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")
    handler = functools.partial(QuietHandler, directory=SITE)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(
            f"Port {port} cannot be used ({error}): try another, as in `make serve PORT=8001`."
        )
    print(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    with faults.in_one_line():
        main(*sys.argv[1:])
