"""Writes a C file that holds each kernel source as a string: embed.py OUT ARRAY FILE.cl... [ARRAY FILE.cl...]"""
import os
import sys


def c_string(line):
    return '"%s\\n"' % line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')


def write_source(c, path):
    with open(path, encoding="utf-8") as cl:
        lines = [c_string(line) for line in cl]
    c.write('  { "%s",\n%s },\n' % (os.path.basename(path), "\n".join(lines)))


def main(out, words):
    array_open = False
    with open(out, "w", encoding="utf-8") as c:
        c.write('#include "opencl/program.h"\n')
        for word in words:
            if word.endswith(".cl"):
                write_source(c, word)
                continue
            c.write(("  { NULL, NULL }\n};\n" if array_open else "") + "\nconst CnxKernelSource %s[] = {\n" % word)
            array_open = True
        c.write("  { NULL, NULL }\n};\n")


main(sys.argv[1], sys.argv[2:])
