#!/usr/bin/env python3
"""Hugging Face's image processors against `convnext run`: the same pictures of forty shapes through each class of
processors and through the same random network, the slow one (PIL) and where torchvision is there the fast one.

usage: processors.py CONVNEXT [--table]

Needs transformers and PyTorch, and says so where they are missing. --table prints where each processor puts a picture,
as tests/core/model/test-processors.c has it."""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import numpy
    import torch
    import transformers
    from PIL import Image
    from transformers import image_processing_backends as backends
except ImportError as missing:
    sys.exit(f"this needs transformers, PyTorch, Pillow and NumPy: {missing}")

PICTURE = Path(__file__).resolve().parents[1] / "data/pictures/chelsea.png"
# How far the softmax of a random network may be from the reference's: both resize, each by its own arithmetic, which
# made 0.0011; a crop one pixel beside makes 0.002 to 0.006 of most of these pictures.
APART = 1.5e-3
SHAPES = [(320, 256), (321, 256), (322, 256), (323, 256), (324, 256), (325, 256), (327, 256), (640, 480), (640, 427),
          (427, 640), (451, 300), (300, 451), (256, 320), (256, 321), (256, 323), (100, 100), (99, 101), (640, 360),
          (512, 512), (500, 333), (333, 500), (231, 231), (235, 240), (229, 400), (200, 150), (150, 200), (333, 250),
          (250, 333), (448, 299), (299, 448), (77, 150), (150, 77), (641, 479), (479, 641), (400, 225), (225, 400),
          (384, 384), (383, 385), (600, 401), (401, 600)]
EDGE = "shortest_edge"
KINDS = [
    ("ConvNext", {"size": {EDGE: 224}}),
    ("ConvNext", {"size": {EDGE: 224}, "crop_pct": 0.95, "resample": 2}),
    ("ConvNext", {"size": {EDGE: 288}, "crop_pct": 1.0}),
    ("ConvNext", {}),
    ("ViT", {}),
    ("ViT", {"size": {"height": 192, "width": 256}, "resample": 3}),
    ("DeiT", {}),
    ("CLIP", {}),
    ("CLIP", {"size": {EDGE: 235}}),
    ("Bit", {"size": {EDGE: 256}, "crop_size": 224, "image_mean": [0.485, 0.456, 0.406]}),
    ("DINOv3ViT", {}),
]


def make_model(folder):
    config = transformers.ConvNextConfig(hidden_sizes=[16, 32, 64, 128], depths=[1, 1, 1, 1], num_labels=10)
    torch.manual_seed(1)
    model = transformers.ConvNextForImageClassification(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() >= 2:
                parameter.copy_(torch.randn_like(parameter) / parameter[0].numel() ** 0.5)
            elif parameter.numel() > 10:
                parameter.add_(0.2 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return model


def make_pictures(folder):
    source = Image.open(PICTURE).convert("RGB")
    paths = [folder / f"{width}x{height}.png" for width, height in SHAPES]
    for (width, height), path in zip(SHAPES, paths):
        source.resize((width, height), Image.BICUBIC).save(path)
    return paths


def processors(name, values):
    """(slow or fast, processor)"""
    for kind, ending in ("slow", "ImageProcessorPil"), ("fast", "ImageProcessor"):
        try:
            yield kind, getattr(transformers, name + ending)(**values)
        except (AttributeError, ImportError, RuntimeError):
            pass


def ask(convnext, folder, paths):
    line = [convnext, "run", folder, "--precision", "fp32", "--json", "-k", "10", "--threshold", "0", "--image", *paths]
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    answers = numpy.zeros((len(paths), 10))
    for number, text in enumerate(done.stdout.splitlines()):
        for label in json.loads(text)["labels"]:
            answers[number, label["id"]] = label["confidence"]
    return answers


def compare(convnext, folder, model, paths, name, values):
    good = True
    for kind, processor in processors(name, values):
        processor.save_pretrained(folder)
        answers = ask(convnext, folder, paths)
        with torch.inference_mode():
            inputs = [processor(Image.open(path), return_tensors="pt")["pixel_values"] for path in paths]
            wanted = numpy.stack([model(each).logits[0].softmax(0).numpy() for each in inputs])
        apart = abs(answers - wanted).max(axis=1)
        good &= apart.max() <= APART
        print(f"{name} {json.dumps(values)}, {kind}: {(apart <= APART).sum()} of {len(paths)} shapes the same, "
              f"the furthest {apart.max():.4f} apart at {paths[apart.argmax()].stem}")
    return good


def places(name, values):
    """(the picture's shape resized, where the crop begins) for every shape, of the slow one, or else the fast one."""
    kind, processor = next(processors(name, values))
    owner = backends.PilBackend if kind == "slow" else backends.TorchvisionBackend
    seen, real = [], owner.center_crop

    def crop(self, image, size, **options):
        cropped = real(self, image, size, **options)
        seen.append((numpy.asarray(image), numpy.asarray(cropped)))
        return cropped

    owner.center_crop = crop
    for width, height in SHAPES:
        ramp = numpy.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=numpy.uint8)
        seen.clear()
        out = processor(Image.fromarray(ramp), return_tensors="pt", do_normalize=False)["pixel_values"][0]
        if not seen:
            yield (width, height), (out.shape[2], out.shape[1]), (0, 0)
            continue
        whole, part = seen[0]
        (place,) = [(x, y) for y in range(whole.shape[1] - part.shape[1] + 1)
                    for x in range(whole.shape[2] - part.shape[2] + 1)
                    if (whole[:, y:y + part.shape[1], x:x + part.shape[2]] == part).all()]
        yield (width, height), (whole.shape[2], whole.shape[1]), place
    owner.center_crop = real


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("convnext", type=Path)
    parser.add_argument("--table", action="store_true")
    args = parser.parse_args()
    if args.table:
        for name, values in KINDS:
            print(f"{name} {json.dumps(values)}")
            for (width, height), resized, (x, y) in places(name, values):
                print(f"    {{{width}, {height}, {{{resized[0]}, {resized[1]}, {x}, {y}}}}},")
        return 0
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        model, paths = make_model(folder), make_pictures(folder)
        return 0 if all([compare(args.convnext, folder, model, paths, *kind) for kind in KINDS]) else 1


if __name__ == "__main__":
    sys.exit(main())
