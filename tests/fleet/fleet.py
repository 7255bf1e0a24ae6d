"""What the tests of pipelines/fleet share: an archive, what one machine alone makes of it, and a cluster."""
import contextlib
import importlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pipelines"))
from harness import PICTURES, TIMEOUT, TOP, Skip, expect     # noqa: E402   pylint: disable=wrong-import-position

FLEET = TOP / "pipelines/fleet"
OPTIONS = ["--threshold", "0", "--top-k", "3"]


def need(module):
    try:
        importlib.import_module(module)
    except ImportError:
        raise Skip(f"{sys.executable} has no {module}: tests/fleet/requirements.txt") from None


def make_film(path, seconds):
    """A WebM of two photographs, @seconds in all, a key frame every 2.5 s."""
    caps = ("video/x-raw,format=I420,width=160,height=120,framerate=10/1,pixel-aspect-ratio=1/1,colorimetry=bt601,"
            "chroma-site=mpeg2")
    shots = "".join(f"filesrc location={PICTURES / name} ! {decoder} ! imagefreeze num-buffers={seconds * 5} ! "
                    f"videoscale ! videoconvert ! {caps} ! c. "
                    for name, decoder in (("coffee.png", "pngdec"), ("rocket.jpg", "jpegdec")))
    line = f"concat name=c ! vp8enc deadline=1 keyframe-max-dist=25 ! webmmux ! filesink location=film.webm {shots}"
    subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL,
                   cwd=path.parent)
    (path.parent / "film.webm").rename(path)


def archive(convnext):
    """Photographs, two films, a subfolder, and what is neither; made once."""
    top = convnext.out / "archive"
    if not top.exists():
        (top / "b").mkdir(parents=True)
        for path in [*PICTURES.glob("*.jpg"), *PICTURES.glob("*.png")]:
            shutil.copy(path, top)
        shutil.copy(PICTURES / "coffee.png", top / "b" / "it's \"one\"\nof two.png")
        make_film(top / "a film.webm", 8)
        make_film(top / "b" / "z.webm", 12)
        (top / "notes.txt").write_text("neither\n")
        (top / "empty.bin").write_bytes(b"")
        (top / ".hidden.jpg").symlink_to(top / "rocket.jpg")
        (top / "again").symlink_to(top / "b")
    return top


def single(convnext, *args):
    """What one machine prints."""
    with convnext.start("tag", "--quiet", "--output", "-", *args) as process:
        out, err = process.communicate(timeout=TIMEOUT)
    expect(out and (process.returncode, err) in ((0, b""), (1, err)), args, err)
    return out


def logging_convnext(convnext, pause=0):
    """(a command that notes its process and its arguments, and is convnext after @pause seconds; what it noted)"""
    path, log = convnext.out / "convnext-that-notes", convnext.out / "notes"
    path.write_text(f'#!/bin/sh\necho "$$ $*" >> "{log}"\nsleep {pause}\nexec "{convnext.path}" "$@"\n')
    path.chmod(0o755)
    log.write_text("")
    return path, lambda: [line.split(" ", 1) for line in log.read_text().splitlines()]


def tag_dask(convnext, *args, **options):
    """The command, started."""
    return start(convnext, sys.executable, FLEET / "tag-dask", *args, **options)


def start(convnext, *command, env=None, **options):
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
               "cwd": convnext.out, **options}
    return subprocess.Popen(list(map(str, command)), env={**convnext.env, "PYTHONDONTWRITEBYTECODE": "1",
                                                          **(env or {})}, **options)


def finish(process):
    """(exit status, standard output, standard error)"""
    with process:
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{process.args}: still running after {TIMEOUT} s") from None
    return process.returncode, out, err


def run_dask(convnext, *args, workers=2, **options):
    return finish(tag_dask(convnext, "--workers", workers, "--convnext", convnext.path, *args, **options))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(pid):
    """Whether a process runs; one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        expect(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.05)


@contextlib.contextmanager
def cluster(convnext, workers, env=None):
    """The address of a scheduler with so many workers, each a process with a nanny."""
    address = f"tcp://127.0.0.1:{free_port()}"
    options = ["--no-dashboard", "--host", "127.0.0.1"]
    lines = [["scheduler", "--port", address.rsplit(":", 1)[1], *options]]
    lines += [["worker", address, "--nthreads", "1", "--local-directory", convnext.tmp, *options]] * workers
    processes = []
    try:
        for line in lines:
            processes.append(start(convnext, sys.executable, "-m", "dask", *line, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True, env=env))
        yield address
    finally:
        for process in processes[::-1]:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
