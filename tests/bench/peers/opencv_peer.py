"""OpenCV and ONNX Runtime in Python, from NV12 frames: what is usually written where no plugin is there."""
import cv2
import numpy as np

from peers import ort_peer
from peers.job import MEAN, STD, Job

WIDTH, HEIGHT = 1920, 1080


def prepare(frame: np.ndarray, size: int) -> np.ndarray:
    """Short side to size / 0.875, linear and not antialiased, the middle of it, normalised, NCHW."""
    rgb = cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_NV12)
    scale = int(size / 0.875) / HEIGHT
    rgb = cv2.resize(rgb, (int(WIDTH * scale), int(size / 0.875)), interpolation=cv2.INTER_LINEAR)
    top, left = (rgb.shape[0] - size) // 2, (rgb.shape[1] - size) // 2
    middle = rgb[top:top + size, left:left + size].astype(np.float32)
    return np.ascontiguousarray(((middle / 255 - MEAN) / STD).transpose(2, 0, 1)[None])


def make_run(run, video: np.ndarray, job: Job, threads: int):
    """Takes the next frame of the video each time; the frames that it is given do not matter."""
    position = 0

    def classify(_frames):
        nonlocal position
        position = (position + 1) % len(video)
        cv2.setNumThreads(threads)
        return run(prepare(video[position], job.size))

    return classify


def candidates(job: Job):
    """Yields (how, function): with OpenCV's own threads, which may hinder ONNX Runtime's, and without."""
    video = np.memmap(job.video, np.uint8, "r").reshape(-1, HEIGHT * 3 // 2, WIDTH)
    for how, run in ort_peer.candidates(job):
        for threads in sorted({1, job.threads}):
            yield f"{how}; OpenCV on {threads}", make_run(run, video, job, threads)
