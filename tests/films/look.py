"""What the element `convnext` says of every frame of a film, with no help of the command's."""
import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def look(path, turn=True, every=1, extra=""):
    """[(seconds, label, confidence)] of the first labels of a film's frames; of every `every`-th one. `turn`: upright,
    as its tags say. `extra`: elements between the film and the classifier, with a ! behind each."""
    Gst.init(None)
    direction = "auto" if turn else "identity"
    pipeline = Gst.parse_launch(f"filesrc name=file ! decodebin ! {extra}"
                                "videoconvert ! identity name=some ! convnext mode=every-frame threshold=0 top-k=1 "
                                f"video-direction={direction} ! fakesink name=sink sync=false")
    pipeline.get_by_name("file").set_property("location", str(path))
    found, count = [], [0]

    def skip(_pad, _info):
        count[0] += 1
        return Gst.PadProbeReturn.OK if count[0] % every == 0 or every == 1 else Gst.PadProbeReturn.DROP

    def on_buffer(pad, info):
        buffer = info.get_buffer()
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
        time = segment.to_stream_time(Gst.Format.TIME, buffer.pts) / Gst.SECOND
        meta = buffer.get_custom_meta("convnext-labels")
        if meta:
            labels = meta.get_structure()
            found.append((time, labels.get_value("labels")[0],
                          labels.get_value("confidences")[0]))
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("some").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, skip)
    pipeline.get_by_name("sink").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        raise OSError(f"{path}: {message.parse_error()[0].message}")
    return found
