"""The made-up board behind the server (serve-board), told from Python, and clients of it."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time

TIMEOUT = 20


class Server:
    """Lives until the `with` ends; it has to end well."""

    def __init__(self, program, listen="127.0.0.1:0", *token):
        self.process = subprocess.Popen([program, listen, *token], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.port, self.token = int(line), token[0] if token else None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        said = ""
        try:
            said = self.process.communicate(timeout=TIMEOUT)[1]
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if kind is None and (self.process.returncode or said):
            raise AssertionError(f"the server: exit status {self.process.returncode}: {said}")

    def tell(self, *words):
        """A change of the board, which is done when this returns."""
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        if said != "ok\n":
            raise AssertionError(f"{words}: {said}")

    def ask(self, path, method="GET", **headers):
        """(status, headers, body) of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            if self.token and "authorization" not in headers:
                headers["authorization"] = f"Bearer {self.token}"
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, path):
        status, headers, body = self.ask(path)
        assert status == 200 and headers["Content-Type"] == "application/json", (path, status, body)
        return json.loads(body)

    def raw(self, sent=b"", **options):
        """A connection over which that was sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
        for name, value in options.items():
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
        connection.sendall(sent)
        return connection

    def answers(self, sent):
        """All that comes for bytes that end the connection themselves."""
        with self.raw(sent) as connection:
            return read_all(connection)

    def stream(self, last=None):
        return Stream(self, last)


def read_all(connection):
    said = b""
    try:
        while some := connection.recv(65536):
            said += some
    except ConnectionError:
        pass
    return said


class Stream:
    """A client of /events."""

    def __init__(self, server, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
        headers = {"Last-Event-ID": last} if last is not None else {}
        if server.token:
            headers["Authorization"] = f"Bearer {server.token}"
        self.connection.request("GET", "/events", headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.headers["Content-Type"] == "text/event-stream"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()
        self.connection.close()

    def next(self):
        """(event, id or None, data) of the next one; what is a comment alone is passed over."""
        fields, deadline = {}, time.monotonic() + TIMEOUT
        while True:
            if time.monotonic() > deadline:         # comments keep it alive
                raise AssertionError("nothing more is told")
            line = self.answer.readline().decode()
            if not line:
                raise AssertionError("the stream has ended")
            if line == "\n":
                if "data" in fields:
                    return fields.get("event"), fields.get("id"), json.loads(fields["data"])
                fields = {}
            elif not line.startswith(":"):
                name, value = line[:-1].split(": ", 1)
                fields[name] = value

    def until(self, name, wanted=lambda data: True):
        """The data of the next event called so that is wanted."""
        while True:
            event, _, data = self.next()
            if event == name and wanted(data):
                return data


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))
