"""Frame for frame through a pipeline: our element, Python with OpenCV and ONNX Runtime, and onnxinference."""
import json
import os
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from peers import report
from peers.contenders import BUILD_FIRST, NAMES, TOP, Contender, Failed, Ours, Peer, environment, tail
from peers.job import PRECISIONS, Job

FRAMES = 60
TIMER = Path(__file__).with_name("gst_timer.py")
PLUGINS = TOP / "build" / "gst-plugin"
ELEMENT, BENCH = "convnext element", "convnext bench"
COLUMNS = {"ms best": ("ms_best", ".2f"), "ms median": ("ms_median", ".2f"), "frames/s": ("fps", ".1f"),
           "it / bench": ("bench_ratio", ".2f"), "ours / it": ("ours_ratio", ".2f")}


def make_video(folder: Path) -> Path:
    """FRAMES frames of 1080p NV12, one after the other."""
    if not shutil.which("gst-launch-1.0"):
        raise SystemExit("gst-launch-1.0 is not there; --pipeline needs GStreamer's tools")
    path = folder / "video.nv12"
    subprocess.run(["gst-launch-1.0", "-q", "videotestsrc", f"num-buffers={FRAMES}", "pattern=ball", "!",
                    "video/x-raw,format=NV12,width=1920,height=1080", "!", "filesink", f"location={path}"],
                   check=True)
    return path


class GstPipeline(Contender):
    """A pipeline fragment between appsrc and fakesink; every round is one run of gst_timer.py."""

    def __init__(self, name: str, how: str, fragment: str, job: Job, python: str):
        super().__init__(name)
        self.how, self.fragment, self.job, self.python = how, fragment, job, python
        self.measure(0)

    def measure(self, seconds: float) -> dict:
        paths = [str(PLUGINS), os.environ.get("GST_PLUGIN_PATH", "")]
        variables = environment() | {"GST_PLUGIN_PATH": ":".join(path for path in paths if path)}
        done = subprocess.run([self.python, str(TIMER), self.job.video, str(seconds), self.fragment],
                              env=variables, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(tail(done.stderr, 1) or f"exit status {done.returncode}")
        return json.loads(done.stdout)


def inspect(element: str) -> str:
    """What gst-inspect-1.0 says of an element; nothing where there is none."""
    variables = environment() | {"GST_PLUGIN_PATH": str(PLUGINS)}
    done = subprocess.run(["gst-inspect-1.0", element], env=variables, capture_output=True, text=True,
                          check=False)
    return done.stdout if done.returncode == 0 else ""


def our_fragment(job: Job) -> str:
    said = inspect("convnext")
    if not said:
        raise Failed(f"no element convnext in {PLUGINS}; {BUILD_FIRST}")
    fragment = f"convnext mode=every-frame model={job.path('model.safetensors')}"
    if re.search(r"^\s+precision\s+:", said, re.MULTILINE):
        return f"{fragment} precision={job.precision}"
    if job.precision != "fp32":
        raise Failed("the element has no property precision")
    return fragment


def onnxinference_fragment(job: Job) -> str:
    """Empty where this GStreamer has no such element."""
    said = inspect("onnxinference")
    if not said or job.precision != "fp32":
        return ""
    shape = f"1,3,{job.size},{job.size}"
    Path(job.path("model.onnx.modelinfo")).write_text(
        "[modelinfo]\nversion=1.0\ngroup-id=peers\n\n"
        f"[frames]\nid=peers-frames\ntype=float32\ndims={shape}\ndir=input\n"
        "ranges=-2.0,2.0;-2.0,2.0;-2.0,2.0\n\n"
        "[logits]\nid=peers-logits\ntype=float32\ndims=1,-1\ndir=output\n", encoding="utf-8")
    layout = " input-image-format=chw" if "input-image-format" in said else ""
    return (f"videoscale ! videoconvert ! video/x-raw,format=RGB,width={job.size},height={job.size} "
            f"! onnxinference model-file={job.path('model.onnx')} execution-provider=cpu{layout}")


def makers(job: Job, options):
    """Yields (name, function that makes the contender), in the order of the rows."""
    python = options.system_python
    if options.ours:
        yield ELEMENT, lambda: GstPipeline(ELEMENT, "mode=every-frame", our_fragment(job), job, python)
        yield BENCH, lambda: Ours(options.convnext, job, BENCH)
    if job.precision in PRECISIONS["opencv"]:
        yield NAMES["opencv"], lambda: Peer("opencv", job)
    fragment = onnxinference_fragment(job)
    if fragment:
        yield "onnxinference", lambda: GstPipeline("onnxinference", "cpu", fragment, job, python)


def result(contender: Contender, started: dict, label: dict) -> dict:
    """A row as it goes into the JSON file. A round counts with its mean, from frame to frame, and the bench
    alone with its median."""
    def times(each):
        return [measured.get("mean", measured["median"]) for measured in each.rounds]

    ours, bench = started.get(ELEMENT), started.get(BENCH)
    best = min(times(contender))
    return {**label, "contender": contender.name, "how": contender.how, "ms_best": best,
            "ms_median": statistics.median(times(contender)), "fps": 1000 / best,
            "bench_ratio": best / min(times(bench)) if bench else None,
            "ours_ratio": min(times(ours)) / best if ours else None, "rounds": contender.rounds}


def results_table(rows: list[dict]) -> str:
    return report.table(rows, COLUMNS)
