import "/js/site.js";
import { ask } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";

onSubmit(find("form"), async ({ name, email, password }) => {
  await ask("POST", "/register", { json: { name, email, password } });
  show(find("#sent"), find("#ask"));
  focus(find("#sent h1"));
});
