import "/js/site.js";
import { ask } from "/js/api.js";
import { find } from "/js/dom.js";
import { done, onSubmit } from "/js/forms.js";
import { t } from "/js/texts.js";

onSubmit(find("form"), async ({ name, email, subject, message }) => {
  await ask("POST", "/contact", { json: { name, email, subject, message } });
  done(find("form"), t("contact.thanks"));
});
