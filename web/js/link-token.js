/** Read the token of an e-mailed link and remove it from the URL, to keep it out of the history. */
export function takeLinkToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") || "none";
  history.replaceState(null, "", location.pathname);
  return token;
}
