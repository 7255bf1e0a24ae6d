"""The process of one peer: python3 -m peers.worker NAME JOB.

Prepares, says that it is ready, then times passes for as many seconds as each line of its input says, and
sleeps in between. Answers are lines of JSON."""
import importlib
import json
import os
import statistics
import sys
import time

import numpy as np

from peers.job import Job, make_frames

PROBE_SECONDS = 0.7
FEWEST_PASSES = 3


def time_passes(run, frames, seconds: float) -> list[float]:
    """Milliseconds of each pass."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < FEWEST_PASSES or time.perf_counter() < end:
        start = time.perf_counter()
        run(frames)
        times.append(1000 * (time.perf_counter() - start))
    return times


def fastest(candidates, frames):
    """(how, function) of the candidate with the quickest pass, and what each took."""
    best, best_time, tried = None, 0.0, {}
    for how, run in candidates:
        run(frames)
        tried[how] = min(time_passes(run, frames, PROBE_SECONDS))
        if best is None or tried[how] < best_time:
            best, best_time = (how, run), tried[how]
    return best, tried


def check(run, job: Job) -> list[list[float]]:
    """The logits of the frames that all contenders are compared on."""
    checked = np.load(job.path("checked.npy"))
    batches = checked.reshape(-1, job.batch, *checked.shape[1:])
    return [row.tolist() for batch in batches for row in np.array(run(batch))]


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    peer = importlib.import_module(f"peers.{sys.argv[1]}_peer")
    job = Job.from_json(sys.argv[2])
    frames = make_frames(job.batch, job.size, seed=3)
    (how, run), tried = fastest(peer.candidates(job), frames)
    answer(how=how, tried=tried, logits=[] if job.video else check(run, job))
    idle_since, cpu_since = time.perf_counter(), time.process_time()
    for line in sys.stdin:
        pause, idle_cpu = time.perf_counter() - idle_since, time.process_time() - cpu_since
        cpu = time.process_time()
        times = [t / job.batch for t in time_passes(run, frames, float(line))]
        answer(cpu=time.process_time() - cpu, min=min(times), median=statistics.median(times),
               mean=statistics.mean(times), passes=len(times), pause=pause, idle_cpu=idle_cpu)
        idle_since, cpu_since = time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
