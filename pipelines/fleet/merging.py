"""One file of all labels, from what tasks answer in any order: JSON lines, or Parquet where pyarrow is there."""
import json
import os
import re
import tempfile

import tagging

# So a stretch ends in which there is no frame to take: behind the film's real end, or between two key frames.
NO_FRAMES = re.compile("there are no frames in it|none of its .*frames is one that was asked for")
ROWS = 10000


class Results:
    """Lines of files, each of one stretch or more, kept on disk until they are written in order."""

    def __init__(self, output, files):
        self._output, self._files = output, files
        self._spool = tempfile.TemporaryFile(dir=os.path.dirname(output) or ".")  # pylint: disable=consider-using-with
        self._parts = [{} for _ in files]       # stretch to (offset, length)
        self._hollow, self._errors = {}, {}     # file to why
        self.passed = 0

    def close(self):
        self._spool.close()

    def add(self, number, stretch, lines, error):
        """What @stretch (counted from 0) of the file @number gave; a second answer changes nothing."""
        if error and NO_FRAMES.fullmatch(error):
            self._hollow[number] = error
            lines, error = b"", None
        if error:
            self._errors.setdefault(number, error)
        elif stretch not in self._parts[number]:
            self._parts[number][stretch] = (self._spool.seek(0, os.SEEK_END), len(lines))
            self._spool.write(lines)

    def close_files(self):
        """Tells what is to be told of whole files: (path, why) of those that failed."""
        for number, why in self._hollow.items():
            if not any(length for _, length in self._parts[number].values()):
                self._errors.setdefault(number, why)
        unnamed = [number for number, why in self._errors.items()
                   if not self._files[number].named and why == tagging.NO_MEDIA]
        self.passed = len(unnamed)
        failed = [(self._files[number].path, self._errors[number]) for number in sorted(self._errors)
                  if number not in set(unnamed)]
        return failed

    def _lines(self):
        for number, parts in enumerate(self._parts):
            if number in self._errors:
                continue        # a film that is there in part is not there
            for stretch in sorted(parts):
                offset, length = parts[stretch]
                self._spool.seek(offset)
                yield self._spool.read(length)

    def write(self):
        """The output, under its name once it is whole."""
        write = write_parquet if is_parquet(self._output) else write_jsonl
        put_in_place(self._output, lambda path: write(path, self._lines()))


def is_parquet(path):
    return path.endswith(".parquet")


def errors_name(output):
    """labels.errors.jsonl beside labels.jsonl or labels.parquet"""
    return os.path.splitext(output)[0] + ".errors.jsonl"


def shown(path):
    """A path as text, whatever its bytes."""
    return os.fsencode(path).decode(errors="replace")


def put_in_place(path, write):
    """@write, given a temporary name beside @path, which is renamed to it after that."""
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.part")
    try:
        write(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def write_jsonl(path, parts):
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)


def write_errors(output, failed):
    """What failed, and why; no file where nothing did."""
    path = errors_name(output)
    if failed:
        lines = (json.dumps({"file": shown(name), "error": why}, ensure_ascii=False).encode() + b"\n"
                 for name, why in failed)
        put_in_place(path, lambda temporary: write_jsonl(temporary, lines))
    elif os.path.exists(path):
        os.unlink(path)


def write_parquet(path, parts):
    import pyarrow          # pylint: disable=import-outside-toplevel
    from pyarrow import parquet     # pylint: disable=import-outside-toplevel
    label = pyarrow.struct([("id", pyarrow.int32()), ("label", pyarrow.string()), ("confidence", pyarrow.float64())])
    schema = pyarrow.schema([("file", pyarrow.string()), ("time", pyarrow.float64()), ("frame", pyarrow.int64()),
                             ("labels", pyarrow.list_(label))])
    with parquet.ParquetWriter(path, schema) as writer:
        rows = []
        for part in parts:
            rows += [json.loads(line) for line in part.splitlines()]
            if len(rows) >= ROWS:
                writer.write_table(pyarrow.Table.from_pylist(rows, schema))
                rows = []
        if rows:
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
