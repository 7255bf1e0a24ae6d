"""Checkpoints as large as published ones, made on the spot: the shapes of timm's tensors, and files of them."""
import json
import math
import random
import struct

NOISE_VALUES = 1 << 18


def write_weights(path, shapes, dtypes=None):
    """Zeros in these shapes, F32 where @dtypes does not say F16, that take no room on the disk."""
    header, at = {}, 0
    for name, shape in shapes.items():
        dtype = (dtypes or {}).get(name, "F32")
        end = at + math.prod(shape) * (2 if dtype == "F16" else 4)
        header[name], at = {"dtype": dtype, "shape": shape, "data_offsets": [at, end]}, end
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)
    return path


def write_noise(path, shapes, seed=7):
    """Small random numbers in these shapes, as write_weights() has them: a network that takes as long as a trained one
    does, and finds something everywhere."""
    chance = random.Random(seed)
    noise = struct.pack(f"<{NOISE_VALUES}f", *(chance.gauss(0, 0.02) for _ in range(NOISE_VALUES)))
    write_weights(path, shapes)
    with open(path, "r+b") as file:
        (header,) = struct.unpack("<Q", file.read(8))
        left = file.seek(0, 2) - header - 8
        file.seek(8 + header)
        for at in range(0, left, len(noise)):
            file.write(noise[:left - at])
    return path


def timm_shapes(depths, dims, classes):
    """Every tensor of a ConvNeXt in timm's naming."""
    def pair(name, *shape):
        return {f"{name}.weight": list(shape), f"{name}.bias": [shape[0]]}

    shapes = {**pair("stem.0", dims[0], 3, 4, 4), **pair("stem.1", dims[0]), **pair("head.norm", dims[3]),
              **pair("head.fc", classes, dims[3])}
    for stage, (depth, width) in enumerate(zip(depths, dims)):
        if stage:
            shapes.update(pair(f"stages.{stage}.downsample.0", dims[stage - 1]))
            shapes.update(pair(f"stages.{stage}.downsample.1", width, dims[stage - 1], 2, 2))
        for block in (f"stages.{stage}.blocks.{number}." for number in range(depth)):
            shapes.update({**pair(block + "conv_dw", width, 1, 7, 7), **pair(block + "norm", width),
                           **pair(block + "mlp.fc1", 4 * width, width), **pair(block + "mlp.fc2", width, 4 * width),
                           block + "gamma": [width]})
    return shapes
