/* "Return items" on the shopper's orders. Stores nothing, sets no cookie; without it the menu's link still leads there. */
(function () {
  "use strict";

  var PORTAL = "__PORTAL__", CLIENT = "__CLIENT__", MARK = "data-backhaul";
  var page = new URL(location.href);
  if (page.pathname !== "/account.php") { return; }

  function orderOf(address) {
    var url = new URL(address, location.href);
    var id = url.pathname === "/account.php" && url.searchParams.get("action") === "view_order" &&
      url.searchParams.get("order_id");
    return id && /^[0-9]+$/.test(id) ? id : null;
  }

  function field(form, name, value) {
    var input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.appendChild(input);
  }

  /* The proof of who is signed in goes in a form's body, never in an address. */
  function post(jwt, order) {
    var form = document.createElement("form");
    form.method = "post";
    form.action = PORTAL + "/signed-in";
    form.hidden = true;
    field(form, "jwt", jwt);
    field(form, "order_id", order);
    document.body.appendChild(form);
    form.submit();
  }

  function open(event, order) {
    event.preventDefault();
    var link = event.currentTarget;
    if (link.getAttribute("aria-busy")) { return; }
    link.setAttribute("aria-busy", "true");
    fetch("/customer/current.jwt?app_client_id=" + encodeURIComponent(CLIENT), { credentials: "same-origin" })
      .then(function (answer) {
        if (!answer.ok) { throw new Error("nobody is signed in"); }
        return answer.text();
      })
      .then(function (jwt) { post(jwt, order); })
      .catch(function () { location.assign(link.href); })
      .finally(function () { link.removeAttribute("aria-busy"); });
  }

  function button(order, look) {
    var link = document.createElement("a");
    link.className = look;
    link.href = PORTAL + "?order=" + order;
    link.textContent = "Return items";
    link.setAttribute(MARK, order);
    link.addEventListener("click", function (event) { open(event, order); });
    return link;
  }

  function onList() {
    document.querySelectorAll(".account-listItem").forEach(function (item) {
      var shown = item.querySelector("a[href*='view_order']");
      var order = shown && orderOf(shown.href);
      if (!order || item.querySelector("[" + MARK + "]")) { return; }
      // Where the theme keeps its own actions, else after the order's details.
      var place = item.querySelector(".account-orderStatus, .account-product-body") || item;
      var line = document.createElement("p");
      line.appendChild(button(order, "account-orderStatus-action"));
      place.appendChild(line);
    });
  }

  function onOrder() {
    var order = orderOf(location.href);
    if (!order || document.querySelector("[" + MARK + "]")) { return; }
    var blocks = document.querySelectorAll(".account-sidebar-block");
    var place = blocks[blocks.length - 1] || document.querySelector(".account-content, .account");
    if (place) { place.appendChild(button(order, "button")); }
  }

  function place() { onList(); onOrder(); }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", place); } else { place(); }
})();
