"""Images as files."""

import io

from PIL import Image

_JPEG_QUALITY = 85


def jpeg(image: Image.Image) -> bytes:
    """The image as JPEG, without metadata."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=_JPEG_QUALITY)
    return content.getvalue()
