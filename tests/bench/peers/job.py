"""What a peer is asked to time, and the frames that go in. Needs numpy alone."""
import dataclasses
import json
import os
from pathlib import Path

import numpy as np

PRECISIONS = {"ort": ("fp32", "int8"), "openvino": ("fp32", "bf16", "int8"), "torch": ("fp32", "bf16"),
              "opencv": ("fp32", "int8")}
CHECKED_FRAMES = 8
CALIBRATION_FRAMES = 8
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclasses.dataclass
class Job:
    """One network at one precision. `folder` holds model.safetensors, model.onnx and checked.npy."""
    folder: str
    precision: str
    size: int
    batch: int
    threads: int
    inductor: bool = False
    video: str = ""

    def path(self, name: str) -> str:
        return str(Path(self.folder) / name)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Job":
        return cls(**json.loads(text))


def make_frames(count: int, size: int, seed: int) -> np.ndarray:
    """Normalised NCHW frames: coarse random patches of colour, which tell frames apart, and some noise."""
    random = np.random.default_rng(seed)
    cells = max(size // 32, 1)
    coarse = random.normal(0, 1, (count, 3, cells, cells)).astype(np.float32)
    index = np.arange(size) * cells // size
    frames = coarse[:, :, index][:, :, :, index]
    frames += random.normal(0, 0.2, frames.shape).astype(np.float32)
    return np.ascontiguousarray(frames)


def calibration_frames(job: Job) -> list[np.ndarray]:
    frames = make_frames(CALIBRATION_FRAMES * job.batch, job.size, seed=2)
    return list(frames.reshape(-1, job.batch, *frames.shape[1:]))


def cpu_flags() -> set[str]:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def has_vnni() -> bool:
    """Without it the peers add two products of 8 bits up in 16, which may overflow: weights get 7 bits."""
    return bool(cpu_flags() & {"avx512_vnni", "avx_vnni", "asimddp"})


def has_bf16() -> bool:
    """Without it OpenVINO computes in fp32 and PyTorch takes seconds a frame."""
    return bool(cpu_flags() & {"avx512_bf16", "amx_bf16", "bf16"})


def cores() -> int:
    return len(os.sched_getaffinity(0))
