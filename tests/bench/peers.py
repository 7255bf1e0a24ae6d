#!/usr/bin/env python3
"""Compares `convnext` with ONNX Runtime, OpenVINO and PyTorch: the same weights, one run, rounds in turn.

Needs what peers-requirements.txt names, and a build. With --pipeline it compares video pipelines instead:
our element, and OpenCV with ONNX Runtime in Python, on the same 1080p NV12 frames. Run it on an idle machine;
no test needs it."""
import argparse
import importlib.util
import json
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
MODULES = {"torch": "torch", "numpy": "numpy", "safetensors": "safetensors", "onnx": "onnx",
           "ort": "onnxruntime", "openvino": "openvino", "opencv": "cv2"}
ALWAYS = ["torch", "numpy", "safetensors", "onnx"]
MOST_GOLDEN_DIFFERENCE = 1e-5
PEERS = ["ort", "openvino", "torch"]
VARIANTS = ["atto", "T", "S", "B"]
PRECISIONS = ["fp32", "bf16", "int8"]


def words(allowed):
    def split(text):
        chosen = [word for word in text.split(",") if word]
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError(f"'{word}' is none of {', '.join(allowed)}")
        return chosen
    return split


def positive(kind):
    def convert(text):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value
    return convert


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    add = parser.add_argument
    add("--variants", type=words(VARIANTS), default=VARIANTS, metavar="LIST",
        help="with random weights: of atto,T,S,B (the default)")
    add("--model", type=Path, metavar="FILE", help="these weights instead, .safetensors with timm's names")
    add("--precisions", type=words(PRECISIONS), default=["fp32", "int8"], metavar="LIST",
        help="of fp32,bf16,int8 (fp32,int8)")
    add("--peers", type=words(PEERS), default=PEERS, metavar="LIST",
        help="of ort,openvino,torch (all)")
    add("--size", type=positive(int), default=224, help="width and height of the input (224)")
    add("--batch", type=positive(int), default=1, help="frames in a pass (1)")
    add("--rounds", type=positive(int), default=5, help="of every contender, in turn (5)")
    add("--seconds", type=positive(float), default=2, help="of every round (2)")
    add("--threads", type=positive(int), help="of the peers (every core)")
    add("--inductor", action="store_true", help="try torch.compile too")
    add("--pipeline", action="store_true", help="compare video pipelines instead")
    add("--convnext", default=str(TOP / "build/pipelines/convnext"), metavar="PATH", help="our command")
    add("--no-ours", dest="ours", action="store_false", help="time the peers alone")
    add("--system-python", default="/usr/bin/python3", metavar="PATH",
        help="for --pipeline: a Python with gi and GStreamer (/usr/bin/python3)")
    add("--json", type=Path, metavar="FILE", help="write every number here")
    add("--check", action="store_true", help="only check our torch module against tests/data/golden")
    parser.set_defaults(video="")
    options = parser.parse_args()
    if options.model and not options.model.is_file():
        parser.error(f"{options.model} is not a file")
    return options


def require(names):
    modules = dict.fromkeys(MODULES[name] for name in names)
    missing = [module for module in modules if not importlib.util.find_spec(module)]
    if missing:
        raise SystemExit(f"missing in {sys.executable}: {', '.join(missing)}; "
                         f"{sys.executable} -m pip install -r {HERE / 'peers-requirements.txt'}")


def main():
    # So that the temporary folder goes and the peers end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = parse_arguments()
    require(ALWAYS + (["ort", "opencv"] if options.pipeline else options.peers))
    from peers import compare, contenders, network
    if options.check:
        raise SystemExit(network.check_golden(TOP / "tests/data/golden") > MOST_GOLDEN_DIFFERENCE)
    if options.ours:
        options.convnext = contenders.find_command(options.convnext)
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        rows = compare.run(options, Path(folder))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
