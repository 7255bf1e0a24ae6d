"""A `convnext watch` that runs, with a page, and what it shows there."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.request

from harness import expect

# GIO's proxies want the system's schemas; what libraries never free is told by who asked for it.
SYSTEM = {"XDG_DATA_DIRS": "/usr/local/share:/usr/share",
          "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":fast_unwind_on_malloc=0"}
# A page at any port that is free: it says which.
LISTEN = ["--listen", "127.0.0.1:0"]


class Watch:
    """With `--listen 127.0.0.1:0`, or that in its file."""

    running = []

    def __init__(self, convnext, *args, env=None):
        self.patience = 200 if convnext.sanitized else 60
        self.log, self.page = convnext.out / f"watch-{len(Watch.running)}.log", None
        with open(self.log, "wb") as log:
            self.process = convnext.start("watch", *args, stdout=log, stderr=log, env={**SYSTEM, **(env or {})})
        Watch.running.append(self.process)

    def ask(self, path):
        """An answer's body. OSError before there is one to be had."""
        self.page = self.page or re.search(r"http://127\.0\.0\.1:\d+", self.said())
        if not self.page:
            raise OSError("there is no page yet")
        with urllib.request.urlopen(self.page[0] + path, timeout=20) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.ask(path))

    def cameras(self):
        return {camera["name"]: camera for camera in self.get("/cameras")["cameras"]}

    def said(self):
        return self.log.read_text(errors="replace")

    def wait(self, what, good):
        """What @good gives, once that is true."""
        start = time.monotonic()
        while True:
            try:
                found = good()
            except OSError:
                found = None
            if found:
                return found
            expect(self.process.poll() is None, what, "it has ended", self.said())
            expect(time.monotonic() - start < self.patience, what, "too late", self.said())
            time.sleep(0.1)

    def connected(self, *names):
        def good():
            cameras = self.cameras()
            return set(cameras) == set(names) and all(
                camera["state"] == "connected" and camera["classified"] > 0 for camera in cameras.values()) and cameras
        return self.wait(f"{names} connected", good)

    def end(self, number=signal.SIGTERM):
        start = time.monotonic()
        self.process.send_signal(number)
        try:
            status = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"signal {number} does not end it: {self.said()}") from None
        expect(status == 0, f"exit status {status}", self.said())
        return time.monotonic() - start


def alone(test):
    """@test, and nothing left of it."""
    def run(convnext):
        try:
            test(convnext)
        finally:
            for process in Watch.running:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            Watch.running.clear()
    return run
