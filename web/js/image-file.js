// A picture before it is sent: what it is, how it looks, turned and made smaller where needed.

import { Refusal } from "/js/api.js";

const MOST_BYTES = 20_000_000; // of an upload
const MOST_SIDE = 4096; // of a canvas that every browser can hold
const PREVIEW_SIDE = 1200;

// Some systems do not know newer types.
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

const ENDINGS = Object.keys(TYPES).map((ending) => `.${ending}`);

export const ACCEPTED = [...new Set(Object.values(TYPES)), ...ENDINGS];

/** A file that somebody chose, and by how many quarters it is turned. */
export class Picture {
  turns = 0;

  constructor(file, type, bitmap) {
    this.file = file;
    this.type = type;
    this.bitmap = bitmap;
  }

  /** Take a file; a Refusal where it cannot be an ECG's picture. */
  static async from(file) {
    const type = typeOf(file);
    if (type === undefined) throw new Refusal("not_an_image");
    if (file.size === 0) throw new Refusal("empty_file");
    if (file.size > MOST_BYTES) throw new Refusal("file_too_large");
    return new Picture(file, type, await decoded(file));
  }

  /** Whether the document may have several pages. */
  get hasPages() {
    return this.type === "application/pdf" || this.type === "image/tiff";
  }

  /** Whether this browser can show it, and so turn it. */
  get visible() {
    return this.bitmap !== null;
  }

  turn(quarters) {
    this.turns = (this.turns + quarters + 4) % 4;
  }

  preview(canvas) {
    paint(canvas, this.bitmap, this.turns, PREVIEW_SIDE);
  }

  /** What is sent: the file itself, or drawn anew where it was turned or is above `limit` bytes. */
  async content(limit = MOST_BYTES) {
    if (this.turns === 0 && this.file.size <= limit) {
      return new Blob([this.file], { type: this.type });
    }
    if (!this.visible) throw new Refusal("too_large_to_try");
    const canvas = document.createElement("canvas");
    for (let side = MOST_SIDE; ; side *= 0.75) {
      paint(canvas, this.bitmap, this.turns, side);
      for (const quality of [0.92, 0.8]) {
        const blob = await encoded(canvas, quality);
        if (blob.size <= limit) return blob;
      }
    }
  }
}

function typeOf(file) {
  if (Object.values(TYPES).includes(file.type)) return file.type;
  return TYPES[file.name.toLowerCase().split(".").at(-1)];
}

async function decoded(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return null; // PDF, HEIC, TIFF: the service reads what the browser cannot
  }
}

/** Draw with `turns` quarters clockwise and at most `side` pixels along the longer side. */
function paint(canvas, bitmap, turns, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const width = Math.round(bitmap.width * scale);
  const height = Math.round(bitmap.height * scale);
  [canvas.width, canvas.height] = turns % 2 ? [height, width] : [width, height];
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((turns * Math.PI) / 2);
  context.drawImage(bitmap, -width / 2, -height / 2, width, height);
}

const encoded = (canvas, quality) =>
  new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
