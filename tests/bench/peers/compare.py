"""Runs the contenders of each model and precision in turn and gathers the rows."""
import shutil
import sys
import time
from pathlib import Path

from peers import pipeline, report
from peers.contenders import NAMES, Failed, Ours, Peer
from peers.job import PRECISIONS, Job, cores, has_bf16
from peers.prepare import Prepared

# After this a peer's threads have stopped to spin.
SETTLE_SECONDS = 0.1
# Of the machine, in a round.
MOST_OTHERS = 0.1


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def network_makers(job: Job, options):
    """Yields (name, function that makes the contender), in the order of the rows."""
    if options.ours:
        yield "convnext", lambda: Ours(options.convnext, job)
    for peer in options.peers:
        if job.precision in PRECISIONS[peer] and (job.precision != "bf16" or has_bf16()):
            yield NAMES[peer], lambda peer=peer: Peer(peer, job)


def start(makers, label: dict, failed: list[dict]) -> dict:
    """The contenders that could be made, by name; a row in `failed` for each other one."""
    started = {}
    for name, make in makers:
        say(f"{label['model']} {label['precision']}: preparing {name}")
        try:
            started[name] = make()
        except Failed as error:
            failed.append({**label, "contender": name, "failed": str(error)})
    return started


def run_rounds(started: dict, label: dict, failed: list[dict], options) -> None:
    """Everyone in turn, each round begun by the next one. Who fails is out."""
    for number in range(options.rounds):
        say(f"{label['model']} {label['precision']}: round {number + 1} of {options.rounds}")
        names = list(started)
        shift = number % max(len(names), 1)
        for name in names[shift:] + names[:shift]:
            try:
                started[name].run_round(options.seconds)
                time.sleep(SETTLE_SECONDS)
            except Failed as error:
                started.pop(name).close()
                failed.append({**label, "contender": name, "failed": str(error)})


def compare(prepared: Prepared, precision: str, options) -> list[dict]:
    """The rows of one model at one precision."""
    job = Job(str(prepared.folder), precision, options.size, options.batch, options.threads or cores(),
              options.inductor, options.video)
    makers = pipeline.makers(job, options) if options.pipeline else network_makers(job, options)
    label, failed = {"model": prepared.variant, "precision": precision}, []
    started = start(makers, label, failed)
    try:
        run_rounds(started, label, failed, options)
    finally:
        for contender in started.values():
            contender.close()
    if options.pipeline:
        return [pipeline.result(each, started, label) for each in started.values()] + failed
    ours = started.get("convnext")
    return [report.result(each, prepared, label, ours) for each in started.values()] + failed


def compare_all(options, folder: Path) -> list[dict]:
    names = options.variants
    if options.model:
        stem = options.model.stem
        names = [options.model.resolve().parent.name if stem == "model" else stem]
    if options.pipeline:
        options.batch = 1
        options.video = str(pipeline.make_video(folder))
    rows = []
    for name in names:
        say(f"{name}: writing weights and ONNX")
        prepared = Prepared(folder / name, name, options.model, options.size, options.batch)
        for precision in options.precisions:
            rows += compare(prepared, precision, options)
        shutil.rmtree(prepared.folder)
    return rows


def run(options, folder: Path) -> list[dict]:
    """Prints the machine, then the table; returns the rows."""
    print(report.describe_machine(), flush=True)
    if "bf16" in options.precisions and not has_bf16():
        print("This CPU has neither avx512_bf16 nor AMX: the peers are not timed in bf16.")
    rows = compare_all(options, folder)
    print("\n" + (pipeline.results_table(rows) if options.pipeline else report.results_table(rows)))
    others = max((measured["others"] for row in rows for measured in row.get("rounds", [])), default=0)
    if others > MOST_OTHERS:
        print(f"\nOthers took up to {others:.0%} of the CPU during a round: not to be relied on.")
    return rows
