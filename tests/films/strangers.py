"""Files and folders such as strangers leave: names, links, lists and contents that a tagger of archives must survive.

Each maker fills a folder of its own. What is to come of a file is an outcome of make-odd's, or IGNORED: neither a film
nor a picture, which is counted and not told of one by one."""
import os
import shutil
import socket
import struct
from pathlib import Path

import vips

DATA = Path(__file__).resolve().parent.parent / "data/pictures"
PICTURE, LABEL = DATA / "coffee.png", "cup of coffee"
ERROR, ANY, EITHER, IGNORED = "error", "any", "either", "ignored"


def copy(folder, name):
    shutil.copy(PICTURE, folder / name)


def names(folder):
    """Names with commands for a terminal, of other encodings, of the greatest length."""
    outcomes = {}
    for name in ("plain.png", "a b\tc.png", "line\nfeed.png", "\x1b[31mred\x1b[0m.png", "\u202egnp.png", "-n.png",
                 "$(id).png", "%s%n.png", "k" * 238 + ".png", os.fsdecode(b"latin-\xfc.png")):
        copy(folder, name)
        outcomes[name] = LABEL
    # What is written beside it has no name.
    copy(folder, "l" * 251 + ".png")
    return {**outcomes, "l" * 251 + ".png": ERROR}


def links(folder):
    """To files, to nothing and in a circle; what links hide is nobody's to write to."""
    copy(folder, "real.png")
    (folder / "same.png").symlink_to("real.png")
    (folder / "nothing.png").symlink_to("nowhere.png")
    (folder / "circle").symlink_to(folder)
    (folder / "real.png.labels.csv").symlink_to("/dev/null")
    os.mkfifo(folder / "fifo.png")
    with socket.socket(socket.AF_UNIX) as end:
        here = os.getcwd()
        os.chdir(folder)            # a socket's name may have a hundred bytes
        end.bind("socket.png")
        os.chdir(here)
    return {"real.png": LABEL}


def texts(folder):
    """Which a weak guess takes for a film or a picture."""
    written = {
        "notes.txt": b"The free encyclopedia has a photograph of my aunt.\n", "d.csv": b"id, skip\n1,2\n",
        "diary.md": b"The meta level.\n", "wide.txt": b"How wide is the river?\n", "BM.txt": b"BM\n",
        "list.m3u8": b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        "page.html": b"<!DOCTYPE html><svg></svg>\n", "empty.txt": b"",
    }
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return dict.fromkeys(written, IGNORED)


def shapes(folder):
    """A screenshot of a whole page, and one of its lines."""
    picture = vips.load(PICTURE)
    vips.save(vips.call("resize", in_=picture, scale=1000 / picture.get_width(), vscale=40000 / picture.get_height()),
              folder / "tall.png", compression=1)
    vips.save(vips.crop(picture, 0, 0, 600, 2), folder / "flat.png")
    return {"tall.png": EITHER, "flat.png": ANY}


def bombs(folder):
    """Small on the disk."""
    (folder / "wide.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000">'
                                     '<rect width="30000" height="30000" fill="red"/></svg>', encoding="utf-8")
    black = vips.call("black", width=20000, height=20000, bands=3)
    vips.save(vips.call("copy", in_=black, interpretation="srgb"), folder / "interlaced.png", interlace=True)
    return {"wide.svg": IGNORED, "interlaced.png": EITHER}


def broken(folder):
    """Cut and damaged, at either end and between."""
    vips.save(vips.load(PICTURE), folder / "whole.jpg")
    whole = (folder / "whole.jpg").read_bytes()
    kept = {"no-end.jpg": (len(whole) - 2, LABEL), "most.jpg": (len(whole) * 99 // 100, LABEL),
            "start.jpg": (100, ERROR)}
    for name, (length, _) in kept.items():
        (folder / name).write_bytes(whole[:length])
    (folder / "zeros.jpg").write_bytes(bytes(4096))
    (folder / "other.webm").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 40)
    (folder / "parts.mp4").write_bytes(b"--x\r\nContent-Type: application/x-hls\r\n\r\n"
                                       b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n")
    return {"whole.jpg": LABEL, **{name: outcome for name, (_, outcome) in kept.items()}, "zeros.jpg": ERROR,
            "other.webm": ERROR, "parts.mp4": ERROR}


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def raws(folder):
    """Of cameras: counted."""
    (folder / "a.CR3").write_bytes(box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", bytes(64)))
    (folder / "b.RAF").write_bytes(b"FUJIFILMCCD-RAW 0201" + bytes(400))
    (folder / "c.RW2").write_bytes(b"IIU\0\x08\0\0\0" + bytes(400))
    return dict.fromkeys(("a.CR3", "b.RAF", "c.RW2"), IGNORED)


def journals(folder):
    """That make of a folder what its owner never asked for; each in a folder of its own."""
    outcomes = {}
    for name, text in {"deep": '{"input": ' + "[" * 100000 + "]" * 100000 + "}\n", "empty": "", "noise": "\0\1\2\n",
                       "away": '{"input": "x", "size": "1", "mtime": "1", "key": "k", "complete": true, '
                               '"outputs": {"../../names/plain.png": "00"}}\n'}.items():
        (folder / name).mkdir()
        copy(folder / name, "cup.png")
        (folder / name / ".convnext-tag").write_text(text, encoding="utf-8")
        outcomes[f"{name}/cup.png"] = LABEL
    return outcomes


MAKERS = {"names": names, "links": links, "texts": texts, "shapes": shapes, "bombs": bombs, "broken": broken,
          "raws": raws, "journals": journals}


def make(top):
    """Fills the folders; returns {path below @top: outcome}."""
    outcomes = {}
    for name, maker in MAKERS.items():
        (top / name).mkdir(parents=True)
        outcomes.update({f"{name}/{file}": outcome for file, outcome in maker(top / name).items()})
    return outcomes
