// Small comforts of the policy's pages: every one of them works without.
(() => {
  "use strict";

  const fetchPage = (url, init) => (window.Backhaul && window.Backhaul.fetch ? window.Backhaul.fetch : window.fetch)(url, init);

  // What a condition looks at was changed: the page shows how that compares. Where it compares within one kind of
  // fields, nothing needs to be asked of the server.
  function refresh(select) {
    const button = select.closest(".condition").querySelector("[data-refresh-button]");
    const listed = (value) => value === "in" || value === "not_in";
    if (select.id.endsWith("-op") && listed(select.value) === listed(select.dataset.was || "")) {
      select.dataset.was = select.value;
      showHigh(select);
      return;
    }
    if (button && select.form) select.form.requestSubmit(button);
  }

  function showHigh(select) {
    const high = select.closest(".condition").querySelector(".upto");
    if (high) high.hidden = select.value !== "between";
  }

  // The preview follows what is typed.
  const DELAY_MS = 350;
  let waiting = 0;
  let asked = 0;

  async function preview(form) {
    const place = document.getElementById(form.dataset.instant);
    const mine = ++asked;
    if (!place || !form.elements.order.value.trim()) return;
    try {
      const answer = await fetchPage(`${form.action}?${new URLSearchParams(new FormData(form))}`, { credentials: "same-origin" });
      if (!answer.ok || mine !== asked) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("preview");
      if (fresh && place.isConnected) place.replaceChildren(...document.adoptNode(fresh).childNodes);
    } catch {
      // The button still shows it.
    }
  }

  // Rules by pointer: the keyboard has its buttons.
  let dragged = null;

  function drop(list, target) {
    const rules = [...list.querySelectorAll("[data-rule]")];
    const form = dragged.querySelector("form");
    const to = document.createElement("input");
    Object.assign(to, { type: "hidden", name: "to", value: String(rules.indexOf(target) + 1) });
    form.append(to);
    form.requestSubmit();
  }

  function ready() {
    document.querySelectorAll("[data-reorder]").forEach((list) => {
      list.dataset.drag = "1";
      list.querySelectorAll("[data-rule]").forEach((rule) => { rule.draggable = true; });
    });
    document.querySelectorAll("select[id$='-op'][data-refresh]").forEach((select) => {
      select.dataset.was = select.value;
      showHigh(select);
    });
    document.querySelectorAll("[data-refresh-button]").forEach((button) => { button.hidden = true; });
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-refresh]")) refresh(event.target);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.dataset.instant) return;
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => preview(form), DELAY_MS);
  });
  document.addEventListener("dragstart", (event) => {
    const rule = event.target.closest ? event.target.closest("[data-rule]") : null;
    if (!rule) return;
    dragged = rule;
    rule.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", rule.dataset.rule);
  });
  document.addEventListener("dragover", (event) => {
    const rule = dragged && event.target.closest ? event.target.closest("[data-rule]") : null;
    document.querySelectorAll(".is-over").forEach((one) => one.classList.toggle("is-over", one === rule));
    if (!rule) return;
    event.preventDefault();
    rule.classList.add("is-over");
  });
  document.addEventListener("drop", (event) => {
    const rule = dragged && event.target.closest ? event.target.closest("[data-rule]") : null;
    if (!rule || rule === dragged) return;
    event.preventDefault();
    drop(rule.closest("[data-reorder]"), rule);
  });
  document.addEventListener("dragend", () => {
    document.querySelectorAll(".is-dragged, .is-over").forEach((one) => one.classList.remove("is-dragged", "is-over"));
    dragged = null;
  });
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("backhaul:page", ready);
  if (document.readyState !== "loading") ready();
})();
