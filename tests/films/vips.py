"""libvips through its introspection, as libvips-dev brings it along: operations by name."""
import gi

gi.require_version("Vips", "8.0")
from gi.repository import GObject, Vips  # noqa: E402

Vips.init("vips")


def call(name, out="out", **arguments):
    """Runs the operation `name`; returns its output `out`, or None where that is None. An argument that is a word of
    Python's has a _ behind it; choices are given by their nickname."""
    operation = Vips.Operation.new(name.replace("-", "_"))
    for key, value in arguments.items():
        GObject.Object.set_property(operation, key.rstrip("_").replace("_", "-"), value)
    if operation.build() != 0:
        raise OSError(f"{name}: {Vips.error_buffer_copy().strip()}")
    return GObject.Object.get_property(operation, out) if out else None


def can(name):
    """Whether this libvips has the operation."""
    return bool(Vips.type_find("VipsOperation", name.replace("-", "_")))


def doubles(*values):
    return Vips.ArrayDouble.new(values)


def images(*values):
    return Vips.ArrayImage.new(list(values))


def load(path):
    """A picture in sRGB, or grey, without alpha, and without its profile: savers complain of a broken one."""
    loader = Vips.Foreign.find_load(str(path))
    if not loader:
        raise OSError(f"{path}: no picture that libvips reads")
    image = call("colourspace", in_=call(loader, filename=str(path)), space="srgb")
    image = call("copy", in_=call("extract-band", in_=image, band=0, n=3) if image.get_bands() > 3 else image)
    image.remove("icc-profile-data")
    return image


def crop(image, left, top, width, height):
    return call("extract-area", input=image, left=left, top=top, width=width, height=height)


def resize(image, width, height):
    """To exactly that size."""
    bigger = call("resize", in_=image, scale=width / image.get_width(), vscale=height / image.get_height(),
                  kernel="cubic")
    if (bigger.get_width(), bigger.get_height()) == (width, height):
        return bigger
    return call("embed", in_=bigger, x=0, y=0, width=width, height=height, extend="copy")


def linear(image, factors, offsets):
    return call("linear", in_=image, a=doubles(*factors), b=doubles(*offsets))


def power(image, exponent):
    return call("math2-const", in_=image, math2="pow", c=doubles(exponent))


def cast(image, form):
    return call("cast", in_=image, format=form)


def save(image, path, **options):
    """In the format that the path's ending says; options as the saver takes them."""
    saver = Vips.Foreign.find_save(str(path))
    if not saver:
        raise OSError(f"{path}: no format that libvips writes")
    call(saver, None, in_=image, filename=str(path), **options)


# How a reader turns what it read, by EXIF's orientation: the operations, in order.
UPRIGHT = {1: (), 2: ("horizontal",), 3: ("d180",), 4: ("vertical",), 5: ("d90", "horizontal"), 6: ("d90",),
           7: ("d270", "horizontal"), 8: ("d270",)}
BACK = {"d90": "d270", "d270": "d90"}


def turned(image, orientation):
    """`image` as a camera stores it that is held that way, with the orientation in its EXIF."""
    for step in reversed(UPRIGHT[orientation]):
        if step.startswith("d"):
            image = call("rot", in_=image, angle=BACK.get(step, step))
        else:
            image = call("flip", in_=image, direction=step)
    image = call("copy", in_=image)
    image.set_int("orientation", orientation)
    return image
