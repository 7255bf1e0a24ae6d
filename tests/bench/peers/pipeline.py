"""Frame for frame through a pipeline: our element, Python with OpenCV and ONNX Runtime, and onnxinference.

What a pipeline could do at most is the network alone, as `convnext bench` times it, and the frames' source and
preprocessing spread over the cores: the bound. All four are timed in the same rounds."""
import json
import os
import re
import shutil
import statistics
import subprocess
from pathlib import Path

from peers import report
from peers.contenders import BUILD_FIRST, NAMES, Contender, Failed, Ours, Peer, environment, tail
from peers.job import PRECISIONS, Job, cores

FRAMES = 60
TIMER = Path(__file__).with_name("gst_timer.py")
ELEMENT, BENCH, SOURCE, FRAME_IN = "convnext element", "convnext bench", "source alone", "preprocessing alone"
ALONE = {BENCH, SOURCE, FRAME_IN}
COLUMNS = {"ms best": ("ms_best", ".2f"), "ms median": ("ms_median", ".2f"), "frames/s": ("fps", ".1f"),
           "of bench": ("bench_share", ".0%"), "bound": ("bound_ms", ".2f"), "of bound": ("bound_share", ".0%"),
           "ours / it": ("ours_ratio", ".2f")}


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

    def __init__(self, name: str, how: str, fragment: str, job: Job, options):
        super().__init__(name)
        self.how, self.fragment, self.job, self.options = how, fragment, job, options
        self.measure(0)

    def measure(self, seconds: float) -> dict:
        done = subprocess.run([self.options.system_python, str(TIMER), self.job.video, str(seconds), self.fragment],
                              env=plugin_environment(self.options), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(tail(done.stderr, 1) or f"exit status {done.returncode}")
        return json.loads(done.stdout)


class FrameIn(Contender):
    """What the element does to a frame before the network, on one core; every round is one run of bench-framein."""

    def __init__(self, job: Job, options):
        super().__init__(FRAME_IN)
        self.how, self.job = "one core", job
        self.command = build_folder(options) / "tests/bench/bench-framein"
        if not self.command.is_file():
            raise Failed(f"{self.command} is not there; {BUILD_FIRST}")

    def measure(self, seconds: float) -> dict:
        done = subprocess.run([str(self.command), self.job.path("model.safetensors"), self.job.video, str(seconds)],
                              env=environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(tail(done.stderr, 1) or f"exit status {done.returncode}")
        return json.loads(done.stdout)


def build_folder(options) -> Path:
    """The one that our command is in, so that all of ours is of one build."""
    return Path(options.convnext).resolve().parents[1]


def plugin_environment(options) -> dict[str, str]:
    paths = [str(build_folder(options) / "gst-plugin"), os.environ.get("GST_PLUGIN_PATH", "")]
    return environment() | {"GST_PLUGIN_PATH": ":".join(path for path in paths if path)}


def inspect(element: str, options) -> str:
    """What gst-inspect-1.0 says of an element; nothing where there is none."""
    done = subprocess.run(["gst-inspect-1.0", element], env=plugin_environment(options), capture_output=True,
                          text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def our_fragment(job: Job, options) -> str:
    said = inspect("convnext", options)
    if not said:
        raise Failed(f"no element convnext in {build_folder(options) / 'gst-plugin'}; {BUILD_FIRST}")
    fragment = f"convnext mode=every-frame model={job.path('model.safetensors')}"
    if re.search(r"^\s+precision\s+:", said, re.MULTILINE):
        return f"{fragment} precision={job.precision}"
    if job.precision != "fp32":
        raise Failed("the element has no property precision")
    return fragment


def onnxinference_fragment(job: Job, options) -> str:
    """Empty where this GStreamer has no such element."""
    said = inspect("onnxinference", options)
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
    if options.ours:
        yield ELEMENT, lambda: GstPipeline(ELEMENT, "mode=every-frame", our_fragment(job, options), job, options)
        yield BENCH, lambda: Ours(options.convnext, job, BENCH)
        yield SOURCE, lambda: GstPipeline(SOURCE, "appsrc ! fakesink", "", job, options)
        yield FRAME_IN, lambda: FrameIn(job, options)
    if job.precision in PRECISIONS["opencv"]:
        yield NAMES["opencv"], lambda: Peer("opencv", job)
    fragment = onnxinference_fragment(job, options)
    if fragment:
        yield "onnxinference", lambda: GstPipeline("onnxinference", "cpu", fragment, job, options)


def round_times(contender: Contender) -> list[float]:
    """A round counts with its mean, from frame to frame, and the bench alone with its median."""
    return [measured.get("mean", measured["median"]) for measured in contender.rounds]


def least_times(started: dict) -> dict[str, float | None]:
    """Of what is timed alone, ms a frame in the best round."""
    return {name: min(round_times(started[name])) if name in started else None for name in ALONE}


def bound_ms(alone: dict) -> float | None:
    """Frame to frame at best: the network alone, the rest spread over the cores."""
    if None in alone.values():
        return None
    return alone[BENCH] + (alone[SOURCE] + alone[FRAME_IN]) / cores()


def result(contender: Contender, started: dict, label: dict) -> dict:
    """A row as it goes into the JSON file."""
    ours, alone, best = started.get(ELEMENT), least_times(started), min(round_times(contender))
    row = {**label, "contender": contender.name, "how": contender.how, "ms_best": best,
           "ms_median": statistics.median(round_times(contender)), "fps": 1000 / best, "rounds": contender.rounds}
    if contender.name in ALONE:
        return row
    bound = bound_ms(alone)
    return {**row, "bench_share": alone[BENCH] / best if alone[BENCH] else None, "bound_ms": bound,
            "bound_share": bound / best if bound else None,
            "ours_ratio": min(round_times(ours)) / best if ours else None}


def results_table(rows: list[dict]) -> str:
    return (f"{report.table(rows, COLUMNS)}\n\n"
            f"bound: bench + (source + preprocessing) / {cores()} cores; of bound, of bench: what it reaches of them.")
