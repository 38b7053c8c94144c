import "/js/site.js";
import { request } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { takeLinkToken } from "/js/link-token.js";

const token = takeLinkToken();

onSubmit(find("form"), async ({ password }) => {
  await request("POST", "/password/reset", { json: { token, password } });
  show(find("#done-step"), find("#form-step"));
  focus(find("#done-step h1"));
});
