"""PyTorch, eager and optionally compiled, in both memory formats."""
import contextlib
from pathlib import Path

import torch

from peers import network
from peers.job import Job


def make_run(model, job: Job, memory_format):
    model = model.to(memory_format=memory_format)

    def run(frames):
        context = contextlib.nullcontext()
        if job.precision == "bf16":
            context = torch.autocast("cpu", dtype=torch.bfloat16)
        with torch.inference_mode(), context:
            tensor = torch.from_numpy(frames).to(memory_format=memory_format)
            return model(tensor).float().numpy()

    return run


def candidates(job: Job):
    """Yields (how, function from frames to logits)."""
    torch.set_num_threads(job.threads)
    for name, memory_format in (("NCHW", torch.contiguous_format), ("channels_last", torch.channels_last)):
        model = network.load(Path(job.path("model.safetensors")))
        yield name, make_run(model, job, memory_format)
        if job.inductor:
            compiled = torch.compile(model.to(memory_format=memory_format))
            yield f"{name}, inductor", make_run(compiled, job, memory_format)
