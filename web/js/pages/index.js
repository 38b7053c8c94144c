// The start page: choose an image, check it and upload it. Visitors see the result here, and
// nothing is stored; members are led to the stored result.

import "/js/site.js";
import { ApiError } from "/js/api.js";
import { find, focus, h, show } from "/js/dom.js";
import { onFileChosen } from "/js/file-picker.js";
import { errorBox } from "/js/forms.js";
import { t } from "/js/i18n.js";
import { ACCEPTED_TYPES } from "/js/image-file.js";
import { progressIndicator } from "/js/progress.js";
import { resultView } from "/js/result.js";
import { isSignedIn } from "/js/session.js";
import { classify, MAX_REQUEST_BYTES, upload } from "/js/upload.js";

const steps = ["choose", "preview", "progress", "result"].map((name) => find(`#${name}-step`));
const [chooseStep, previewStep, progressStep, resultStep] = steps;
const showStep = (step) => show(step, ...steps.filter((other) => other !== step));
const form = find("form", previewStep);
const canvas = find("canvas");
const notices = find("#notices");

let image = null;

for (const input of document.querySelectorAll("input[type=file]:not([capture])")) {
  input.accept = ACCEPTED_TYPES.join(",");
}
for (const element of document.querySelectorAll("[data-audience]")) {
  element.hidden = (element.dataset.audience === "member") !== isSignedIn();
}
for (const button of document.querySelectorAll("[data-rotate]")) {
  button.addEventListener("click", () => {
    image.rotate(Number(button.dataset.rotate));
    image.drawPreview(canvas);
  });
}
find("#choose-another").addEventListener("click", startOver);
onFileChosen(chooseStep, document.querySelectorAll("input[type=file]"), showPreview, showError);

function showPreview(chosen) {
  image = chosen;
  const { file, hasPreview, isDocument } = image;
  notices.replaceChildren();
  canvas.hidden = !hasPreview;
  find("#rotate").hidden = !hasPreview;
  find("#no-preview").hidden = hasPreview;
  find("#file-name").textContent = file.name;
  find("#page-field").hidden = !isDocument;
  find("#downscaled").hidden = isSignedIn() || !hasPreview || file.size <= MAX_REQUEST_BYTES;
  form.elements.page.value = 1;
  if (hasPreview) image.drawPreview(canvas);
  showStep(previewStep);
  focus(find("h2", previewStep));
}

function showError(error) {
  const box = errorBox(error.message);
  notices.replaceChildren(box);
  focus(box);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const page = Number(form.elements.page.value);
  const { element, setUploaded } = progressIndicator();
  notices.replaceChildren();
  progressStep.replaceChildren(element);
  showStep(progressStep);
  try {
    if (isSignedIn()) {
      const id = await upload(image, page, form.elements.consent.checked, setUploaded);
      location.assign(`/result#${id}`);
    } else {
      showResult(await classify(image, page, setUploaded));
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showStep(previewStep);
    showError(error);
  }
});

function showResult(result) {
  const { pictures } = result;
  resultStep.replaceChildren(
    resultView(result, Object.keys(pictures?.heatmaps ?? {}), pictures && imageUrl),
    h(
      "div",
      { class: "actions no-print" },
      h("button", { type: "button", onclick: startOver }, t("try.again")),
      h(
        "button",
        { type: "button", class: "secondary", onclick: () => print() },
        t("result.print"),
      ),
      h("a", { href: "/register", class: "button secondary" }, t("try.register")),
    ),
  );
  find("#intro").hidden = true;
  showStep(resultStep);
  focus(find("h1", resultStep));

  function imageUrl(view) {
    const [name, condition] = view.split(":");
    return condition ? pictures.heatmaps[condition] : pictures[name];
  }
}

function startOver() {
  image = null;
  resultStep.replaceChildren();
  find("#intro").hidden = false;
  showStep(chooseStep);
  find("input[type=file]").focus();
}
