"""What runs on a Dask worker: `convnext tag` on some files or on a stretch of a film, and what it says of each. Tasks
write nothing that stays: one may run twice, and its first run may end anywhere."""
import json
import os
import shutil
import subprocess
import tempfile
import unicodedata

# What `convnext tag` says when it stops at an error that is none of the file's.
GIVING_UP = "every other file would meet the same"
# What it says of no film and no picture that is named; it says nothing of one that a list has.
NO_MEDIA = "neither a film that GStreamer knows nor a picture that libvips knows"

def _run(setup, arguments, names):
    """(exit status, standard output, standard error) of `convnext tag` on @names, in the client's folder."""
    # Where the worker is killed, so is what it started.
    die_with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    done = subprocess.run([*die_with_us, setup["convnext"], "tag", *setup["options"], *arguments, "-0", "-T", "-"],
                          input=b"".join(os.fsencode(name) + b"\0" for name in names), capture_output=True,
                          cwd=setup["folder"], start_new_session=True, check=False)
    if done.returncode in (126, 127):
        raise OSError(done.stderr.decode(errors="replace").strip())
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def check(setup):
    """What `convnext tag` says against its options, "" for nothing. OSError: it cannot be started."""
    status, _, said = _run(setup, ["--output", "-"], [])
    return "" if status == 0 else said.strip() or f"convnext ended with exit status {status}"


def measure(setup, names):
    """Of each file, whether its frames are numbered by its frame rate from its start on, and its duration in seconds;
    (False, None) of what is no film, or is none that can be read: those who tag it hear why."""
    with tempfile.TemporaryDirectory(prefix="tag-dask-") as folder:
        links = []
        for number, name in enumerate(names):
            links.append(f"{number}{os.path.splitext(name)[1]}")
            os.symlink(os.path.join(setup["folder"], name), os.path.join(folder, links[-1]))
        _run(setup, ["--quiet", "--rate", "1", "--end", "1", "--format", "json,jsonl", "--output", folder],
             [os.path.join(folder, link) for link in links])
        return [_facts(os.path.join(folder, link)) for link in links]


def _facts(link):
    try:
        with open(link + ".labels.json", encoding="utf-8") as file:
            facts = json.load(file)
        with open(link + ".labels.jsonl", encoding="utf-8") as file:
            first = json.loads(file.readline())
    except (OSError, ValueError):
        return False, None
    if facts["type"] != "video" or not facts["duration"]:
        return False, None
    return bool(facts["frame_rate"]) and round(first["time"] * facts["frame_rate"]) == first["frame"], facts["duration"]


def tag(setup, names, span=None):
    """[(lines, error, warning)] of each file: its lines of JSON, in bytes, and texts or None.
    @span: of a film, (start, end) in seconds, end None for the film's own.
    RuntimeError: it ended before its end; OSError: `convnext` runs on no file at all."""
    arguments = ["--quiet", "--output", "-"]
    if span and span[0]:
        arguments += ["--start", str(span[0])]
    if span and span[1] is not None:
        arguments += ["--end", str(span[1])]
    status, out, said = _run(setup, arguments, names)
    if status not in (0, 1):
        raise RuntimeError(_ending(status, said))
    lines = _share_out(names, out)
    heard = [_said_of(name, said) for name in names]
    if len(names) == 1 and not heard[0] and said.startswith("convnext tag: "):
        heard = [said.strip().removeprefix("convnext tag: ")]       # a name that is not UTF-8, as it is shown
    if status == 1 and (not any(heard) or GIVING_UP in said):
        raise OSError(said.strip() or "convnext failed, and did not say why")
    return _judge(setup, names, span, status, lines, heard)


def _judge(setup, names, span, status, lines, heard):
    """By the exit status, where it tells: what is said of a file may be a warning, and silence is of files that are
    neither films nor pictures, or of ones that were not reached. In doubt they run once more, among fewer."""
    answers, doubtful = {}, []
    for name, text, why in zip(names, lines, heard):
        if status == 0:
            answers[name] = (text, None, why) if text else (b"", why or NO_MEDIA, None)
        elif why and (not text or len(names) == 1):
            answers[name] = (b"", why, None)
        elif text and not why:
            answers[name] = (text, None, None)
        elif text:
            answers[name] = tag(setup, [name], span)[0]
        else:
            doubtful.append(name)
    if doubtful:
        answers.update(zip(doubtful, tag(setup, doubtful, span)))
    return [answers[name] for name in names]


def _ending(status, said):
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    return f"convnext ended with {how}: {said.strip()[-500:]}".rstrip(": ")


def _share_out(names, out):
    """The lines of each file."""
    if len(names) == 1:
        return [out]
    index = {name: number for number, name in enumerate(names)}
    shares = [[] for _ in names]
    for line in out.splitlines(keepends=True):
        shares[index[json.loads(line)["file"]]].append(line)
    return [b"".join(share) for share in shares]


def printable(text):
    """@text, which may be a name, as `convnext` shows it: nothing in it reaches a terminal as a command."""
    return "".join(_shown(character) for character in text)


def _shown(character):
    """Control characters, marks of direction, line ends, and bytes that are no UTF-8, as \\xNN."""
    code = ord(character)
    if character in "\n\t":
        return "\\n" if character == "\n" else "\\t"
    command = unicodedata.category(character) in ("Cc", "Cs") or 0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069
    if not command and code not in (0x200e, 0x200f, 0x061c):
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode(errors="surrogateescape"))


def _said_of(name, said):
    """Why @name failed, or what is strange about it; None for nothing."""
    opening = f"convnext tag: {printable(name)}: "
    begin = said.find(opening)
    if begin < 0:
        return None
    return said[begin + len(opening):].split("\n", 1)[0]
