import "/js/site.js";
import { ask } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";

onSubmit(find("form"), async ({ email }) => {
  await ask("POST", "/password/forgot", { json: { email } });
  show(find("#sent"), find("#ask"));
  focus(find("#sent h1"));
});
