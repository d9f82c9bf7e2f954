// Small comforts of the panel. Every page works without them.
(() => {
  "use strict";

  // Something moves (orders arrive, a refund is being sent): the page asks for that piece of itself again until the
  // piece says it is done. Nothing is taken from under somebody's hands, and nobody asks for ever.
  const POLL_MS = 2000;
  const POLLS = 300;
  let polls = 0;

  function inUse(piece) {
    const active = document.activeElement;
    const typing = active && piece.contains(active) && active !== piece;
    return typing || [...piece.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue) ||
      piece.querySelector("details[open]") !== null;
  }

  async function renew(piece) {
    if (++polls > POLLS) return;
    if (inUse(piece)) {
      window.setTimeout(() => piece.isConnected && renew(piece), POLL_MS);
      return;
    }
    const fetchPage = window.Backhaul && window.Backhaul.fetch ? window.Backhaul.fetch : window.fetch.bind(window);
    try {
      const answer = await fetchPage(piece.dataset.poll, { credentials: "same-origin" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-poll]");
      if (!fresh || !piece.isConnected) return;
      if (inUse(piece)) throw new Error("in use");
      const [old, head] = [document, page].map((place) => place.getElementById(piece.dataset.also || ""));
      if (old && head) old.replaceWith(head);
      piece.replaceWith(fresh);
      watch(fresh);
    } catch {
      window.setTimeout(() => piece.isConnected && renew(piece), POLL_MS * 3);
    }
  }

  function watch(piece) {
    if (piece.watched || "done" in piece.dataset) return;
    piece.watched = true;
    window.setTimeout(() => piece.isConnected && renew(piece), POLL_MS);
  }

  // On a phone the tabs are wider than the screen: the one we are on comes into view.
  function showTab(tabs) {
    const here = tabs.querySelector("[aria-current]");
    if (here) tabs.scrollLeft = here.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
  }

  function watchAll() {
    document.querySelectorAll("[data-poll]").forEach(watch);
    document.querySelectorAll(".tabs").forEach(showTab);
  }

  // One press, one request: a form that is under way does not go a second time.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (window.Backhaul && window.Backhaul.isCarried()) return; // session.js looks after its own
    if (form.dataset.underWay) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.underWay = "1";
    window.setTimeout(() => delete form.dataset.underWay, 4000);
  }, true);

  // Choosing how to sort needs no button.
  document.addEventListener("change", (event) => {
    if (event.target.id === "sort" && event.target.form) event.target.form.requestSubmit();
  });

  document.addEventListener("DOMContentLoaded", watchAll);
  document.addEventListener("backhaul:page", () => { polls = 0; watchAll(); });
  if (document.readyState !== "loading") watchAll();
})();
