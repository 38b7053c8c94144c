import "/js/site.js";
import { ask } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { alertBox } from "/js/forms.js";
import { secret } from "/js/secret.js";

// By a click, not at once: some mail programs open every link of a mail.
const token = secret();
const button = find("#confirm");

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    await ask("POST", "/verify", { json: { token } });
    show(find("#done"), find("#ask"));
    focus(find("#done h1"));
  } catch (refusal) {
    if (refusal.code === undefined) throw refusal;
    button.before(alertBox(refusal.message));
    button.disabled = false;
  }
});
