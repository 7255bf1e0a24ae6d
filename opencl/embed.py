"""Writes a C file that holds each kernel source as a string: embed.py OUT FILE.cl..."""
import os
import sys


def c_string(line):
    return '"%s\\n"' % line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')


def main(out, sources):
    with open(out, "w", encoding="utf-8") as c:
        c.write('#include "opencl/program.h"\n\nconst CnxKernelSource cnx_kernel_sources[] = {\n')
        for path in sources:
            with open(path, encoding="utf-8") as cl:
                lines = [c_string(line) for line in cl]
            c.write('  { "%s",\n%s },\n' % (os.path.basename(path), "\n".join(lines)))
        c.write("  { NULL, NULL }\n};\n")


main(sys.argv[1], sys.argv[2:])
