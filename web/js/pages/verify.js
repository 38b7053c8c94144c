import "/js/site.js";
import { request } from "/js/api.js";
import { find, focus, show } from "/js/dom.js";
import { onClick } from "/js/forms.js";
import { takeLinkToken } from "/js/link-token.js";

// Confirmed by a button, because some mail programs open every link of an e-mail by themselves.
const token = takeLinkToken();

onClick(find("#confirm"), find("#form-step"), async () => {
  await request("POST", "/verify", { json: { token } });
  show(find("#done-step"), find("#form-step"));
  focus(find("#done-step h1"));
});
