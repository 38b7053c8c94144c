// Choosing a file: by file dialog, camera, drag and drop, or paste.

import { ApiError } from "/js/api.js";
import { ImageFile } from "/js/image-file.js";

/** Call `onImage` with each file that is chosen, or `onError` with the reason it is refused. */
export function onFileChosen(dropzone, inputs, onImage, onError) {
  async function open(file) {
    if (!file) return;
    try {
      onImage(await ImageFile.open(file));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      onError(error);
    }
  }

  for (const input of inputs) {
    input.addEventListener("change", () => {
      open(input.files[0]);
      input.value = ""; // so that choosing the same file again is a change
    });
  }
  document.addEventListener("paste", (event) => open(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault(); // or the browser would leave the page to open the file
    dropzone.classList.toggle("drag-over", event.dataTransfer.types.includes("Files"));
  });
  document.addEventListener("dragleave", () => dropzone.classList.remove("drag-over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    dropzone.classList.remove("drag-over");
    open(event.dataTransfer.files[0]);
  });
}
