"""Offers a launch line that ends in a payloader called pay0 as rtsp://HOST:PORT/labelled. Port 0: a free one.

usage: serve.py HOST PORT LINE
"""
import sys

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # pylint: disable=wrong-import-position


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    host, port, line = sys.argv[1:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address=host, service=port)
    factory = GstRtspServer.RTSPMediaFactory(shared=True, launch=f"( {line} )")
    server.get_mount_points().add_factory("/labelled", factory)
    if not server.attach(None):
        print(f"Nothing can listen at {host}, port {port}.", file=sys.stderr)
        return 1
    print(f"rtsp://{host}:{server.get_bound_port()}/labelled", flush=True)
    try:
        GLib.MainLoop().run()
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
