/* What makes the shopper's pages a little nicer; every page works without it. */
"use strict";

// A second press while the first is on its way is not needed; the server files a form once anyway.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = form.querySelector("button[type=submit]");
    if (button) button.setAttribute("aria-disabled", "true");
  });
}

// Coming back with the back button: the form may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    const button = form.querySelector("button[type=submit]");
    if (button) button.removeAttribute("aria-disabled");
  }
});

// What went wrong is read out first.
const problem = document.querySelector("#problems");
if (problem) problem.focus();
