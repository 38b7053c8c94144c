import "/js/site.js";
import { request } from "/js/api.js";
import { find } from "/js/dom.js";
import { onSubmit, showSuccess } from "/js/forms.js";
import { t } from "/js/i18n.js";

onSubmit(find("form"), async ({ name, email, subject, message }) => {
  await request("POST", "/contact", { json: { name, email, subject, message } });
  showSuccess(find("form"), t("contact.sent"));
});
