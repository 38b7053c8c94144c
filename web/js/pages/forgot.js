import "/js/site.js";
import { request } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";

onSubmit(find("form"), async ({ email }) => {
  await request("POST", "/password/forgot", { json: { email } });
  show(find("#sent-step"), find("#form-step"));
  focus(find("#sent-step h1"));
});
