/* The panel where cookies are blocked.
 *
 * In somebody else's frame the browser may keep no cookie of ours. Then the session's key, which came with the first
 * page, stays in this script's memory and goes out in a header: links and forms are fetched and the page is swapped in
 * place. Where cookies work, links and forms are the browser's own; only a link with `download` is opened by a signed
 * address in both, because a browser asks for it without the frame's cookie.
 *
 * Backhaul.start(key)         begin to carry `key`
 * Backhaul.swap(url, options) fetch and show a page: {method, body, push, quiet}; resolves to true when it is shown
 * Backhaul.fetch(url, init)   fetch with the session, whichever way it travels
 * Backhaul.openFile(path)     open a file of the panel by a signed address
 * The event "backhaul:page" on document follows every swap.
 */
(function () {
  "use strict";

  var key = null;
  var going = null;

  function withSession(init) {
    var headers = new Headers((init || {}).headers || {});
    if (key) { headers.set("Authorization", "Backhaul " + key); }
    return Object.assign({ credentials: "same-origin", redirect: "follow" }, init, { headers: headers });
  }

  function fetchWithSession(url, init) {
    return fetch(url, withSession(init));
  }

  function isOurs(url) {
    return url.origin === location.origin && url.pathname.indexOf("/panel") === 0;
  }

  /* ---- showing a page ---- */

  function known(selector, attribute) {
    return Array.prototype.map.call(document.querySelectorAll(selector), function (node) { return node[attribute]; });
  }

  function loaded(node) {
    return new Promise(function (resolve) {
      node.addEventListener("load", resolve);
      node.addEventListener("error", resolve);
      document.head.appendChild(node);
    });
  }

  function stylesOf(page, base) {
    return Array.prototype.map.call(page.querySelectorAll("link[rel=stylesheet]"), function (link) {
      return new URL(link.getAttribute("href"), base).href;
    });
  }

  function bring(styles) {
    var here = known("link[rel=stylesheet]", "href");
    return Promise.all(styles.filter(function (href) { return here.indexOf(href) < 0; }).map(function (href) {
      var link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = href;
      return loaded(link);
    }));
  }

  function leave(styles) {
    document.querySelectorAll("link[rel=stylesheet]").forEach(function (link) {
      if (styles.indexOf(link.href) < 0) { link.remove(); }
    });
  }

  function bringScripts(page, base) {
    var scripts = known("script[src]", "src");
    page.querySelectorAll("script[src]").forEach(function (old) {
      var src = new URL(old.getAttribute("src"), base).href;
      if (scripts.indexOf(src) >= 0) { return; }
      var script = document.createElement("script");
      script.src = src;
      script.async = false;
      document.head.appendChild(script);
    });
  }

  function put(page) {
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang || "en";
    page.querySelectorAll("noscript, body script").forEach(function (node) { node.remove(); });
    document.body.replaceWith(document.adoptNode(page.body));
  }

  function focusOn(hash) {
    var wanted = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    var place = wanted || document.querySelector("[role=alert]") || document.querySelector("[autofocus]") ||
      document.getElementById("main") || document.querySelector("h1");
    if (wanted) { wanted.scrollIntoView(); } else { scrollTo(0, 0); }
    if (!place) { return; }
    if (place.tabIndex < 0 && !place.hasAttribute("tabindex")) { place.setAttribute("tabindex", "-1"); }
    place.focus({ preventScroll: true });
  }

  function show(text, address, options) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var styles = stylesOf(page, address);
    return bring(styles).then(function () {
      put(page);
      leave(styles);
      if (options.push) { history.pushState({ backhaul: true }, "", address); }
      if (options.replace) { history.replaceState({ backhaul: true }, "", address); }
      bringScripts(page, address);
      if (!options.quiet) { focusOn(new URL(address, location.href).hash); }
      document.dispatchEvent(new CustomEvent("backhaul:page"));
      return true;
    });
  }

  /* ---- trouble: what was typed stays, because the page stays ---- */

  function say(words) {
    var place = document.getElementById("messages") || document.getElementById("main") || document.body;
    var message = document.createElement("div");
    message.className = "message message-error";
    message.setAttribute("role", "alert");
    message.setAttribute("data-trouble", "");
    var sentence = document.createElement("p");
    sentence.textContent = words;
    message.appendChild(sentence);
    place.querySelectorAll("[data-trouble]").forEach(function (old) { old.remove(); });
    place.insertBefore(message, place.firstChild);
    message.setAttribute("tabindex", "-1");
    message.focus();
  }

  function trouble(error) {
    if (error.name === "AbortError") { return false; }
    say("We could not reach Backhaul. Nothing you typed is lost: check your connection and try again.");
    return false;
  }

  function over() {
    say("Your session has ended, and nothing was saved. Copy what you typed, then open Backhaul again from the Apps menu.");
    return false;
  }

  /* ---- going somewhere ---- */

  function isPage(response) {
    return (response.headers.get("Content-Type") || "").indexOf("text/html") === 0 &&
      (response.headers.get("Content-Disposition") || "").indexOf("attachment") !== 0;
  }

  function save(response) {
    return response.blob().then(function (blob) {
      var name = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") || "");
      var link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = name ? name[1] : "";
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
      return false;
    });
  }

  function swap(url, options) {
    options = Object.assign({ method: "GET", push: true }, options);
    // A read may be overtaken by the next; a deed is waited for.
    if (going && going.method !== "GET") { return Promise.resolve(false); }
    if (going) { going.controller.abort(); }
    var mine = { method: options.method, controller: new AbortController() };
    going = mine;
    var address = new URL(url, location.href);
    document.documentElement.setAttribute("aria-busy", "true");
    return fetchWithSession(address.href, {
      method: options.method, body: options.body, signal: mine.controller.signal, headers: { Accept: "text/html" }
    }).then(function (response) {
      // The way in would take the place of what was typed: stay, and say it.
      if (response.status === 401 && options.method !== "GET") { return over(); }
      if (!isPage(response)) { return save(response); }
      var landed = response.redirected ? response.url : address.href;
      if (address.hash && landed.indexOf("#") < 0) { landed += address.hash; }
      var move = options.method === "GET" || response.redirected;
      return response.text().then(function (text) {
        return show(text, landed, Object.assign({}, options, { push: options.push && move }));
      });
    }).catch(trouble).finally(function () {
      if (going === mine) {
        going = null;
        document.documentElement.removeAttribute("aria-busy");
      }
    });
  }

  function openFile(path) {
    return fetchWithSession("/session/address?path=" + encodeURIComponent(path), {
      headers: { Accept: "application/json" }
    }).then(function (response) {
      if (!response.ok) { throw new Error("no address"); }
      return response.json();
    }).then(function (found) {
      var link = document.createElement("a");
      link.href = found.address;
      link.download = "";
      link.click();
    }).catch(trouble);
  }

  /* ---- links and forms ---- */

  function onClick(event) {
    var link = event.target.closest ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented || event.button !== 0) { return; }
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) { return; }
    if (link.target && link.target !== "_self") { return; }
    var url = new URL(link.href, location.href);
    if (!isOurs(url)) { return; }
    if (link.hasAttribute("download")) {
      event.preventDefault();
      openFile(url.pathname + url.search);
      return;
    }
    if (!key) { return; }
    if (url.hash && url.pathname === location.pathname && url.search === location.search) { return; }
    event.preventDefault();
    swap(url.href);
  }

  function fieldsOf(form, submitter) {
    var fields = new FormData(form);
    if (submitter && submitter.name) { fields.append(submitter.name, submitter.value); }
    return fields;
  }

  function onSubmit(event) {
    var form = event.target;
    if (event.defaultPrevented || (form.target && form.target !== "_self")) { return; }
    var button = event.submitter;
    var action = (button && button.getAttribute("formaction")) || form.getAttribute("action") || location.href;
    var method = ((button && button.getAttribute("formmethod")) || form.getAttribute("method") || "get").toUpperCase();
    var url = new URL(action, location.href);
    if (!isOurs(url)) { return; }
    event.preventDefault();
    var fields = fieldsOf(form, button);
    if (method === "GET") {
      url.search = new URLSearchParams(fields).toString();
      swap(url.href);
      return;
    }
    if (form.getAttribute("aria-busy")) { return; }
    form.setAttribute("aria-busy", "true");
    var body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
    swap(url.href, { method: method, body: body }).finally(function () { form.removeAttribute("aria-busy"); });
  }

  function start(newKey) {
    key = newKey;
    document.addEventListener("submit", onSubmit);
    addEventListener("popstate", function (event) {
      if (event.state && event.state.backhaul) { swap(location.href, { push: false }); }
    });
  }

  document.addEventListener("click", onClick);
  window.Backhaul = {
    start: start,
    swap: swap,
    fetch: fetchWithSession,
    openFile: openFile,
    isCarried: function () { return key !== null; }
  };
})();
