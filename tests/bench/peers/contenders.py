"""Those who are timed: a peer's process, and our command. Each has a name, how it runs, and rounds."""
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from peers.job import Job

TOP = Path(__file__).resolve().parents[3]
BUILD_FIRST = "build first: meson setup build && ninja -C build"
NAMES = {"ort": "ONNX Runtime", "openvino": "OpenVINO", "torch": "PyTorch", "opencv": "OpenCV + ONNX Runtime"}
# Seconds of a core between two rounds; above this a peer's idle threads get in the way of the others.
MOST_IDLE_CPU = 0.1


class Failed(Exception):
    """A contender could not run; the message says why."""


def environment() -> dict[str, str]:
    """Ours without what forces an OpenBLAS kernel, with the folder that holds this package."""
    kept = {key: value for key, value in os.environ.items()
            if key not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    return kept | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}


def busy_seconds() -> float:
    """CPU time of the whole machine so far, with what its host gave to other machines; 0 where the kernel
    does not say."""
    try:
        with open("/proc/stat", encoding="ascii") as stat:
            user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    except (OSError, ValueError):
        return 0.0
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def children_seconds() -> float:
    """CPU time of the child processes that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def tail(text: str, lines: int = 3) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-lines:])


class Contender:
    """Rounds add up in `rounds`: dictionaries with at least min and median, in ms of a frame."""

    def __init__(self, name: str):
        self.name, self.how, self.rounds = name, "", []
        self.logits: np.ndarray | None = None

    def run_round(self, seconds: float) -> None:
        """One more in `rounds`, with what others took of the machine meanwhile, 0 to 1, as `others`."""
        start, busy, own = time.perf_counter(), busy_seconds(), children_seconds()
        measured = self.measure(seconds)
        own = children_seconds() - own + measured.get("cpu", 0)
        others = busy_seconds() - busy - own
        measured["others"] = max(others / (time.perf_counter() - start) / os.cpu_count(), 0)
        self.rounds.append(measured)

    def measure(self, seconds: float) -> dict:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def best(self) -> float:
        return min(each["min"] for each in self.rounds)

    def middle(self) -> float:
        return statistics.median(each["median"] for each in self.rounds)


class Peer(Contender):
    """A worker process that lives from construction to close()."""

    def __init__(self, peer: str, job: Job):
        super().__init__(NAMES[peer])
        self.log = Path(job.folder) / f"{peer}-{job.precision}.log"
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "peers.worker", peer, job.to_json()], env=environment(), text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        try:
            ready = self.read()
        except BaseException:
            self.close()
            raise
        self.how, self.tried = ready["how"], ready["tried"]
        self.logits = np.array(ready["logits"])

    def read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            said = tail(self.log.read_text(encoding="utf-8"), 1)
            raise Failed(said.removeprefix("RuntimeError: ") or "the process ended")
        return json.loads(line)

    def measure(self, seconds: float) -> dict:
        try:
            print(seconds, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        measured = self.read()
        if measured["idle_cpu"] > MOST_IDLE_CPU:
            print(f"warning: {self.name} took {measured['idle_cpu']:.2f} s of a core between its rounds",
                  file=sys.stderr)
        return measured

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Ours(Contender):
    """The command `convnext`; every round is one run of it."""

    def __init__(self, command: Path, job: Job, name: str = "convnext"):
        super().__init__(name)
        self.command, self.job = command, job
        self.logits = self.run_logits()

    def run_command(self, *arguments: str) -> dict:
        line = [str(self.command), *arguments, "--precision", self.job.precision]
        done = subprocess.run(line, env=environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(tail(done.stderr) or f"exit status {done.returncode}")
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            raise Failed(f"no JSON but: {tail(done.stdout)}") from None

    def run_logits(self) -> np.ndarray:
        frames = np.load(self.job.path("checked.npy"))
        frames.astype("<f4").tofile(self.job.path("checked.f32"))
        said = self.run_command("run", self.job.path("model.safetensors"), "--tensor",
                                self.job.path("checked.f32"), "--shape", ",".join(map(str, frames.shape)))
        return np.array(said["logits"])

    def measure(self, seconds: float) -> dict:
        said = self.run_command("bench", self.job.path("model.safetensors"), "--size", str(self.job.size),
                                "--batch", str(self.job.batch), "--seconds", f"{seconds:g}", "--json")
        ran = said.get("precision", self.job.precision)
        self.how = said["device"] + ("" if ran == self.job.precision else f", in fact {ran}")
        return {**said, "min": said["ms_min"], "median": said["ms_median"]}


def find_command(path: str) -> Path:
    command = Path(path)
    if not os.access(command, os.X_OK) or not command.is_file():
        raise SystemExit(f"{command} is not there; {BUILD_FIRST}")
    return command.resolve()
