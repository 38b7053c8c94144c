// Passkeys: the browser's WebAuthn calls, with options and results as JSON.

import { ApiError } from "/js/api.js";
import { t } from "/js/i18n.js";

/** Whether this page can have passkeys: browsers allow none for a bare IP address. */
export const passkeysSupported = () =>
  typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === "function" &&
  !/^[0-9.]+$|:/.test(location.hostname);

/** Make a passkey; returns the credential as JSON. */
export const createPasskey = (options) =>
  asked(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
    }),
  );

/** Sign with a passkey; returns the credential as JSON. */
export const getPasskey = (options) =>
  asked(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
    }),
  );

async function asked(ask) {
  try {
    return (await ask()).toJSON();
  } catch {
    // The user closed the browser's dialog, or has no authenticator.
    throw new ApiError("passkey_cancelled", t("two_step.cancelled"));
  }
}
