import "/js/site.js";
import { ask } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { secret } from "/js/secret.js";

const token = secret();

onSubmit(find("form"), async ({ password }) => {
  await ask("POST", "/password/reset", { json: { token, password } });
  show(find("#done"), find("#ask"));
  focus(find("#done h1"));
});
