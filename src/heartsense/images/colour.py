"""Convert any Pillow mode to opaque 8-bit RGB."""

from PIL import Image

_FULL_SCALES = (255, 4095, 65535)  # 8, 12 (radiology scanners) and 16 bits


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to 8-bit RGB; transparent pixels become white.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode, also 16-bit grey, 32-bit integers and floats.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        image = _to_8_bit(image)
    elif image.mode == "LAB":
        image = image.getchannel("L")  # Pillow cannot convert LAB; lightness shows ink and paper
    if image.has_transparency_data:
        opaque = Image.new("RGB", image.size, "white")
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        opaque.paste(layer, mask=layer.getchannel("A"))
        return opaque
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Scale deep grey values to 0-255; the full scale is guessed from the largest value."""
    # Imported here: half of the time that a decoder takes to start, and few images need it.
    import numpy as np

    values = np.asarray(image)
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        if values.max() <= 1.0:
            values = values * np.float32(65535)
    top = int(values.max())
    full = next((scale for scale in _FULL_SCALES if top <= scale), top)
    if full > 65535:
        values = values * (65535 / full)
        full = 65535
    steps = np.clip(values, 0, 65535).astype(np.uint16)
    tones = np.round(np.minimum(np.arange(65536) * (255.0 / full), 255)).astype(np.uint8)
    return Image.fromarray(tones[steps])  # a lookup table needs a tenth of the memory
