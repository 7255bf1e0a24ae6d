"""The files that tag-dask is given, listed by the rules of `convnext tag`: folders walked in the order of their names,
names with a dot in front and links to folders passed over, each file once, by a name that is no link where there is
one."""
import collections
import ctypes
import os
import stat
import sys

# Of <fnmatch.h>: globs mean what they mean to `convnext tag`, which Python's own fnmatch does not.
FNM_PATHNAME, FNM_CASEFOLD = 1 << 0, 1 << 4

File = collections.namedtuple("File", "path named size")        # named: by the user, not in a folder or a list


class Listing:
    """files: what was found, in order; complaints: (path, why) of what cannot be read."""

    def __init__(self, include=(), exclude=()):
        self.files, self.complaints = [], []
        self._include, self._exclude, self._seen = include, exclude, {}      # (device, inode): its File
        self._fnmatch = ctypes.CDLL(None).fnmatch

    def add(self, path, named=True):
        """A file or a folder; @named: by the user, who wants to hear if it is nothing to tag."""
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            self._complain(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            self._walk(path, "")
        elif stat.S_ISREG(status.st_mode):
            self._add_file(path, status, named)
        else:
            self.complaints.append((path, "it is neither a file nor a folder"))

    def add_list(self, name, null_ends):
        """The names in a file, "-" for the standard input."""
        try:
            if name == "-":
                content = sys.stdin.buffer.read()
            else:
                with open(name, "rb") as file:
                    content = file.read()
        except OSError as error:
            self._complain(name, error)
            return
        for line in content.split(b"\0" if null_ends else b"\n"):
            path = os.fsdecode(line if null_ends else line.removesuffix(b"\r"))
            if path:
                self.add(path, named=False)

    def _complain(self, path, error):
        self.complaints.append((path, getattr(error, "strerror", None) or str(error)))

    def _add_file(self, path, status, named):
        key = status.st_dev, status.st_ino
        before = self._seen.get(key)
        if before and (os.path.islink(path) or not os.path.islink(before.path)):
            return
        if before:
            self.files.remove(before)
        self._seen[key] = File(path, named or bool(before and before.named), status.st_size)
        self.files.append(self._seen[key])

    def _matches(self, globs, name, below):
        return any(self._fnmatch(os.fsencode(glob), os.fsencode(below if "/" in glob else name),
                                 FNM_CASEFOLD | (FNM_PATHNAME if "/" in glob else 0)) == 0 for glob in globs)

    def _walk(self, folder, below_folder):
        try:
            names = sorted(os.listdir(folder), key=os.fsencode)
        except OSError as error:
            self._complain(folder, error)
            return
        for name in names:
            if not name.startswith("."):
                self._meet(folder.rstrip("/") + "/" + name, name, below_folder + name)

    def _meet(self, path, name, below):
        """What a walk comes upon; @below: its path below the folder that was given."""
        if self._matches(self._exclude, name, below):
            return
        try:
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                self._walk(path, below + "/")
                return
            if self._include and not self._matches(self._include, name, below):
                return
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)      # one to a file is that file; one to a folder would lead in circles
        except OSError as error:
            self._complain(path, error)
            return
        if stat.S_ISREG(status.st_mode):
            self._add_file(path, status, False)
