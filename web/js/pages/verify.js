import "/js/site.js";
import { ask } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onClick } from "/js/forms.js";
import { secret } from "/js/secret.js";

// By a click, not at once: some mail programs open every link of a mail.
const token = secret();

onClick(find("#confirm"), find("#ask"), async () => {
  await ask("POST", "/verify", { json: { token } });
  show(find("#done"), find("#ask"));
  focus(find("#done h1"));
});
