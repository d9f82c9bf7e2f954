/* The first page: does the cookie come back? Then go on as any page does; else carry the key in memory. */
(function () {
  "use strict";

  var meta = document.querySelector("meta[name=backhaul-session]");
  if (!meta) { return; }
  var key = meta.content, mark = meta.dataset.mark, target = meta.dataset.target;
  meta.remove();

  function carry() {
    window.Backhaul.start(key);
    window.Backhaul.swap(target, { push: false, replace: true });
  }

  fetch("/session/check", { credentials: "same-origin", headers: { Accept: "application/json" } })
    .then(function (response) { return response.json(); })
    .then(function (found) {
      if (found.mark === mark) { location.replace(target); } else { carry(); }
    })
    .catch(carry);
})();
