"""A detector between two halves of a pipeline: marks the regions of each frame that differ from the background with a
GstVideoRegionOfInterestMeta, of the type "moving", and prints nothing.

usage: moving.py SOURCE SINK [FILE]    FILE: where an element called publish in SINK writes
"""
import sys

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GLib, Gst, GstVideo  # pylint: disable=wrong-import-position

COLUMNS, ROWS = 40, 24
DIFFERENT = 24      # of 255
FORGET = 0.02       # of the difference, a frame, goes into the background
COPIED = Gst.BufferCopyFlags
WHOLE = COPIED.FLAGS | COPIED.TIMESTAMPS | COPIED.META | COPIED.MEMORY


class Detector:
    """What stands still, as a grid of grey values."""

    def __init__(self):
        self.size, self.background = None, None

    def grid(self, buffer, info):
        """The luminance in the middle of each cell, row by row."""
        good, mapped = buffer.map(Gst.MapFlags.READ)
        if not good:
            raise MemoryError("a frame cannot be read")
        try:
            step, rows = info.width // COLUMNS, []
            for row in range(ROWS):
                start = info.offset[0] + (2 * row + 1) * info.height // (2 * ROWS) * info.stride[0] + step // 2
                rows += mapped.data[start:start + COLUMNS * step:step]
            return rows
        finally:
            buffer.unmap(mapped)

    def boxes(self, buffer, info):
        """[(left, top, right, bottom)] in cells, of each group of neighbours that differ."""
        grid = self.grid(buffer, info)
        if self.size != (info.width, info.height):
            self.size, self.background = (info.width, info.height), grid
        different = {i for i, (a, b) in enumerate(zip(grid, self.background)) if abs(a - b) > DIFFERENT}
        self.background = [b + (a - b) * FORGET for a, b in zip(grid, self.background)]
        while different:
            group, edge = [], [different.pop()]
            while edge:
                cell = edge.pop()
                group.append(cell)
                near = {cell + dx + dy * COLUMNS for dx in (-1, 0, 1) for dy in (-1, 0, 1)
                        if 0 <= cell % COLUMNS + dx < COLUMNS} & different
                different -= near
                edge += near
            columns, rows = [cell % COLUMNS for cell in group], [cell // COLUMNS for cell in group]
            yield min(columns), min(rows), max(columns) + 1, max(rows) + 1

    def mark(self, sample):
        """A buffer with the sample's frame and a mark on each region."""
        info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
        frame = sample.get_buffer()
        # one that may be written to, with the same memory; Python's copy() is another reference to the same buffer
        marked = frame.copy_region(WHOLE, 0, frame.get_size())
        if info.width < COLUMNS or info.height < ROWS:
            return marked
        across, down = info.width / COLUMNS, info.height / ROWS
        for left, top, right, bottom in self.boxes(frame, info):
            box = left * across, top * down, (right - left) * across, (bottom - top) * down
            GstVideo.buffer_add_video_region_of_interest_meta(marked, "moving", *map(round, box))
        return marked


def pass_on(sink, source, detector):
    sample = sink.emit("pull-sample")
    source.set_property("caps", sample.get_caps())
    return source.emit("push-buffer", detector.mark(sample))


def main():
    if len(sys.argv) not in {3, 4}:
        print(__doc__, file=sys.stderr)
        return 2
    Gst.init(None)
    try:
        pipeline = Gst.parse_launch(
            f"{sys.argv[1]} ! videoconvert ! video/x-raw,format=I420 "
            # without a preroll: what is behind the other half would not have one
            "! appsink name=in emit-signals=true sync=false async=false max-buffers=2 "
            f"appsrc name=out format=time is-live=true block=true max-buffers=2 ! {sys.argv[2]}")
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 1
    if sys.argv[3:] and sys.argv[3]:
        pipeline.get_by_name("publish").set_property("location", sys.argv[3])
    sink, source = pipeline.get_by_name("in"), pipeline.get_by_name("out")
    sink.connect("new-sample", pass_on, source, Detector())
    sink.connect("eos", lambda _: source.emit("end-of-stream"))
    pipeline.set_state(Gst.State.PLAYING)
    said = None
    try:
        wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
        while not said:     # in slices, for Python's signals
            said = pipeline.get_bus().timed_pop_filtered(Gst.SECOND // 5, wanted)
    except KeyboardInterrupt:
        pass
    pipeline.set_state(Gst.State.NULL)
    if said and said.type == Gst.MessageType.ERROR:
        print(said.parse_error()[0].message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
