// Choosing a picture: from the files, by the camera, dropped or pasted.

import { Picture } from "/js/picture.js";

/** Call `taken` with each picture that is chosen in `zone`, and `refused` with what is none. */
export function onPicture(zone, inputs, taken, refused) {
  async function take(file) {
    if (!file) return;
    try {
      taken(await Picture.from(file));
    } catch (refusal) {
      if (refusal.code === undefined) throw refusal;
      refused(refusal);
    }
  }

  for (const input of inputs) {
    input.addEventListener("change", () => {
      take(input.files[0]);
      input.value = ""; // the same file may be chosen again
    });
  }
  document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault(); // else the browser opens the file in place of the page
    zone.classList.toggle("over", event.dataTransfer.types.includes("Files"));
  });
  document.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
}
