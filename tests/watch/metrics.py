"""A strict reader of Prometheus' text format 0.0.4."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? ([^ ]+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
ENDINGS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match and match[1] not in found, f"labels: {text}"
        found[match[1]] = re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), match[2])
        at = match.end()
    assert not text.endswith(","), text
    return found


def check_histogram(name, samples):
    """Buckets grow up to +Inf, which is the count."""
    series = {}
    for sample, labels, value in samples:
        rest = tuple(sorted((key, held) for key, held in labels.items() if key != "le"))
        one = series.setdefault(rest, {"buckets": []})
        if sample.endswith("_bucket"):
            one["buckets"].append((float(labels["le"]), value))
        else:
            one[sample[len(name):]] = value
    for one in series.values():
        bounds, counts = zip(*one["buckets"])
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == math.inf, (name, bounds)
        assert list(counts) == sorted(counts) and counts[-1] == one["_count"] and "_sum" in one, (name, one)


def read(text):
    """{name: [(sample's name, labels, value)]}; what breaks the format is an AssertionError."""
    assert text.endswith("\n") and "\r" not in text, "the last line"
    found, types, name = {}, {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert re.fullmatch(NAME, name) and name not in found and len(line.split(" ")) > 3, line
            found[name] = []
        elif line.startswith("# TYPE "):
            _, _, typed, kind = line.split(" ")
            assert typed == name and name not in types and not found[name] and kind in ENDINGS, line
            assert kind != "counter" or name.endswith("_total"), line
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match and name in types and match[1] in [name + end for end in ENDINGS[types[name]]], line
            found[name].append((match[1], labels_of(match[2] or ""), float(match[3])))
    for name, samples in found.items():
        assert name in types and samples is not None, name
        keys = [(sample, tuple(sorted(labels.items()))) for sample, labels, _ in samples]
        assert len(keys) == len(set(keys)), f"{name}: twice the same"
        if types[name] == "histogram":
            check_histogram(name, samples)
    return found
