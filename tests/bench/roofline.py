#!/usr/bin/env python3
"""Draws a roofline as SVG from what `convnext bench --json` printed: roofline.py -o roofline.svg LINES...

The sloped roof is what the device reads from its memory, a flat one its peak in a precision, both the best that
any of the lines has. A point is a variant in a precision (and at a batch size), with its share of that peak; of
several lines for one point the fastest counts. Standard library only."""
import argparse
import dataclasses
import datetime
import json
import math
import random
import sys
from xml.sax.saxutils import escape

NUMBERS = ("batch", "gflops", "peak_gflops", "bandwidth_gbs", "flop_per_byte")
WORDS = ("variant", "precision", "device")
SHORT = {"tiny": "T", "small": "S", "base": "B", "large": "L", "xlarge": "XL"}
# Colours that also differ in brightness, and a shape each.
STYLES = {"fp32": ("#0072b2", "circle"), "int8": ("#b34700", "square"), "bf16": ("#00795a", "diamond"),
          "fp16": ("#8a3a78", "triangle")}
WIDTH, HEIGHT = 860, 520
LEFT, RIGHT, TOP, BOTTOM = 72, 836, 70, 462
FONT, GLYPH = 14, 0.6  # pixels; the width of a letter over that, not less than in the usual fonts
RADIUS = 5
ORDERS = 30
STEPS = (1, 2, 5)


class Wrong(Exception):
    """The input cannot be drawn; the message says why."""


# ---- what bench printed ----

@dataclasses.dataclass
class Point:
    variant: str
    precision: str
    batch: int
    x: float
    y: float
    share: float

    def name(self) -> str:
        family, _, size = self.variant.rpartition("-")
        short = (family + "-" if family else "") + SHORT.get(size, size)
        return f"{short} {self.precision}" + (f" x {self.batch}" if self.batch > 1 else "")


def check_row(row, where: str) -> dict:
    if not isinstance(row, dict):
        raise Wrong(f"{where}: no JSON object")
    for key in NUMBERS + WORDS:
        if key not in row:
            raise Wrong(f"{where}: no \"{key}\": is it a line of convnext bench --json?")
    for key in NUMBERS:
        value = row[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
            raise Wrong(f"{where}: \"{key}\" is {json.dumps(value)}, and no number above 0")
    for key in WORDS:
        if not isinstance(row[key], str) or not row[key]:
            raise Wrong(f"{where}: \"{key}\" is {json.dumps(row[key])}, and no text")
    return row


def read_rows(name: str, text: str) -> list[dict]:
    """The lines of bench; those of its --profile are left out."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise Wrong(f"{name}:{number}: no JSON: {error}") from None
        if not (isinstance(row, dict) and "profile" in row):
            rows.append(check_row(row, f"{name}:{number}"))
    return rows


def best_of(rows: list[dict]) -> tuple[list[Point], dict[str, float], float]:
    """Points, the peak of each precision, the bandwidth."""
    devices = sorted({row["device"] for row in rows})
    if len(devices) > 1:
        raise Wrong(f"lines of several devices: {', '.join(devices)}")
    peaks: dict[str, float] = {}
    best: dict[tuple, dict] = {}
    for row in rows:
        peaks[row["precision"]] = max(peaks.get(row["precision"], 0), row["peak_gflops"])
        key = row["variant"], row["precision"], row["batch"], row.get("size"), row.get("width")
        if key not in best or row["gflops"] > best[key]["gflops"]:
            best[key] = row
    points = [Point(row["variant"], row["precision"], int(row["batch"]), row["flop_per_byte"], row["gflops"],
                    row["gflops"] / peaks[row["precision"]]) for row in best.values()]
    return points, peaks, max(row["bandwidth_gbs"] for row in rows)


# ---- axes ----

def step_down(value: float) -> float:
    decade = 10 ** math.floor(math.log10(value) + 1e-9)
    return max(step * decade for step in STEPS if step * decade <= value * (1 + 1e-9))


def step_up(value: float) -> float:
    down = step_down(value)
    decade = 10 ** math.floor(math.log10(value) + 1e-9)
    return down if down >= value * (1 - 1e-9) else min(s * decade for s in (*STEPS, 10) if s * decade > value)


def ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    values = [step * 10.0 ** decade for decade in decades for step in STEPS]
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


class Axes:
    """Logarithmic ones that show every point and where each roof bends."""

    def __init__(self, points: list[Point], peaks: dict[str, float], bandwidth: float):
        bends = [peak / bandwidth for peak in peaks.values()]
        self.x_low = step_down(min(bends + [point.x for point in points]) / 2.5)
        self.x_high = step_up(max(bends + [point.x for point in points]) * 2.5)
        self.y_low = step_down(min([bandwidth * self.x_low * 1.2] + [point.y / 1.5 for point in points]))
        self.y_high = step_up(max(peaks.values()) * 1.3)

    def x(self, value: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(value / self.x_low) / math.log(self.x_high / self.x_low)

    def y(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * math.log(value / self.y_low) / math.log(self.y_high / self.y_low)


# ---- where labels go ----

def text_box(x: float, y: float, text: str, anchor: str) -> tuple:
    """Left, top, right, bottom of a line of text whose baseline is at y."""
    width = GLYPH * FONT * len(text)
    left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
    return left, y - 0.85 * FONT, left + width, y + 0.3 * FONT


def point_box(x: float, y: float) -> tuple:
    return x - RADIUS - 1, y - RADIUS - 1, x + RADIUS + 1, y + RADIUS + 1


def overlaps(a: tuple, b: tuple) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def side(line: tuple, x: float, y: float) -> float:
    """Above 0 on one side of a line, below on the other."""
    x1, y1, x2, y2 = line
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)


def crosses(a: tuple, b: tuple) -> bool:
    return side(a, *b[:2]) * side(a, *b[2:]) < 0 and side(b, *a[:2]) * side(b, *a[2:]) < 0


def touches(line: tuple, box: tuple) -> bool:
    left, top, right, bottom = box
    x1, y1, x2, y2 = line
    return (max(x1, x2) > left and min(x1, x2) < right and max(y1, y2) > top and min(y1, y2) < bottom
            and (crosses(line, (left, top, right, bottom)) or crosses(line, (left, bottom, right, top))
                 or left < x1 < right and top < y1 < bottom or left < x2 < right and top < y2 < bottom))


@dataclasses.dataclass
class Taken:
    """What stands on the picture already: boxes of texts and points, and lines, which matter less."""
    boxes: list[tuple] = dataclasses.field(default_factory=list)
    lines: list[tuple] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Label:
    """A text beside its point, and how badly it stands there."""
    cost: float
    x: float
    y: float
    anchor: str
    box: tuple
    leader: tuple | None          # a line to the point, where that is far


def candidates(x: float, y: float):
    """(distance, x, baseline, anchor) around a point, the nearest first."""
    places = []
    for level in range(-14, 15):
        for side, anchor in ((1, "start"), (-1, "end")):
            for away in (RADIUS + 5, 3 * RADIUS + 10, 6 * RADIUS + 20):
                dy = level * 0.62 * FONT
                places.append((math.hypot(away, dy), x + side * away, y + dy + 0.35 * FONT, anchor))
    return sorted(places, key=lambda place: place[0])


def crowding(box: tuple, leader: tuple | None, own: tuple, taken: Taken) -> float:
    """How badly a label's box and leader go with what is there, and with the frame; own: the point's box."""
    cost = 0 if LEFT < box[0] and box[2] < RIGHT and TOP < box[1] and box[3] < BOTTOM else 10000
    cost += 1000 * sum(overlaps(box, other) for other in taken.boxes)
    cost += 600 * sum(touches(line, box) for line in taken.lines)
    if leader:
        cost += 200 * sum(touches(leader, other) for other in taken.boxes if other != own)
        cost += 60 * sum(crosses(leader, line) for line in taken.lines)
    return cost


def place_label(text: str, x: float, y: float, taken: Taken) -> Label:
    """Near its point, and on as little else as can be."""
    best = None
    for distance, lx, ly, anchor in candidates(x, y):
        if best and best.cost <= distance:
            break
        box = text_box(lx, ly, text, anchor)
        leader = (x, y, lx - math.copysign(2, lx - x), ly - 0.35 * FONT) if distance > 3 * RADIUS else None
        cost = distance + crowding(box, leader, point_box(x, y), taken)
        if best is None or cost < best.cost:
            best = Label(cost, lx, ly, anchor, box, leader)
    return best


def place_labels(texts: list[str], places: list[tuple], taken: Taken) -> list[Label]:
    """Who comes first takes the best place, so several orders are tried; the same ones every time."""
    best, shuffle = None, random.Random(1)
    order = sorted(range(len(texts)), key=lambda i: (places[i][1], places[i][0]))
    for _ in range(ORDERS):
        now, labels = Taken(list(taken.boxes), list(taken.lines)), {}
        for i in order:
            labels[i] = place_label(texts[i], *places[i], now)
            now.boxes.append(labels[i].box)
            now.lines += [labels[i].leader] if labels[i].leader else []
        cost = sum(label.cost for label in labels.values())
        if best is None or cost < best[0]:
            best = cost, [labels[i] for i in range(len(texts))]
        shuffle.shuffle(order)
    return best[1]


# ---- drawing ----

def text_element(x, y, text, kind, anchor="start", colour="#222", extra=""):
    return (f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{extra}>'
            f"{escape(text)}</text>")


def line_element(x1, y1, x2, y2, kind, colour, width=1.0, extra=""):
    return (f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width:g}"{extra}/>')


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def draw_axes(axes: Axes) -> list[str]:
    out = []
    for value in ticks(axes.x_low, axes.x_high):
        x = axes.x(value)
        out += [line_element(x, TOP, x, BOTTOM, "grid", "#e2e2e2"),
                text_element(x, BOTTOM + 20, number(value), "tick", "middle", "#444")]
    for value in ticks(axes.y_low, axes.y_high):
        y = axes.y(value)
        out += [line_element(LEFT, y, RIGHT, y, "grid", "#e2e2e2"),
                text_element(LEFT - 8, y + 5, number(value), "tick", "end", "#444")]
    middle = (TOP + BOTTOM) / 2
    return out + [
        f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}" fill="none" stroke="#888"/>',
        text_element((LEFT + RIGHT) / 2, BOTTOM + 44, "flops per byte that must be moved", "axis", "middle"),
        text_element(20, middle, "GFLOP/s (int8: integers)", "axis", "middle",
                     extra=f' transform="rotate(-90 20 {middle:.1f})"')]


def draw_roofs(axes: Axes, peaks: dict[str, float], bandwidth: float, taken: Taken) -> list[str]:
    out = []
    for precision, peak in sorted(peaks.items(), key=lambda item: -item[1]):
        colour, _ = STYLES.get(precision, ("#555", "circle"))
        bend, y = axes.x(peak / bandwidth), axes.y(peak)
        label = f"{precision}: {number(peak)} GFLOP/s"
        x = bend + (10 if peak == max(peaks.values()) else 36)  # where the slope goes on, right of it
        out += [line_element(bend, y, RIGHT, y, "roof", colour, 2.2),
                text_element(x, y - 7, label, "peak", "start", colour, ' font-weight="bold"')]
        taken.lines.append((bend, y, RIGHT, y))
        taken.boxes.append(text_box(x, y - 7, label, "start"))
    low = max(axes.x_low, axes.y_low / bandwidth)
    ends = (axes.x(low), axes.y(low * bandwidth), axes.x(max(peaks.values()) / bandwidth), axes.y(max(peaks.values())))
    out.append(line_element(*ends, "roof slope", "#333", 2.2))
    angle = math.degrees(math.atan2(ends[3] - ends[1], ends[2] - ends[0]))
    x, y = ends[0] + 0.3 * (ends[2] - ends[0]), ends[1] + 0.3 * (ends[3] - ends[1])
    out.append(text_element(x, y - 8, f"{number(bandwidth)} GB/s", "bandwidth", "middle", "#333",
                            f' font-weight="bold" transform="rotate({angle:.1f} {x:.1f} {y:.1f})"'))
    taken.lines += [ends, (ends[0], ends[1] - 20, ends[2], ends[3] - 20)]  # the slope, and the text along it
    return out


def marker(shape: str, x: float, y: float, colour: str) -> str:
    fill = f'fill="{colour}" stroke="#fff" stroke-width="1"'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" {fill}/>'
    r = {"square": 0.9, "diamond": 1.3, "triangle": 1.3}[shape] * RADIUS
    corners = {"square": ((-r, -r), (r, -r), (r, r), (-r, r)), "diamond": ((0, -r), (r, 0), (0, r), (-r, 0)),
               "triangle": ((0, -r), (r, 0.8 * r), (-r, 0.8 * r))}[shape]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)}" {fill}/>'


def draw_points(axes: Axes, points: list[Point], taken: Taken) -> list[str]:
    lines, marks, labels = [], [], []
    places = [(axes.x(point.x), axes.y(point.y)) for point in points]
    texts = [f"{point.name()}, {100 * point.share:.0f} %" for point in points]
    taken.boxes += [point_box(x, y) for x, y in places]
    for point, (x, y), text, label in zip(points, places, texts, place_labels(texts, places, taken)):
        colour, shape = STYLES.get(point.precision, ("#555", "circle"))
        if label.leader:
            lines.append(line_element(*label.leader, "leader", colour, 0.8))
        told = f"{point.name()}: {point.y:.1f} GFLOP/s at {point.x:.0f} flops a byte"
        marks.append(f'<g class="point"><title>{escape(told)}</title>{marker(shape, x, y, colour)}</g>')
        labels.append(text_element(label.x, label.y, text, "label", label.anchor, colour))
    return lines + marks + labels


def draw(rows: list[dict], date: str) -> str:
    points, peaks, bandwidth = best_of(rows)
    axes, taken = Axes(points, peaks, bandwidth), Taken()
    device = rows[0]["device"]
    body = draw_axes(axes) + draw_roofs(axes, peaks, bandwidth, taken) + draw_points(axes, points, taken)
    title = f"ConvNeXt on {device}, {date}"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="Helvetica, Arial, \'Liberation Sans\', \'DejaVu Sans\', sans-serif" font-size="{FONT}" '
        f'role="img">', f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text_element(LEFT, 30, title, "title", extra=' font-size="18" font-weight="bold"'),
        text_element(LEFT, 54, "roofs: measured between the passes; percent: of the peak in that precision",
                     "subtitle", colour="#444"), *body, "</svg>", ""])


# ---- the command ----

def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0],
                                     epilog=__doc__.split("\n\n", maxsplit=1)[1])
    parser.add_argument("lines", nargs="*", metavar="LINES", help="files of lines that bench printed; none or -: "
                        "standard input")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write the SVG (standard output)")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="in the title (today)")
    return parser.parse_args()


def read_all(names: list[str]) -> list[dict]:
    rows = []
    for name in names or ["-"]:
        if name == "-":
            rows += read_rows("standard input", sys.stdin.read())
        else:
            with open(name, encoding="utf-8") as file:
                rows += read_rows(name, file.read())
    if not rows:
        raise Wrong("no line of convnext bench --json to draw")
    return rows


def main():
    options = parse_arguments()
    try:
        picture = draw(read_all(options.lines), options.date)
        if options.output:
            with open(options.output, "w", encoding="utf-8") as file:
                file.write(picture)
        else:
            sys.stdout.write(picture)
    except (Wrong, OSError, UnicodeDecodeError) as error:
        sys.exit(f"roofline.py: {error}")


if __name__ == "__main__":
    main()
