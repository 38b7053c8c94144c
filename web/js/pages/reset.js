import "/js/site.js";
import { request } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { takeLinkToken } from "/js/link-token.js";

const token = takeLinkToken();
// If a response is lost, the API answers a retry with the same attempt. Another password is another
// attempt: a retry would not set it.
let attempt = null;
let attempted = null;

onSubmit(find("form"), async ({ password }) => {
  if (password !== attempted) attempt = crypto.randomUUID();
  attempted = password;
  await request("POST", "/password/reset", { json: { token, password, attempt } });
  show(find("#done-step"), find("#form-step"));
  focus(find("#done-step h1"));
});
