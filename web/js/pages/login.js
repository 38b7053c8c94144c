// Signing in: the password, then a second step if the account has one.

import "/js/site.js";
import { find, show } from "/js/dom.js";
import { onClick, onSubmit } from "/js/forms.js";
import { getPasskey } from "/js/passkeys.js";
import { completeSignIn, signIn } from "/js/session.js";

const firstStep = find("#first-step");
const secondStep = find("#second-step");
const passkey = find("#passkey");
let challenge = null;

onSubmit(firstStep, async ({ email, password }) => {
  challenge = await signIn(email, password);
  if (challenge === null) return location.assign(nextUrl());
  passkey.hidden = !challenge.passkey_options;
  show(secondStep, firstStep, find("#no-account"));
  secondStep.elements.code.focus();
});

onSubmit(secondStep, ({ code }) =>
  complete(/^\s*[0-9]{6}\s*$/.test(code) ? { code: code.trim() } : { recovery_code: code }),
);

onClick(passkey, secondStep, async () =>
  complete({ passkey: await getPasskey(challenge.passkey_options) }),
);

async function complete(proof) {
  try {
    await completeSignIn(challenge.challenge, proof);
  } catch (error) {
    if (error.code === "session_ended") show(firstStep, secondStep);
    throw error;
  }
  location.assign(nextUrl());
}

/** The page to return to; the start page instead of another site or an invalid URL. */
function nextUrl() {
  const next = new URLSearchParams(location.hash.slice(1)).get("next") ?? "/";
  if (!URL.canParse(next, location.origin)) return "/";
  const { href } = new URL(next, location.origin);
  return href.startsWith(`${location.origin}/`) ? href : "/";
}
