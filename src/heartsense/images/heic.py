"""HEIC, the format of phone photos, read by libheif."""

from typing import cast

from PIL import Image

from heartsense.images.limits import check_pages, check_size


def read(data: bytes, page: int) -> tuple[Image.Image, int]:
    """Decode the primary picture; libheif turns it upright itself."""
    import pi_heif  # only phones' photos need it: 20 ms of start

    check_pages(page, 1)
    container = pi_heif.open_heif(data, convert_hdr_to_8bit=True)  # reads headers only
    check_size(*container.size)
    return cast(Image.Image, container.to_pillow()), 1
