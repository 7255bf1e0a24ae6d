"""What the tests of the `convnext` command share: the command in an environment of its own, and TAP."""
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
GOLDEN = TOP / "tests/data/golden"
RELATIVES = TOP / "tests/data/relatives"
PICTURES = TOP / "tests/data/pictures"
EVERYDAY = TOP / "models/everyday"
TIMEOUT = 300
LAUNCH_TIMEOUT = 60
GOLDEN_INPUT = ["--tensor", str(GOLDEN / "input_2x3x64x96.f32"), "--shape", "2,3,64,96"]
FP32 = ["--precision", "fp32"]


class Skip(Exception):
    """What a test cannot do here."""


def some(cases):
    """All of them; where $CNX_TEST_FEW is set, the first and the last."""
    cases = list(cases)
    return cases[::len(cases) - 1] if "CNX_TEST_FEW" in os.environ and len(cases) > 2 else cases


def expect(good, *said):
    if not good:
        raise AssertionError("; ".join(map(str, said)))


def tools_environment():
    """For GStreamer's tools where they need none of our elements: with a list of plugins that ours is not in, which may
    be built with a sanitizer, and memory as it comes, which some encoders go by that have not written to it."""
    env = {name: value for name, value in os.environ.items() if name not in {"GST_PLUGIN_PATH", "MALLOC_PERTURB_"}}
    if "GST_REGISTRY" in env:
        env["GST_REGISTRY"] += ".elements"
    return env


class Command:
    """The command, in an environment and a folder of its own."""

    def __init__(self, path, out):
        self.path, self.out = path, out
        self.tmp = out / "tmp"
        self.tmp.mkdir()
        self.env = dict(os.environ, XDG_CACHE_HOME=str(out / "cache"), XDG_DATA_HOME=str(out / "data"),
                        XDG_DATA_DIRS=str(out / "data"), TMPDIR=str(self.tmp), LC_ALL="C.UTF-8")
        self.env.pop("CONVNEXT_MODEL_PATH", None)
        # The environment does not say: newer versions of Meson set the sanitizers' options for whatever they test.
        self.sanitized = b"__asan_init" in Path(path).read_bytes()

    def start(self, *args, env=None, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        options.setdefault("cwd", TOP)
        return subprocess.Popen([self.path, *map(str, args)], env={**self.env, **(env or {})}, **options)

    def run(self, *args, **options):
        """(exit status, standard output, standard error)"""
        with self.start(*args, **options) as process:
            try:
                out, err = process.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                raise AssertionError(f"{args}: still running after {TIMEOUT} s") from None
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def launch(self, *line, env=None):
        """(exit status, standard error) of a launch line that may fail."""
        with subprocess.Popen(["gst-launch-1.0", "-q", *line], env={**self.env, **(env or {})}, cwd=TOP,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            status = None
            try:
                err = process.communicate(timeout=LAUNCH_TIMEOUT)[1].decode()
                status = process.returncode
            except subprocess.TimeoutExpired:
                process.kill()
                err = process.communicate()[1].decode()
                # gst-launch-1.0 of 1.22 may wait for ever after an error that it told while it started
                if "ERROR: from element" in err:
                    status = 1
        return status, err

    def good(self, *args, warns=None, **options):
        """Standard output of a run that must succeed and complain of nothing; but for @warns, in a line of warning."""
        status, out, err = self.run(*args, **options)
        warned = warns and err.startswith("convnext: warning: ") and err.count("\n") == 1 and warns in err
        expect(status == 0 and (warned if warns else not err), args, f"exit status {status}", err)
        return out

    def lines(self, *args, **options):
        """Standard output as JSON objects, one a line."""
        return [json.loads(line, parse_constant=not_json) for line in self.good(*args, **options).splitlines()]

    def wrong(self, line, named):
        """A command line that is refused, with @named in what it says."""
        status, out, err = self.run(*line.split())
        expect(status == 2 and not out, f"convnext {line}", f"exit status {status}", out, err)
        expect(named in err.split("Run it with")[0], f"convnext {line}", f"{named} is not named", err)
        return err

    def fails(self, *args, named, **options):
        """One that fails, and says why in one line with @named in it; its standard output."""
        status, out, err = self.run(*args, **options)
        expect(status == 1, args, f"exit status {status}", out, err)
        expect(err.startswith("convnext: ") and named in err, args, f"{named} is not named", err)
        expect(err.count("\n") == 1 and err.endswith("\n"), args, "not one line", err)
        return out

    def logits(self, *args, **options):
        (found,) = self.lines("run", *args, **options)
        return found["logits"]

    def answers(self):
        """The tuner's files."""
        return list((self.out / "cache/convnext").glob("*.tuning.json"))

    def expect_nothing_left(self):
        left = sorted(path.name for path in self.tmp.iterdir())
        expect(not left, "left in the temporary folder", left)


def not_json(text):
    raise AssertionError(f"{text} is not JSON")


def read_weights(path):
    """({name: its entry}, data) of a safetensors file."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    tensors = json.loads(content[8:end])
    tensors.pop("__metadata__", None)
    return tensors, content[end:]


def keep_weights(path, to, names, renamed=None):
    """Writes a safetensors file of those tensors of @path that are among @names, called as @renamed has it."""
    tensors, data = read_weights(path)
    kept, blob = {}, b""
    for name, called in zip(names, renamed or names):
        begin, end = tensors[name]["data_offsets"]
        kept[called] = {**tensors[name], "data_offsets": [len(blob), len(blob) + end - begin]}
        blob += data[begin:end]
    header = json.dumps(kept).encode()
    to.write_bytes(len(header).to_bytes(8, "little") + header + blob)


def on_terminal(convnext, *args, interrupt=None):
    """(exit status, what the terminal was sent) of a run on one; @interrupt: a signal, sent once that was seen."""
    leader, follower = pty.openpty()
    shown = b""
    with convnext.start(*args, stdout=follower, stderr=follower) as process:
        os.close(follower)
        while True:
            try:
                some = os.read(leader, 65536)
            except OSError:         # the other end is closed
                break
            shown += some
            if not some:
                break
            if interrupt and interrupt in shown:
                process.send_signal(signal.SIGINT)
                interrupt = None
    os.close(leader)
    return process.returncode, shown.decode()


def distance(left, right):
    expect([len(row) for row in left] == [len(row) for row in right], "other shapes")
    return max(abs(a - b) for rows in zip(left, right) for a, b in zip(*rows))


def report(number, name, test, convnext):
    """Prints one test's line; returns whether it is good."""
    said, outcome, began = "", "ok", time.monotonic()
    try:
        test(convnext)
    except Skip as skipped:
        name += f" # SKIP {skipped}"
    except Exception as error:      # pylint: disable=broad-except
        outcome, said = "not ok", f"{type(error).__name__}: {error}"
    print(f"{outcome} {number} {name}", flush=True)
    print(f"# {time.monotonic() - began:.1f} s", flush=True)
    for line in said.splitlines():
        print(f"# {line}", flush=True)
    return outcome == "ok"


def run_tests(usage, tests):
    """Runs (name, function of a Command) one after the other; returns the exit status."""
    if len(sys.argv) != 2:
        print(usage, file=sys.stderr)
        return 2
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.SIG_DFL)   # what runs this in the background may have them ignored
    out = Path(tempfile.mkdtemp(prefix="test-command-"))
    try:
        convnext = Command(str(Path(sys.argv[1]).resolve()), out)
        cases = list(tests)
        print(f"1..{len(cases)}")
        good = [report(number, name, test, convnext) for number, (name, test) in enumerate(cases, 1)]
        return 0 if all(good) else 1
    finally:
        shutil.rmtree(out, ignore_errors=True)
