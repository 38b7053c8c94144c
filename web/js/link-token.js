// The secret of a mailed link, taken out of the address so that no history keeps it.

export function secret() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") || "none";
  history.replaceState(null, "", location.pathname);
  return token;
}
