import "/js/site.js";
import { find } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { signIn } from "/js/session.js";

onSubmit(find("form"), async ({ email, password }) => {
  await signIn(email, password);
  location.assign(next());
});

/** The page that asked for signing in; never another site's, nor what is no address. */
function next() {
  const wanted = new URLSearchParams(location.hash.slice(1)).get("next") ?? "/";
  if (!URL.canParse(wanted, location.origin)) return "/";
  const { href } = new URL(wanted, location.origin);
  return href.startsWith(`${location.origin}/`) ? href : "/";
}
