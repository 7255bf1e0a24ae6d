#!/usr/bin/env python3
"""Compares `convnext tag` with Pillow and ONNX Runtime on a folder of pictures: the same weights, rounds in turn.

Needs what peers-requirements.txt names and a build; pillow_heif, where it is installed, reads HEIF. The pictures may be
make-pictures'. Run it on an idle machine; no test needs it."""
import argparse
import collections
import concurrent.futures
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
MODULES = ("torch", "numpy", "safetensors", "onnx", "onnxruntime", "PIL")
# Pictures that the ways to run it are tried on.
PROBE = 200
# The command's default threshold.
SURE = 0.5


class Failed(Exception):
    """A contender could not run; the message says why."""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], epilog=__doc__.split("\n\n")[1])
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="of pictures; folders in it too")
    add("--model", type=Path, default=TOP / "models/everyday", metavar="DIR",
        help="holds model.safetensors, timm's names, and config.json (the model that ships)")
    add("--rounds", type=int, default=5, help="of each, in turn (5)")
    add("--batch", type=int, default=32, help="pictures in a pass of the peer's (32)")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of the peer that decode (every core)")
    add("--draft", type=float, default=2, metavar="X",
        help="the peer's JPEGs are decoded at X times the resized size or more, by libjpeg's quick way; 0: whole (2)")
    add("--convnext", default=str(TOP / "build/pipelines/convnext"), metavar="PATH", help="our command")
    add("--no-ours", dest="ours", action="store_false", help="time the peer alone")
    add("--json", type=Path, metavar="FILE", help="write every number here")
    options = parser.parse_args()
    if min(options.rounds, options.batch, options.threads) < 1:
        parser.error("--rounds, --batch and --threads are above 0")
    return options


def require():
    missing = [module for module in MODULES if not importlib.util.find_spec(module)]
    if missing:
        raise SystemExit(f"missing in {sys.executable}: {', '.join(missing)}; "
                         f"{sys.executable} -m pip install -r {HERE / 'peers-requirements.txt'}")


require()
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

from peers import network, prepare  # noqa: E402
from peers.report import cpu_model  # noqa: E402

if importlib.util.find_spec("pillow_heif"):
    import pillow_heif
    pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None


class Recipe:
    """How a picture becomes the network's input, as the model's config.json says it; shorter side, then centre crop."""

    def __init__(self, path, draft):
        config = json.loads(path.read_text(encoding="utf-8"))
        self.labels, rule = config["label_names"], config["pretrained_cfg"]
        if rule["crop_mode"] != "center":
            raise SystemExit(f"{path}: crop_mode {rule['crop_mode']}; this knows center alone")
        self.size = rule["input_size"][1]
        self.short = math.floor(self.size / rule["crop_pct"])
        self.filter = Image.Resampling[rule["interpolation"].upper()]
        self.draft = draft
        # (value / 255 - mean) / std as one product and one sum.
        self.scale = (1 / 255 / np.array(rule["std"])).astype(np.float32)
        self.shift = (-np.array(rule["mean"]) / np.array(rule["std"])).astype(np.float32)

    def read(self, path):
        """Normalised, channels first; None where Pillow cannot read it."""
        try:
            with Image.open(path) as image:
                if self.draft:
                    image.draft("RGB", (round(self.short * self.draft),) * 2)
                image = ImageOps.exif_transpose(image).convert("RGB")
        except (OSError, SyntaxError, ValueError):
            return None
        width, height = image.size
        short, long = min(width, height), max(width, height)
        other = int(self.short * long / short)
        wide, high = (self.short, other) if width <= height else (other, self.short)
        left, top = round((wide - self.size) / 2), round((high - self.size) / 2)
        image = image.resize((wide, high), self.filter).crop((left, top, left + self.size, top + self.size))
        return (np.asarray(image, np.float32) * self.scale + self.shift).transpose(2, 0, 1)


class Peer:
    """Threads that decode, batches through a session; `how`: the quickest number of the session's threads."""
    name = "Pillow + ONNX Runtime"

    def __init__(self, options, files, folder):
        self.recipe = Recipe(options.model / "config.json", options.draft)
        self.files, self.options, self.onnx = files, options, folder / "model.onnx"
        model = network.load(options.model / "model.safetensors")
        prepare.export_onnx(model, self.onnx, self.recipe.size, options.batch)
        tried = {}
        for threads in sorted({1, len(os.sched_getaffinity(0))}):
            self.open(threads)
            start = time.perf_counter()
            self.answers(files[:PROBE])
            tried[threads] = time.perf_counter() - start
        best = min(tried, key=tried.get)
        self.open(best)
        self.how = f"{options.threads} decoding threads, {best} of ONNX Runtime, batches of {options.batch}, " \
            f"draft {options.draft:g}"

    def open(self, threads):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        # Threads that spin would take the decoders' cores.
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        settings.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(self.onnx), settings, providers=["CPUExecutionProvider"])

    def classify(self, names, inputs, found):
        batch = np.zeros((self.options.batch, 3, self.recipe.size, self.recipe.size), np.float32)
        batch[:len(inputs)] = inputs
        logits = self.session.run(None, {"frames": batch})[0][:len(inputs)]
        for name, row in zip(names, logits):
            best = int(row.argmax())
            found[name] = self.recipe.labels[best], float(1 / np.exp(row - row[best]).sum())

    def answers(self, files):
        """{path: (label, confidence)}; no more pictures are in memory than two batches and the threads' own."""
        found, names, inputs, waiting = {}, [], [], collections.deque()
        with concurrent.futures.ThreadPoolExecutor(self.options.threads) as pool:
            rest = iter(files)
            while True:
                while len(waiting) < 2 * self.options.batch and (path := next(rest, None)) is not None:
                    waiting.append((path, pool.submit(self.recipe.read, path)))
                if not waiting:
                    break
                path, job = waiting.popleft()
                if (read := job.result()) is not None:
                    names.append(path)
                    inputs.append(read)
                if len(inputs) == self.options.batch:
                    self.classify(names, inputs, found)
                    names, inputs = [], []
        if inputs:
            self.classify(names, inputs, found)
        return found

    def run(self):
        return self.answers(self.files)


class Ours:
    """The command; every round is one run of it, from its start to its end."""
    name = "convnext tag"

    def __init__(self, options):
        command = Path(options.convnext)
        if not os.access(command, os.X_OK):
            raise SystemExit(f"{command} is not there; build first: meson setup build && ninja -C build")
        self.line = [str(command.resolve()), "tag", "--output", "-", "--format", "jsonl", "--threshold", "0",
                     "--top-k", "1", "--model", str(options.model), str(options.folder)]
        self.how = " ".join(self.line[1:-3])

    def run(self):
        done = subprocess.run(self.line, capture_output=True, text=True, check=False)
        found = {}
        try:
            for line in map(json.loads, done.stdout.splitlines()):
                if line.get("labels"):
                    first = line["labels"][0]
                    found[str(Path(line["file"]).resolve())] = first["label"], first["confidence"]
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"what the command wrote is not the expected JSON: {error!r}") from None
        if not found:
            raise Failed(f"exit status {done.returncode}: {done.stderr.strip()[-300:]}")
        return found


def find_pictures(folder):
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not a folder")
    files = sorted(str(path.resolve()) for path in folder.rglob("*") if path.is_file())
    if not files:
        raise SystemExit(f"{folder} holds no file")
    return files


def run_rounds(contenders, options):
    """{name: pictures a second of each round}, {name: its last answers}."""
    speeds, answers = {each.name: [] for each in contenders}, {}
    for number in range(options.rounds):
        for each in contenders[number % len(contenders):] + contenders[:number % len(contenders)]:
            start = time.perf_counter()
            answers[each.name] = each.run()
            speeds[each.name].append(len(answers[each.name]) / (time.perf_counter() - start))
            print(f"round {number + 1}: {each.name} {speeds[each.name][-1]:.1f}/s", file=sys.stderr, flush=True)
    return speeds, answers


def agreement(paths, ours, peer):
    return {"compared": len(paths), "same": sum(ours[path][0] == peer[path][0] for path in paths)}


def summarise(contenders, speeds, answers, files):
    rows = []
    for each in contenders:
        rows.append({"contender": each.name, "how": each.how, "pictures": len(answers[each.name]), "files": len(files),
                     "unread": sorted({Path(path).suffix for path in files if path not in answers[each.name]}),
                     "min": min(speeds[each.name]), "median": statistics.median(speeds[each.name]),
                     "max": max(speeds[each.name]), "rounds": speeds[each.name]})
    result = {"machine": f"{cpu_model()}, {len(os.sched_getaffinity(0))} cores", "contenders": rows}
    if len(rows) == 2:
        ours, peer = (answers[row["contender"]] for row in rows)
        both = [path for path in ours if path in peer]
        result["ratio"] = rows[0]["median"] / rows[1]["median"]
        result["all"] = agreement(both, ours, peer)
        result["sure"] = agreement([path for path in both if max(ours[path][1], peer[path][1]) >= SURE], ours, peer)
        result["different"] = [{"file": path, "ours": ours[path], "peer": peer[path]} for path in both
                               if ours[path][0] != peer[path][0]]
    return result


def print_result(result):
    print(result["machine"])
    print("| contender | pictures | a second: min | median | max |\n|---|--:|--:|--:|--:|")
    for row in result["contenders"]:
        print(f"| {row['contender']} ({row['how']}) | {row['pictures']} of {row['files']} | {row['min']:.1f} | "
              f"{row['median']:.1f} | {row['max']:.1f} |")
    for row in result["contenders"]:
        if row["unread"]:
            print(f"{row['contender']} did not read all of {', '.join(row['unread'])}")
    if "ratio" in result:
        print(f"ours / peer, of the medians: {result['ratio']:.2f}")
        for which, what in ("all", "pictures"), ("sure", f"those that one of them gives at least {SURE:.0%}"):
            same, compared = result[which]["same"], result[which]["compared"]
            print(f"the same first label: {same} of {compared} {what}, {same / max(compared, 1):.2%}")


def main():
    options = parse_arguments()
    files = find_pictures(options.folder)
    with tempfile.TemporaryDirectory(prefix="tag-peer-") as folder:
        contenders = ([Ours(options)] if options.ours else []) + [Peer(options, files, Path(folder))]
        try:
            result = summarise(contenders, *run_rounds(contenders, options), files)
        except Failed as error:
            print(f"tag_peer: {error}", file=sys.stderr)
            return 1
    print_result(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
