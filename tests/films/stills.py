"""The photographs that test films show: what the shipped model surely says of which parts, and these as stills."""
import collections
from pathlib import Path

import vips

DATA = Path(__file__).resolve().parent.parent / "data"

# A camera's way over a photograph: the squares that the middle of the first and the last frame show, each (left, top,
# side) in pixels of the file. The network's input is the largest square in a frame's middle. `label`: what the shipped
# model says all the way with a confidence of at least SURE, which is above its own threshold, whatever it is and in
# small and much compressed frames too; None: every class is below UNSURE.
Way = collections.namedtuple("Way", "picture label first last")
SURE, UNSURE = 0.55, 0.35
WAYS = [
    Way("pictures/coffee.png", "cup of coffee", (212, 20, 300), (224, 40, 270)),
    Way("pictures/coffee.png", "cup of coffee", (204, 0, 340), (224, 20, 260)),
    Way("pictures/coffee.png", "cup of coffee", (112, 56, 280), (140, 50, 280)),
    Way("pictures/chelsea.png", "cat", (0, 0, 300), (120, 0, 300)),
    Way("pictures/china.jpg", "building", (0, 0, 298), (20, 0, 260)),
    Way("pictures/china.jpg", "building", (46, 0, 234), (0, 30, 298)),
    Way("pictures/astronaut.png", "person", (56, 56, 281), (112, 56, 281)),
    Way("scenery/picos.jpg", "mountain", (168, 0, 422), (420, 0, 422)),
    Way("scenery/picos.jpg", "mountain", (0, 0, 537), (252, 40, 422)),
    Way("scenery/aitzgorri.jpg", "mountain", (475, 0, 477), (450, 75, 375)),
    Way("pictures/grass.png", None, (0, 0, 512), (60, 60, 400)),
    Way("pictures/chelsea.png", None, (84, 0, 210), (99, 0, 165)),
    Way("pictures/flower.jpg", None, (0, 0, 234), (60, 0, 234)),
]

# What BT.2408 calls reference white, of the 10,000 nits that PQ's largest value means.
WHITE = 203 / 10000
# Rec. ITU-R BT.2087, linear BT.709 to BT.2020.
TO_2020 = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))


def around(ways_squares, aspect):
    """(left, top, width, height) of the smallest part of `aspect` that holds the frames around those squares."""
    boxes = []
    for left, top, side in ways_squares:
        width, height = (side * aspect, side) if aspect >= 1 else (side, side / aspect)
        boxes.append((left + side / 2 - width / 2, top + side / 2 - height / 2, width, height))
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    width = max(right - left, (bottom - top) * aspect)
    return (left, top, width, width / aspect), boxes


class Still:
    """The part of a photograph that a way touches, `width` x `height` pixels of it in `image`, and where the frames of
    the way lie in there."""

    def __init__(self, way, aspect, width, height, mirrored=False):
        picture = vips.load(DATA / way.picture)
        squares = [way.first, way.last]
        if mirrored:
            picture = vips.call("flip", in_=picture, direction="horizontal")
            squares = [(picture.get_width() - left - side, top, side) for left, top, side in squares]
        if picture.get_bands() == 1:
            picture = vips.call("bandjoin", in_=vips.images(picture, picture, picture))
        (left, top, wide, high), boxes = around(squares, aspect)
        # Frames are wider than some photographs: what the network does not see shows the photograph mirrored.
        margin = int(max(wide, high)) + 2
        padded = vips.call("embed", in_=picture, x=margin, y=margin, width=picture.get_width() + 2 * margin,
                           height=picture.get_height() + 2 * margin, extend="mirror")
        part = vips.crop(padded, round(left) + margin, round(top) + margin, round(wide), round(high))
        self.image = vips.resize(part, width, height)
        scale = width / wide
        self.boxes = [tuple(scale * value for value in (x - left, y - top, w, h)) for x, y, w, h in boxes]

    def window(self, place):
        """(left, top, right, bottom): pixels of `image` to cut off at `place`, from 0 at the way's start to 1; even."""
        left, top, width, height = (a + (b - a) * place for a, b in zip(*self.boxes))
        wide, high = self.image.get_width(), self.image.get_height()
        width, height = min(2 * round(width / 2), wide), min(2 * round(height / 2), high)
        left, top = min(max(2 * round(left / 2), 0), wide - width), min(max(2 * round(top / 2), 0), high - height)
        return left, top, wide - left - width, high - top - height


def rgb(image):
    """Pixels of 3 bytes."""
    return vips.cast(image, "uchar").write_to_memory()


def pq(image):
    """Pixels of 4 x 16 bits, little-endian, the last one opaque: sRGB as BT.2020 with PQ (SMPTE ST 2084), its white at
    WHITE."""
    light = vips.call("colourspace", in_=image, space="scrgb")
    bands = [vips.call("extract-band", in_=light, band=band) for band in range(3)]
    wide = [vips.call("sum", in_=vips.images(*[vips.linear(band, [factor * WHITE], [0])
                                               for band, factor in zip(bands, row)])) for row in TO_2020]
    light = vips.call("bandjoin", in_=vips.images(*wide))
    light = vips.power(vips.linear(vips.call("abs", in_=light), [1], [1e-9]), 2610 / 16384)
    above, below = vips.linear(light, [2413 / 128], [3424 / 4096]), vips.linear(light, [2392 / 128], [1])
    coded = vips.power(vips.call("divide", left=above, right=below), 2523 / 32)
    coded = vips.cast(vips.linear(coded, [65535], [0]), "ushort")
    opaque = vips.call("bandjoin-const", in_=coded, c=vips.doubles(65535))
    return opaque.write_to_memory()
