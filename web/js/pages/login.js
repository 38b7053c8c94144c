import "/js/site.js";
import { find } from "/js/dom.js";
import { onSubmit } from "/js/forms.js";
import { signIn } from "/js/session.js";

onSubmit(find("form"), async ({ email, password }) => {
  await signIn(email, password);
  location.assign(nextUrl());
});

/** The page to return to; the start page instead of another site or an invalid URL. */
function nextUrl() {
  const next = new URLSearchParams(location.hash.slice(1)).get("next") ?? "/";
  if (!URL.canParse(next, location.origin)) return "/";
  const { href } = new URL(next, location.origin);
  return href.startsWith(`${location.origin}/`) ? href : "/";
}
