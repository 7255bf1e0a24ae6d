"""Records what comes out of a tee called film in a launch line, which has a sink besides, while the first label is
LABEL, a file each time, and prints each one's name when it is whole.

usage: record.py LABEL FOLDER LINE
"""
import signal
import sys
import time
from pathlib import Path

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import GLib, Gst, GstVideo  # pylint: disable=wrong-import-position


def until_key_frame(_pad, info):
    if info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT):
        return Gst.PadProbeReturn.DROP
    return Gst.PadProbeReturn.REMOVE


class Recorder:
    """The pipeline, and the recording that is going on."""

    def __init__(self, label, folder, line):
        self.label, self.folder = label, folder
        self.loop, self.status = GLib.MainLoop(), 0
        self.pipeline = Gst.parse_launch(line)
        self.pipeline.set_property("message-forward", True)     # else nobody hears that one of several sinks is done
        self.tee = self.pipeline.get_by_name("film")
        self.pad = None         # the tee's, of the recording that is going on
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::element", self.on_element)
        bus.connect("message::error", self.on_error)
        bus.connect("message::eos", lambda *_: self.loop.quit())

    def run(self):
        for number in signal.SIGINT, signal.SIGTERM:
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.finish)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        return self.status

    def finish(self):
        self.pipeline.send_event(Gst.Event.new_eos())
        return GLib.SOURCE_CONTINUE

    def on_error(self, _bus, message):
        print(message.parse_error()[0].message, file=sys.stderr)
        self.status = 1
        self.loop.quit()

    def on_element(self, _bus, message):
        said = message.get_structure()
        if said.has_name("convnext"):
            labels = said.get_value("labels")
            seen = bool(labels) and labels[0] == self.label
            if seen and not self.pad:
                self.begin()
            elif self.pad and not seen:
                self.end()
        elif said.has_name("GstBinForwarded"):
            inner = said.get_value("message")
            if inner.type == Gst.MessageType.EOS and inner.src.get_name().startswith("recording"):
                self.whole(inner.src)

    def begin(self):
        name = time.strftime("%Y%m%d-%H%M%S")
        path, number = self.folder / f"{name}.mkv", 1
        while path.exists():
            path, number = self.folder / f"{name}-{number}.mkv", number + 1
        recording = Gst.parse_bin_from_description("queue ! matroskamux offset-to-zero=true ! filesink name=file", True)
        recording.set_name(f"recording {path}")
        file = recording.get_by_name("file")
        file.set_property("location", str(path))
        file.set_property("async", False)       # a pipeline that plays does not wait for its first frame
        self.pipeline.add(recording)
        recording.sync_state_with_parent()
        self.pad = self.tee.request_pad_simple("src_%u")
        self.pad.add_probe(Gst.PadProbeType.BUFFER, until_key_frame)
        self.pad.link(recording.get_static_pad("sink"))
        key_frame = GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0)
        self.pipeline.get_by_name("encoder").get_static_pad("src").send_event(key_frame)

    def end(self):
        self.pad.add_probe(Gst.PadProbeType.IDLE, self.cut)
        self.pad = None

    def cut(self, pad, _info):
        sink = pad.get_peer()
        pad.unlink(sink)
        sink.send_event(Gst.Event.new_eos())
        self.tee.release_request_pad(pad)
        return Gst.PadProbeReturn.REMOVE

    def whole(self, recording):
        print(recording.get_by_name("file").get_property("location"), flush=True)
        recording.set_state(Gst.State.NULL)
        self.pipeline.remove(recording)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    Gst.init(None)
    try:
        return Recorder(sys.argv[1], Path(sys.argv[2]), sys.argv[3]).run()
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
