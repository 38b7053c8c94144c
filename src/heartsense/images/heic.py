"""Decode HEIC, the format of phone photos, with libheif."""

from typing import cast

from PIL import Image

from heartsense.images.limits import check_pages, check_size


def decode_page(data: bytes, page: int) -> tuple[Image.Image, int]:
    """Decode the primary image; libheif applies the orientation.

    Returns
    -------
    image : PIL.Image.Image
    pages : int
        Always 1.
    """
    import pi_heif  # imported only for HEIC: takes 20 ms

    check_pages(page, 1)
    container = pi_heif.open_heif(data, convert_hdr_to_8bit=True)  # reads only headers
    check_size(*container.size)
    return cast(Image.Image, container.to_pillow()), 1
