"""Read mutated pictures, to show that whatever is uploaded gives an answer or a named error.

    .venv/bin/python tools/fuzz_pictures.py samples/*.png --count 500 --out fuzz.jsonl

A line of JSON for each picture as it is read, and a summary at the end. Every picture is made
anew from the seed and its number: `--first 1234 --count 1 --keep out` writes number 1234 to `out`.
The exit status is 1 if any picture raised an unnamed error or took longer than `--limit`.
"""

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps

import heartsense
from heartsense.allocator import reuse_freed_memory

Rng = np.random.Generator
MAX_PIXELS = 40_000_000


def main(arguments: list[str]) -> int:
    """Read the pictures; 1 if one of them was not answered as it should be."""
    parser = argparse.ArgumentParser(description="Read mutated pictures.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=5.0, help="CPU seconds for one picture")
    parser.add_argument("--out", type=Path, help="file for the lines; standard output by default")
    parser.add_argument("--keep", type=Path, help="folder for the mutated pictures")
    options = parser.parse_args(arguments)
    reuse_freed_memory()
    lines = options.out.open("a") if options.out else sys.stdout
    outcomes: Counter[str] = Counter()
    slow = 0
    for number in range(options.first, options.first + options.count):
        rng = np.random.default_rng([options.seed, number])
        source = options.pictures[int(rng.integers(len(options.pictures)))]
        names, data = mutated(source.read_bytes(), rng)
        if options.keep:
            (options.keep / f"{number}.bin").write_bytes(data)
        outcome = read(data)
        outcomes[outcome["outcome"]] += 1
        slow += outcome["cpu_seconds"] > options.limit
        line = {"number": number, "source": source.name, "mutations": names, **outcome}
        print(json.dumps(line), file=lines, flush=True)
    crashed = sum(count for outcome, count in outcomes.items() if outcome.startswith("crashed"))
    print(json.dumps({"pictures": options.count, "slow": slow, "crashed": crashed, **outcomes}))
    return int(bool(slow or crashed))


def read(data: bytes) -> dict[str, Any]:
    """What reading gave: `read`, the code of a named error, or `crashed:` and the exception."""
    wall, cpu = time.perf_counter(), time.process_time()
    trace = None
    try:
        heartsense.read(data)
        outcome = "read"
    except heartsense.HeartSenseError as error:
        outcome = error.code
    except Exception as error:
        outcome, trace = f"crashed:{type(error).__name__}", traceback.format_exc()
    seconds = {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
    }
    return {"outcome": outcome, **seconds, **({"traceback": trace} if trace else {})}


def mutated(data: bytes, rng: Rng) -> tuple[list[str], bytes]:
    """The names of some mutations, and a file's bytes after them."""
    names: list[str] = []
    if rng.random() < 0.7:
        with Image.open(BytesIO(data)) as opened:
            image = opened.convert("RGB")
        for _ in range(int(rng.integers(1, 4))):
            mutate = PICTURE_MUTATIONS[int(rng.integers(len(PICTURE_MUTATIONS)))]
            image = mutate(image, rng)
            names.append(mutate.__name__)
        data = encoded(image, rng)
    if not names or rng.random() < 0.25:
        change = BYTE_MUTATIONS[int(rng.integers(len(BYTE_MUTATIONS)))]
        data = change(data, rng)
        names.append(change.__name__)
    return names, data


def encoded(image: Image.Image, rng: Rng) -> bytes:
    """The picture in a random format."""
    kind = str(rng.choice(["PNG", "JPEG", "JPEG", "WEBP", "TIFF", "BMP"]))
    if kind == "WEBP" and max(image.size) > 16383:  # the format's limit
        kind = "PNG"
    options: dict[str, Any] = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}}.get(kind, {})
    if kind in ("JPEG", "WEBP"):
        options["quality"] = int(rng.integers(2, 98))
    file = BytesIO()
    try:
        image.save(file, kind, **options)
    except ValueError:  # libwebp cannot encode some noise
        file = BytesIO()
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def crop(image: Image.Image, rng: Rng) -> Image.Image:
    """Any part, down to a pixel."""
    x, y = (
        np.sort(rng.integers(0, image.width + 1, 2)),
        np.sort(rng.integers(0, image.height + 1, 2)),
    )
    return image.crop((int(x[0]), int(y[0]), int(x[1]) + 1, int(y[1]) + 1))


def rotate(image: Image.Image, rng: Rng) -> Image.Image:
    """By any angle, on any colour."""
    fill = tuple(int(v) for v in rng.integers(0, 256, 3))
    turned = image.rotate(
        float(rng.uniform(-180, 180)), expand=bool(rng.random() < 0.5), fillcolor=fill
    )
    return within_limit(turned, *turned.size)


def resize(image: Image.Image, rng: Rng) -> Image.Image:
    """Stretched both ways."""
    across, down = np.exp(rng.normal(0, 0.8, 2))
    return within_limit(image, round(image.width * across), round(image.height * down))


def shrink_or_grow(image: Image.Image, rng: Rng) -> Image.Image:
    """From a fiftieth to five times the size."""
    factor = float(np.exp(rng.uniform(-4, 1.6)))
    return within_limit(image, round(image.width * factor), round(image.height * factor))


def noise(image: Image.Image, rng: Rng) -> Image.Image:
    """Grey grain."""
    pixels = np.asarray(image, np.int16)
    grain = rng.normal(0, float(rng.uniform(2, 120)), pixels.shape[:2])
    return Image.fromarray(np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8))


def speckles(image: Image.Image, rng: Rng) -> Image.Image:
    """Single pixels of one colour."""
    pixels = np.array(image)
    at = rng.random(pixels.shape[:2]) < float(rng.uniform(0, 0.2))
    pixels[at] = rng.integers(0, 256, 3)
    return Image.fromarray(pixels)


def blur(image: Image.Image, rng: Rng) -> Image.Image:
    """Out of focus."""
    return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 15))))


def invert(image: Image.Image, _: Rng) -> Image.Image:
    """A negative."""
    return ImageOps.invert(image)


def threshold(image: Image.Image, rng: Rng) -> Image.Image:
    """Black and white only."""
    limit = int(rng.integers(20, 240))
    return image.convert("L").point(lambda value: 255 * (value > limit)).convert("RGB")


def tones(image: Image.Image, rng: Rng) -> Image.Image:
    """Too light or too dark."""
    curve = 255 * np.linspace(0, 1, 256) ** float(np.exp(rng.normal(0, 1)))
    return image.point([int(value) for value in curve] * 3)


def mosaic(image: Image.Image, rng: Rng) -> Image.Image:
    """Four to sixteen small copies."""
    count = int(rng.integers(2, 5))
    tile = within_limit(image, max(1, image.width // count), max(1, image.height // count))
    sheet = Image.new("RGB", (tile.width * count, tile.height * count))
    for k in range(count**2):
        sheet.paste(tile, (k % count * tile.width, k // count * tile.height))
    return sheet


def stripes(image: Image.Image, rng: Rng) -> Image.Image:
    """Lines of one colour across."""
    pixels = np.array(image)
    if rng.random() < 0.5:
        pixels[:: int(rng.integers(2, 40))] = rng.integers(0, 256, 3)
    else:
        pixels[:, :: int(rng.integers(2, 40))] = rng.integers(0, 256, 3)
    return Image.fromarray(pixels)


def blot(image: Image.Image, rng: Rng) -> Image.Image:
    """A corner covered."""
    colour = tuple(int(v) for v in rng.integers(0, 256, 3))
    size = tuple(int(v) for v in rng.integers(1, np.array(image.size) + 1))
    copy = image.copy()
    copy.paste(colour, (0, 0, size[0], size[1]))
    return copy


def shear(image: Image.Image, rng: Rng) -> Image.Image:
    """A parallelogram."""
    a, b = rng.normal(0, 0.3, 2)
    return image.transform(image.size, Image.Transform.AFFINE, (1.0, a, 0.0, b, 1.0, 0.0))


def within_limit(image: Image.Image, width: int, height: int) -> Image.Image:
    """The picture at a size, or at the largest of its shape that is tried."""
    width, height = max(1, min(width, 12_000)), max(1, min(height, 12_000))
    factor = min(1.0, (MAX_PIXELS / (width * height)) ** 0.5)
    return image.resize((max(1, int(width * factor)), max(1, int(height * factor))))


def flip_bytes(data: bytes, rng: Rng) -> bytes:
    """Single bytes changed, half of the time in the header."""
    changed = bytearray(data)
    within = len(data) if rng.random() < 0.5 else min(600, len(data))
    for position in rng.integers(0, within, int(rng.integers(1, 30))):
        changed[position] ^= int(rng.integers(1, 256))
    return bytes(changed)


def truncate(data: bytes, rng: Rng) -> bytes:
    """An upload that broke off."""
    return data[: int(rng.integers(1, len(data)))]


def remove_chunk(data: bytes, rng: Rng) -> bytes:
    """Up to 2,000 bytes missing."""
    a, b = np.sort(rng.integers(0, len(data), 2))
    return data[:a] + data[min(b, a + 2000) :]


def insert_chunk(data: bytes, rng: Rng) -> bytes:
    """Random bytes in between."""
    at = int(rng.integers(0, len(data)))
    return data[:at] + rng.bytes(int(rng.integers(1, 3000))) + data[at:]


def repeat_chunk(data: bytes, rng: Rng) -> bytes:
    """Some bytes many times."""
    at = int(rng.integers(0, len(data)))
    return data[:at] + data[at : at + 500] * int(rng.integers(2, 20)) + data[at:]


PICTURE_MUTATIONS: list[Callable[[Image.Image, Rng], Image.Image]] = [
    crop,
    rotate,
    resize,
    shrink_or_grow,
    noise,
    speckles,
    blur,
    invert,
    threshold,
    tones,
    mosaic,
    stripes,
    blot,
    shear,
]
BYTE_MUTATIONS: list[Callable[[bytes, Rng], bytes]] = [
    flip_bytes,
    truncate,
    remove_chunk,
    insert_chunk,
    repeat_chunk,
]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
