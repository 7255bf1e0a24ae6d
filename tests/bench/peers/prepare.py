"""Writes what the contenders read into a folder: weights, ONNX, frames; and computes the reference logits."""
import os
import warnings
from pathlib import Path

import numpy as np
import torch

from peers import network
from peers.job import CHECKED_FRAMES, make_frames

ONNX_OPSET = 17


def export_onnx(model, path: Path, size: int, batch: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.zeros(batch, 3, size, size),), str(path), dynamo=False,
                          opset_version=ONNX_OPSET, input_names=["frames"], output_names=["logits"])


def reference_logits(model, frames: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return np.concatenate([model(torch.from_numpy(frame[None])).numpy() for frame in frames])


class Prepared:
    """A folder for one variant (or one file of weights): its path, FLOPs of a frame, and logits."""

    def __init__(self, folder: Path, variant: str, weights: Path | None, size: int, batch: int):
        folder.mkdir()
        self.folder, self.variant = folder, variant
        target = folder / "model.safetensors"
        if weights:
            os.symlink(weights.resolve(), target)
        else:
            network.save_random(variant, target)
        network.write_config(folder, size)
        model = network.load(target)
        self.flops = network.count_flops(model, size)
        export_onnx(model, folder / "model.onnx", size, batch)
        count = -(-CHECKED_FRAMES // batch) * batch
        frames = make_frames(count, size, seed=1)
        np.save(folder / "checked.npy", frames)
        self.logits = reference_logits(model, frames)
