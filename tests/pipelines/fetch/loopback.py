"""A web server on loopback whose every answer a test chooses, and the checkpoints that it serves."""
import hashlib
import http.server
import json
import re
import ssl
import struct
import sys
import threading
import time


def shapes(dims, depths, classes, version):
    """The tensors of a ConvNeXt in timm's naming, as (name, shape)."""
    yield from [("stem.0.weight", [dims[0], 3, 4, 4]), ("stem.0.bias", dims[:1]), ("stem.1.weight", dims[:1]),
                ("stem.1.bias", dims[:1]), ("head.norm.weight", dims[3:]), ("head.norm.bias", dims[3:]),
                ("head.fc.weight", [classes, dims[3]]), ("head.fc.bias", [classes])]
    for stage, (c, depth) in enumerate(zip(dims, depths)):
        if stage:
            before, name = dims[stage - 1], f"stages.{stage}.downsample"
            yield from [(f"{name}.0.weight", [before]), (f"{name}.0.bias", [before]),
                        (f"{name}.1.weight", [c, before, 2, 2]), (f"{name}.1.bias", [c])]
        for block in range(depth):
            name = f"stages.{stage}.blocks.{block}"
            yield from [(f"{name}.conv_dw.weight", [c, 1, 7, 7]), (f"{name}.conv_dw.bias", [c]),
                        (f"{name}.norm.weight", [c]), (f"{name}.norm.bias", [c]),
                        (f"{name}.mlp.fc1.weight", [4 * c, c]), (f"{name}.mlp.fc1.bias", [4 * c]),
                        (f"{name}.mlp.fc2.weight", [c, 4 * c]), (f"{name}.mlp.fc2.bias", [c])]
            if version == 1:
                yield f"{name}.gamma", [c]
            else:
                yield from [(f"{name}.mlp.grn.weight", [4 * c]), (f"{name}.mlp.grn.bias", [4 * c])]


def checkpoint(dims, depths, version=1, classes=1000):
    """A safetensors file of that ConvNeXt, all weights zero, in half precision."""
    header, end = {}, 0
    for name, shape in shapes(dims, depths, classes, version):
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + 2 * count]}
        end += 2 * count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(end)


class Answer:
    """How one request for a file is answered: as a good server does, but for what is named.

    cut: bytes of the body after which the connection breaks; stall: those after which nothing comes for `seconds`;
    pace: seconds between pieces of 64 kB; length: what Content-Length says; status, kind, headers: those of the
    answer; ranges: whether it heeds Range; heeds_condition: whether it heeds If-Range; chunked: no Content-Length.
    """

    def __init__(self, data=b"", etag='"one"', **differs):
        self.data, self.etag = data, etag
        self.status, self.kind, self.headers = 200, "application/octet-stream", {}
        self.cut = self.stall = self.length = self.content_range = None
        self.seconds = self.pace = 0
        self.ranges = self.heeds_condition = True
        self.chunked = False
        self.__dict__.update(differs)


def redirect(location, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(b"moved", status=302, kind="text/html", headers={"Location": location, **named})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):   # pylint: disable=arguments-differ
        pass

    def do_CONNECT(self):           # pylint: disable=invalid-name
        self.server.site.requests.append({"path": self.path, "sent": 0})
        self.send_error(403)

    def do_GET(self):               # pylint: disable=invalid-name
        request = {"path": self.path, "sent": 0, **{key.lower(): value for key, value in self.headers.items()}}
        answer = self.server.site.next_answer(request)
        try:
            self.answer(answer, request)
        except OSError:
            self.close_connection = True    # the other end has had enough

    def answer(self, answer, request):
        data, status, headers = answer.data, answer.status, dict(answer.headers)
        first = re.fullmatch(r"bytes=(\d+)-", request.get("range", ""))
        same = not answer.heeds_condition or request.get("if-range") in (None, answer.etag)
        if first and answer.ranges and status == 200 and same:
            start = int(first[1])
            status, data = (206, data[start:]) if start < len(data) else (416, b"")
            headers["Content-Range"] = answer.content_range or (
                f"bytes {start}-{len(answer.data) - 1}/{len(answer.data)}")
        self.send_response(status)
        if answer.etag:
            self.send_header("ETag", answer.etag)
        for name, value in {"Content-Type": answer.kind, **headers}.items():
            self.send_header(name, value)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(data) if answer.length is None else answer.length))
        self.end_headers()
        self.send_body(answer, data, request)

    def send_body(self, answer, data, request):
        stop = min(len(data), *(at for at in (answer.cut, answer.stall) if at is not None), len(data))
        for start in range(0, stop, 65536):
            piece = data[start:min(start + 65536, stop)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.chunked else piece)
            request["sent"] += len(piece)
            time.sleep(answer.pace)
        if answer.stall is not None:
            self.server.site.closing.wait(answer.seconds)
        if answer.chunked and stop == len(data):
            self.wfile.write(b"0\r\n\r\n")
        if stop < len(data) or answer.length is not None:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """A connection that the other end resets, or a certificate that it does not trust, is what some tests want."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Site:
    """Serves until the `with` ends. plan: for each path, the answers to its first, second ... request; the last one
    stays. What no path is for is a 404. requests: those that came, with what was sent of each one's body."""

    def __init__(self, plan=None, certificate=None):
        self.plan = {path: list(answers) if isinstance(answers, (list, tuple)) else [answers]
                     for path, answers in (plan or {}).items()}
        self.requests, self.lock, self.closing = [], threading.Lock(), threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.site = self
        self.secure = certificate is not None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def url(self, path="/m/model.safetensors"):
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.server.server_address[1]}{path}"

    def next_answer(self, request):
        with self.lock:
            self.requests.append(request)
            answers = self.plan.get(request["path"])
            if not answers:
                return Answer(b"no such file", etag=None, status=404, kind="text/plain")
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def asked(self, path="/m/model.safetensors"):
        return [request for request in self.requests if request["path"] == path]


def sha256(data):
    return hashlib.sha256(data).hexdigest()
