"""Serve the built book on loopback and print its address: python -m tools.serve [PORT]."""

import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).parent.parent / "_build" / "html"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def main(port=8000):
    if not (SITE / "index.html").exists():
        sys.exit("There is no book yet: run `make book` first.")
    handler = functools.partial(Quiet, directory=SITE)
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
    main(*sys.argv[1:])
