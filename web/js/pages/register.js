import "/js/site.js";
import { request } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";

onSubmit(find("form"), async ({ name, email, password }) => {
  await request("POST", "/register", { json: { name, email, password } });
  show(find("#sent-step"), find("#form-step"));
  focus(find("#sent-step h1"));
});
