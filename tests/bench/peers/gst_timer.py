"""Times a part of a pipeline: gst_timer.py VIDEO SECONDS "ELEMENT ! ELEMENT". For a Python that has gi. Without an
element it times what feeds the others.

Pushes the frames of VIDEO (1080p NV12, one after the other, in memory before the clock starts) over and over
and prints the time from frame to frame at the sink, in ms, as JSON. The first frames, in which a network is
loaded, do not count."""
import json
import sys
import threading
import time

import gi
gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

WIDTH, HEIGHT = 1920, 1080
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
CAPS = f"video/x-raw,format=NV12,width={WIDTH},height={HEIGHT},framerate=30/1"
IN_FLIGHT = 4
WARM_FRAMES = 4
STALLED_SECONDS = 300


def read_frames(path):
    frames = []
    with open(path, "rb") as video:
        while data := video.read(FRAME_BYTES):
            frames.append(Gst.Buffer.new_wrapped(data))
    return frames


def stop_on_error(bus, timeout=0):
    message = bus.timed_pop_filtered(timeout, Gst.MessageType.ERROR)
    if message:
        raise SystemExit(message.parse_error()[0].message)


def push_frames(pipeline, frames, times, room, seconds):
    """Pushes until `seconds` after the last of the frames that do not count."""
    source, bus = pipeline.get_by_name("source"), pipeline.get_bus()
    pushed, waited = 0, 0
    while len(times) <= WARM_FRAMES + 1 or time.perf_counter() < times[WARM_FRAMES] + seconds:
        if not room.acquire(timeout=1):
            waited += 1
            stop_on_error(bus)
            if waited > STALLED_SECONDS:
                raise SystemExit("the pipeline stalled")
            continue
        waited = 0
        # A shallow copy: the element may write metadata to it, the memory is shared.
        buffer = frames[pushed % len(frames)].copy()
        buffer.pts, buffer.duration = pushed * Gst.SECOND // 30, Gst.SECOND // 30
        source.emit("push-buffer", buffer)
        pushed += 1
    stop_on_error(bus)


def main():
    video, seconds, fragment = sys.argv[1:]
    Gst.init(None)
    frames = read_frames(video)
    parts = [f"appsrc name=source format=time caps={CAPS}", fragment, "fakesink name=sink sync=false"]
    pipeline = Gst.parse_launch(" ! ".join(part for part in parts if part))
    times, room = [], threading.Semaphore(IN_FLIGHT)

    def on_frame(_pad, _info):
        times.append(time.perf_counter())
        room.release()
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_frame)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        push_frames(pipeline, frames, times, room, float(seconds))
    finally:
        pipeline.set_state(Gst.State.NULL)
    counted = times[WARM_FRAMES:]
    gaps = [1000 * (after - before) for before, after in zip(counted, counted[1:])]
    print(json.dumps({"mean": sum(gaps) / len(gaps), "min": min(gaps), "median": sorted(gaps)[len(gaps) // 2],
                      "passes": len(gaps)}))


if __name__ == "__main__":
    try:
        main()
    except GLib.Error as error:
        raise SystemExit(error.message) from None
