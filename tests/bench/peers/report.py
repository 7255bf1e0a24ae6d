"""What is printed: the machine, and tables in Markdown."""
import os
from importlib import metadata
from pathlib import Path

import numpy as np

from peers.contenders import Contender
from peers.job import cores, cpu_flags

SHOWN_FLAGS = ("avx2", "fma", "f16c", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16",
               "amx_int8", "asimddp", "bf16", "i8mm")
FIRST_COLUMNS = ("model", "contender", "how")
COLUMNS = {"ms min": ("ms_min", ".2f"), "ms median": ("ms_median", ".2f"), "GFLOP/s": ("gflops", ".1f"),
           "of fp32 peak": ("peak_ratio", ".0%"), "ours / it": ("ours_ratio", ".2f"),
           "max diff": ("max_difference", ".2g"), "top-1": ("top1", "s")}
DISTRIBUTIONS = ("onnxruntime", "openvino", "nncf", "torch", "opencv-python-headless", "opencv-python")


def is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return os.uname().machine


def describe_machine() -> str:
    flags = cpu_flags()
    shown = [flag for flag in SHOWN_FLAGS if flag in flags]
    missing = [flag for flag in ("avx512f", "avx512_bf16", "avx512_vnni") if flag not in flags]
    without = f" (without {', '.join(missing)})" if missing and os.uname().machine == "x86_64" else ""
    versions = [f"{name} {metadata.version(name)}" for name in DISTRIBUTIONS if is_installed(name)]
    return f"{cpu_model()}, {cores()} cores, {' '.join(shown)}{without}; {', '.join(versions)}"


def cells(row: dict, columns: dict) -> list[str]:
    first = [f"{row['model']} {row['precision']}", row["contender"], row.get("failed") or row["how"]]
    return first + ["-" if row.get(key) is None else format(row[key], form) for key, form in columns.values()]


def table(rows: list[dict], columns: dict) -> str:
    """Markdown whose columns line up: what was timed, and `columns`, title to (key of a row, format)."""
    lines = [[*FIRST_COLUMNS, *columns]] + [cells(row, columns) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    text, names = [], len(FIRST_COLUMNS)
    for line in lines:
        padded = [cell.ljust(width) if i < names else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(line, widths))]
        text.append("| " + " | ".join(padded) + " |")
    rule = ["-" * (width + 2) if i < names else "-" * (width + 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([text[0], "|" + "|".join(rule) + "|", *text[1:]])


def result(contender: Contender, prepared, label: dict, ours: Contender | None) -> dict:
    """A row as it goes into the JSON file."""
    best = contender.best()
    gflops = prepared.flops / best / 1e6
    peak = max(each["peak_gflops"] for each in ours.rounds) if ours else None
    row = {**label, "contender": contender.name, "how": contender.how, "ms_min": best,
           "ms_median": contender.middle(), "gflops": gflops, "peak_ratio": gflops / peak if peak else None,
           "ours_ratio": ours.best() / best if ours else None, "tried": getattr(contender, "tried", None),
           "rounds": contender.rounds}
    if contender.logits is not None and contender.logits.shape == prepared.logits.shape:
        agree = contender.logits.argmax(1) == prepared.logits.argmax(1)
        row["max_difference"] = float(np.abs(contender.logits - prepared.logits).max())
        row["top1"] = f"{agree.sum()}/{len(agree)}"
    return row


def results_table(rows: list[dict]) -> str:
    return table(rows, COLUMNS)
