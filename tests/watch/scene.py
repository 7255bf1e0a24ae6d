"""Four made-up cameras whose pictures are the photographs in tests/data, for tests of the page and for its picture."""
import subprocess
import time
from pathlib import Path

PICTURES = Path(__file__).resolve().parents[1] / "data/pictures"
# name, source, picture, the events' labels from the oldest on with how many minutes ago, labels now
CAMERAS = [
    ("garden", "rtsp://10.0.4.11/stream1", "chelsea.png",
     [("magpie", 58), ("tabby cat", 47), ("magpie", 40), ("lawn mower", 31), ("", 24), ("tabby cat", 9)],
     [("tabby cat", .81), ("Egyptian cat", .11), ("tiger cat", .05)]),
    ("kitchen", "rtsp://10.0.4.12/stream1", "coffee.png",
     [("espresso maker", 52), ("plate", 44), ("cup", 26), ("espresso", 6)],
     [("espresso", .87), ("cup", .08), ("soup bowl", .02)]),
    ("launch-pad", "rtsps://10.0.4.20/pad", "rocket.jpg", [("crane", 60), ("missile", 17)],
     [("missile", .64), ("projectile", .28), ("obelisk", .03)]),
    ("temple", "/dev/video0", "china.jpg", [("palace", 59), ("", 33), ("palace", 30)],
     [("palace", .52), ("monastery", .31), ("stupa", .04)]),
]


def as_jpeg(path, folder):
    if path.suffix == ".jpg":
        return path
    made = folder / (path.stem + ".jpg")
    if not made.exists():
        subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "pngdec", "!", "videoconvert", "!",
                        "jpegenc", "!", "filesink", f"location={made}"], check=True, timeout=60)
    return made


def play(server, folder):
    """Tells a server (board_server.Server) of them all; the last one is away."""
    for name, source, picture, events, labels in CAMERAS:
        server.tell("add", name, source)
        server.tell("state", name, "connected")
        for label, _ in events:
            server.tell("labels", name, *((label, .6) if label else ()))
        server.tell("ages", name, *(minutes for _, minutes in events))
        server.tell("labels", name, *(word for pair in labels for word in pair))
        server.tell("picture", name, as_jpeg(PICTURES / picture, folder))
    for second in range(3):
        for i, (name, *_) in enumerate(CAMERAS):
            server.tell("counts", name, 100 + 25 * second, 20 + (5 - i) * second)
        time.sleep(1 if second < 2 else 0)
    server.tell("error", "temple")
    server.tell("labels", "temple")
    server.tell("state", "temple", "reconnecting", "no frame for 10 s")
