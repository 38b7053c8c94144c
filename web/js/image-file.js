// The chosen file before upload: type and size checks, preview, rotation and downscaling.

import { ApiError } from "/js/api.js";

const MAX_BYTES = 20_000_000; // the API's limit for uploads
const MAX_SIDE = 4096; // pixels; every browser supports a canvas of this size
const PREVIEW_SIDE = 1200;
const JPEG_QUALITIES = [0.92, 0.8];

// By file name, because not every system knows the newer types.
const TYPES = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  tif: "image/tiff",
  tiff: "image/tiff",
  bmp: "image/bmp",
  webp: "image/webp",
  heic: "image/heic",
  heif: "image/heif",
  pdf: "application/pdf",
};

const EXTENSIONS = Object.keys(TYPES).map((extension) => `.${extension}`);

/** For the `accept` attribute of a file input. */
export const ACCEPTED_TYPES = [...new Set(Object.values(TYPES)), ...EXTENSIONS];

export class ImageFile {
  quarterTurns = 0; // clockwise

  constructor(file, type, bitmap) {
    this.file = file;
    this.type = type;
    this.bitmap = bitmap;
  }

  /** Open a file; throws ApiError if its type or size is not accepted. */
  static async open(file) {
    const type = typeOf(file);
    if (type === undefined) throw new ApiError("not_an_image");
    if (file.size === 0) throw new ApiError("empty_file");
    if (file.size > MAX_BYTES) throw new ApiError("file_too_large");
    return new ImageFile(file, type, await decode(file));
  }

  /** Whether the file may have several pages. */
  get isDocument() {
    return this.type === "application/pdf" || this.type === "image/tiff";
  }

  /** Whether this browser can decode the file, and so show and rotate it. */
  get hasPreview() {
    return this.bitmap !== null;
  }

  rotate(quarterTurns) {
    this.quarterTurns = (this.quarterTurns + quarterTurns + 4) % 4;
  }

  drawPreview(canvas) {
    draw(canvas, this.bitmap, this.quarterTurns, PREVIEW_SIDE);
  }

  /** The bytes to upload: the file itself, or a JPEG if it was rotated or exceeds `maxBytes`. */
  async toBlob(maxBytes = MAX_BYTES) {
    if (this.quarterTurns === 0 && this.file.size <= maxBytes) {
      return new Blob([this.file], { type: this.type });
    }
    if (!this.hasPreview) throw new ApiError("too_large_to_try");
    const canvas = document.createElement("canvas");
    for (let side = MAX_SIDE; ; side *= 0.75) {
      draw(canvas, this.bitmap, this.quarterTurns, side);
      for (const quality of JPEG_QUALITIES) {
        const blob = await encodeJpeg(canvas, quality);
        if (blob.size <= maxBytes) return blob;
      }
    }
  }
}

function typeOf(file) {
  if (Object.values(TYPES).includes(file.type)) return file.type;
  return TYPES[file.name.toLowerCase().split(".").at(-1)];
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return null; // PDF, HEIC and TIFF: the API can read what the browser cannot
  }
}

/** Draw rotated clockwise, and with at most `maxSide` pixels along the longer side. */
function draw(canvas, bitmap, quarterTurns, maxSide) {
  const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height));
  const width = Math.round(bitmap.width * scale);
  const height = Math.round(bitmap.height * scale);
  [canvas.width, canvas.height] = quarterTurns % 2 ? [height, width] : [width, height];
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((quarterTurns * Math.PI) / 2);
  context.drawImage(bitmap, -width / 2, -height / 2, width, height);
}

const encodeJpeg = (canvas, quality) =>
  new Promise((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", quality);
  });
