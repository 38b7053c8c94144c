// A classic script before all modules: when one of them cannot be loaded, as when a phone changes its
// network, the page stays empty. It is then loaded again, once; after that, the visitor is told.
// The sentences are here because the texts' module may be what is missing.

(() => {
  const LOADED_AGAIN_KEY = "heartsense.loaded-again"; // the page that was loaded again

  function tell() {
    const notice = document.createElement("div");
    notice.className = "notice error";
    notice.setAttribute("role", "alert");
    const sentence = document.createElement("p");
    sentence.textContent =
      "This page could not be loaded completely. Please check your connection and try again.";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Load again";
    button.addEventListener("click", () => location.reload());
    notice.append(sentence, button);
    document.querySelector("main").prepend(notice);
  }

  function handleError({ target }) {
    if (!(target instanceof HTMLScriptElement)) return;
    if (sessionStorage.getItem(LOADED_AGAIN_KEY) === location.pathname) return tell();
    sessionStorage.setItem(LOADED_AGAIN_KEY, location.pathname);
    location.reload();
  }

  // Errors of loading do not bubble: they are seen on their way down to the script.
  addEventListener("error", handleError, { capture: true });
  addEventListener("load", () => {
    if (customElements.get("site-header")) sessionStorage.removeItem(LOADED_AGAIN_KEY);
  });
})();
