"""Reads what `gst-launch-1.0 -m ... convnext post-messages=true` prints and writes a line each time the
best label changes: its time in the film, the label and the confidence.

Says so and exits with 1 if there was no message at all."""
import re
import sys

MESSAGE = re.compile(r'\(element\): convnext, (.*);')
STRING = r'"(?:[^"\\]|\\.)*"|[^\s,<>"]+'


def printable(text):
    """@text without what a terminal would obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def field(message, name):
    """The values of an array or of a single field, in text."""
    match = re.search(name + r"=\(\w+\)(?:<(.*?)>|(" + STRING + "))", message)
    if not match:
        return []
    values = re.findall(STRING, match[1] if match[1] is not None else match[2])
    return [re.sub(r"\\(.)", r"\1", value.strip('"')) for value in values]


def main():
    seen, last = 0, None
    for line in sys.stdin:
        message = MESSAGE.search(line)
        if not message:
            if line.startswith(("ERROR", "WARNING")) or "erroneous pipeline" in line:
                print(printable(line.rstrip("\n")), file=sys.stderr)
            continue
        seen += 1
        times, labels, confidences = (field(message[1], name) for name in ("running-time", "labels", "confidences"))
        best = labels[0] if labels else "(nothing above the threshold)"
        if best != last:
            shown = f"{float(confidences[0]) * 100:5.1f} %" if confidences else "       "
            seconds = int(times[0]) / 1e9 if times else 0
            print(f"  {seconds:6.2f} s  {shown}  {printable(best)}", flush=True)
            last = best
    if not seen:
        print("No labels came out of the pipeline.", file=sys.stderr)
    return 0 if seen else 1


if __name__ == "__main__":
    sys.exit(main())
