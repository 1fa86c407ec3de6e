"""What counts as a complaint of a page: not what it was fetching when it was left."""

import time

from tests.browsing import Host, served, visit

PAGE = "<!doctype html><title>t</title>{}"
LATE = "<script>onload = () => { fetch('late.txt').catch(() => 0); };</script>"


class Slow(Host):
    """Takes its time for late.txt, and hangs up on whoever asks for gone.txt."""

    def do_GET(self):
        if self.path.endswith("late.txt"):
            time.sleep(0.3)
        if self.path.endswith("gone.txt"):
            self.close_connection = True
        else:
            super().do_GET()


def test_a_page_that_is_left_while_it_fetches_does_not_complain(tmp_path, chromium):
    (tmp_path / "page.html").write_text(PAGE.format(LATE))
    (tmp_path / "late.txt").write_text("late")
    with served(tmp_path, Slow) as address, visit(chromium, address + "page.html") as page:
        page.reload()
        assert page.complaints == []


def test_a_request_that_the_host_hangs_up_on_is_a_complaint(tmp_path, chromium):
    (tmp_path / "page.html").write_text(PAGE.format(""))
    with served(tmp_path, Slow) as address, visit(chromium, address + "page.html") as page:
        page.evaluate("fetch('gone.txt').catch(() => 0)")
        assert f"failed: {address}gone.txt" in page.complaints
