// Choosing a picture; without an account the result is shown here and kept nowhere.

import "/js/site.js";
import { find, focus, h, show } from "/js/dom.js";
import { alertBox } from "/js/forms.js";
import { ACCEPTED } from "/js/picture.js";
import { onPicture } from "/js/picker.js";
import { progressBox } from "/js/progress.js";
import { resultView } from "/js/result.js";
import { signedIn } from "/js/session.js";
import { t } from "/js/texts.js";
import { TRY_BYTES, classify, upload } from "/js/upload.js";

const parts = ["choose", "prepare", "working", "outcome"].map((id) => find(`#${id}`));
const [choose, prepare, working, outcome] = parts;
const form = find("form", prepare);
const canvas = find("canvas");
const notices = find("#notices");
const only = (part) => show(part, ...parts.filter((other) => other !== part));

let picture = null;

for (const input of document.querySelectorAll("input[type=file]:not([capture])")) {
  input.accept = ACCEPTED.join(",");
}
for (const node of document.querySelectorAll("[data-for]")) {
  node.hidden = (node.dataset.for === "member") !== signedIn();
}

onPicture(choose, document.querySelectorAll("input[type=file]"), taken, refused);

function taken(chosen) {
  picture = chosen;
  notices.replaceChildren();
  canvas.hidden = find("#turns").hidden = !picture.visible;
  find("#no-preview").hidden = picture.visible;
  find("#file-name").textContent = picture.file.name;
  find("#page-field").hidden = !picture.hasPages;
  find("#scaled").hidden = signedIn() || !picture.visible || picture.file.size <= TRY_BYTES;
  form.elements.page.value = 1;
  if (picture.visible) picture.preview(canvas);
  only(prepare);
  focus(find("h2", prepare));
}

function refused(refusal) {
  const box = alertBox(refusal.message);
  notices.replaceChildren(box);
  focus(box);
}

for (const button of document.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => {
    picture.turn(Number(button.dataset.turn));
    picture.preview(canvas);
  });
}

find("#another").addEventListener("click", again);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { page, consent } = form.elements;
  const { box, sent } = progressBox();
  notices.replaceChildren();
  working.replaceChildren(box);
  only(working);
  try {
    if (signedIn()) {
      const id = await upload(picture, Number(page.value), consent.checked, sent);
      location.assign(`/result#${id}`);
    } else {
      answered(await classify(picture, Number(page.value), sent));
    }
  } catch (refusal) {
    if (refusal.code === undefined) throw refusal;
    only(prepare);
    refused(refusal);
  }
});

function answered(result) {
  const { pictures } = result;
  const address = pictures && ((view) => {
    const [name, condition] = view.split(":");
    return condition ? pictures.heatmaps[condition] : pictures[name];
  });
  outcome.replaceChildren(
    resultView(result, Object.keys(pictures?.heatmaps ?? {}), address),
    h(
      "div",
      { class: "actions no-print" },
      h("button", { type: "button", onclick: again }, t("try.again")),
      h("button", { type: "button", class: "quiet", onclick: () => print() }, t("result.print")),
      h("a", { href: "/register", class: "button quiet" }, t("try.keep")),
    ),
  );
  find("#intro").hidden = true;
  only(outcome);
  focus(find("h1", outcome));
}

function again() {
  picture = null;
  outcome.replaceChildren();
  find("#intro").hidden = false;
  only(choose);
  find("input[type=file]").focus();
}
