"""A headless Chromium, driven through its DevTools protocol over a pair of pipes: no port, no library."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

START = 60
ANSWER = 30


def find():
    """The browser's command; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """Lives until the `with` ends, with its profile in the folder @home. problems: what pages complained of; requests:
    the URLs that they asked for."""

    def __init__(self, command, home):
        self.problems, self.requests, self.received, self.number, self.session = [], [], b"", 0, None
        theirs_in, self.to = os.pipe()
        self.out, theirs_out = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 16) for fd in (theirs_in, theirs_out)]

        def places():
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        options = ["--headless=new", "--remote-debugging-pipe", f"--user-data-dir={home / 'profile'}", "--disable-gpu",
                   "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--no-proxy-server", "--disable-dev-shm-usage", "--mute-audio", "--disable-breakpad",
                   "--autoplay-policy=no-user-gesture-required"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        env = dict(os.environ, HOME=str(home), XDG_CONFIG_HOME=str(home / "config"), XDG_CACHE_HOME=str(home / "cache"))
        self.process = subprocess.Popen([command, *options], preexec_fn=places, pass_fds=(3, 4), env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)

    def __enter__(self):
        try:
            target = self.call("Target.createTarget", START, url="about:blank")["targetId"]
            self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(domain + ".enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            os.close(self.to)           # it ends when nobody speaks to it any more
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.out)

    # ---- the protocol: JSON, each message ended by a byte of 0 ----

    def next_message(self, until):
        while b"\0" not in self.received:
            ready, _, _ = select.select([self.out], [], [], max(0, until - time.monotonic()))
            some = os.read(self.out, 1 << 20) if ready else b""
            if not some:
                raise AssertionError("the browser " + ("has ended" if ready else "does not answer"))
            self.received += some
        message, self.received = self.received.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        """An event."""
        what, said = message.get("method"), message.get("params", {})
        if what == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif what == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(said["exceptionDetails"]))
        elif what == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            self.problems.append(json.dumps(said["args"]))
        elif what == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")

    def call(self, method, seconds=ANSWER, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + seconds
        while True:
            answer = self.next_message(until)
            if answer.get("id") == self.number:
                break
            self.note(answer)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    # ---- what a person does ----

    def open(self, url):
        """A new page, loaded; what was noted of the last one is forgotten."""
        self.call("Page.navigate", url="about:blank")
        self.wait("location.href === 'about:blank' && document.readyState === 'complete'")
        self.problems, self.requests = [], []
        self.call("Page.navigate", url=url)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def ask(self, expression):
        """The value of a JavaScript expression; a promise's, once it is there."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    def wait(self, expression, seconds=ANSWER):
        """Until that is true."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self.ask(f"Boolean ({expression})"):
                    return
            except AssertionError as error:     # the page is being left
                if "context" not in str(error):
                    raise
            if time.monotonic() > until:
                raise AssertionError(f"not within {seconds} s: {expression}")
            time.sleep(0.05)

    def click(self, selector):
        """With the mouse, in the middle of the element, which must be what is seen there."""
        box = self.ask(f"""(async () => {{ const one = document.querySelector ({json.dumps(selector)});
            one.scrollIntoView ({{ block: 'center', inline: 'nearest' }});
            for (let frames = 0; frames < 3; frames++)  // what comes into view takes its own size first
              await new Promise (requestAnimationFrame);
            const box = one.getBoundingClientRect ();
            const at = {{ x: box.left + box.width / 2, y: box.top + box.height / 2 }};
            at.seen = one.contains (document.elementFromPoint (at.x, at.y)); return at; }}) ()""")
        if not box["seen"]:
            raise AssertionError(f"{selector} is hidden")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box["x"], y=box["y"],
                      **({} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}))

    def type(self, text):
        """Into what has the focus, in place of what is there."""
        self.ask("document.activeElement.select ()")
        self.call("Input.insertText", text=text)

    def key(self, name, text=None):
        code = {"ArrowRight": 39, "ArrowLeft": 37, "ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "/": 191}[name]
        more = {"text": text} if text else {}
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code,
                      **(more if kind == "keyDown" else {}))

    def screen(self, width, height, dark=False, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def picture(self, path, full=False):
        """What is seen, as a PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(shot["data"]))
