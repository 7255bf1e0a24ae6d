"""What the tests of `convnext fetch` share: a server for one checkpoint, a fetch from it, and what that leaves."""
import shutil
import time
from contextlib import contextmanager
from functools import partial

from harness import TIMEOUT, TOP, expect
from loopback import Site

GOLDEN = TOP / "tests/data/golden"
PAYLOAD = (GOLDEN / "timm_v1.safetensors").read_bytes()
OTHER = (GOLDEN / "torchvision_v1.safetensors").read_bytes()
# After so many bytes of either a connection breaks, or nothing more comes.
HALF = 300_000
WEIGHTS, CONFIG = "/m/model.safetensors", "/m/config.json"
# What a download that is not finished leaves, in a model's folder.
PART = "download/model.safetensors.part"
REJECTED = "download/model.safetensors.rejected"
ATTO, SMALL = ([40, 80, 160, 320], [2, 2, 6, 2]), ([96, 192, 384, 768], [3, 3, 27, 3])
# No answer of these tests takes long, and none that fails gets better.
QUICK = ["--timeout", 1, "--retries", 0]


def prepare(convnext):
    """An environment without proxies, and no models."""
    for name in [name for name in convnext.env if name.lower().endswith("_proxy")]:
        del convnext.env[name]
    shutil.rmtree(convnext.out / "data", ignore_errors=True)


@contextmanager
def serving(*answers, certificate=None, **others):
    with Site({WEIGHTS: list(answers), **others}, certificate) as site:
        yield site


def folder(convnext, name="birds"):
    return convnext.out / "data/convnext/models" / name


def left(convnext, name="birds"):
    """The files in a model's folder and below."""
    top = folder(convnext, name)
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if not path.is_dir())


def fetched(convnext, data=PAYLOAD, name="birds", files=("model.safetensors",)):
    expect(left(convnext, name) == sorted(files), "left", left(convnext, name))
    expect((folder(convnext, name) / "model.safetensors").read_bytes() == data, "other bytes")


def fetch(convnext, site, *args, name="birds", status=0, says=(), **options):
    """A fetch that must end with @status and name @says on either stream; returns both."""
    ended, out, err = convnext.run("fetch", name, "--url", site.url(), *args, **options)
    expect(ended == status, f"exit status {ended}", out, err)
    for text in (says,) if isinstance(says, str) else says:
        expect(text in out + err, f"'{text}' is not said", out, err)
    if status:
        last = err.splitlines()[-1]
        expect(last.startswith("convnext: ") and not out, "no message", out, err)
    return out, err


@contextmanager
def started(convnext, site, *args, size=HALF, **options):
    """A fetch whose part is @size long by now."""
    part = folder(convnext) / PART
    with convnext.start("fetch", "birds", "--url", site.url(), *args, **options) as process:
        until = time.monotonic() + TIMEOUT
        while not (part.exists() and part.stat().st_size >= size):
            expect(process.poll() is None and time.monotonic() < until, "it ended", process.returncode)
            time.sleep(0.01)
        yield process


def prepared(names):
    """(name, test) of each function in @names that is called test_..., run with no models there yet."""
    for name, test in list(names.items()):
        if name.startswith("test_"):
            yield name[len("test_"):].replace("_", " "), partial(run_prepared, test)


def run_prepared(test, convnext):
    prepare(convnext)
    test(convnext)
