/* csdesk widget. <script src="https://HOST/widget.js" data-channel="KEY" async></script> */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || window.csdesk) return;
  var channel = script.dataset.channel || "";
  var origin = new URL(script.src).origin;
  var key = "csdesk-visitor:" + channel;
  var langKey = "csdesk-lang:" + channel;
  var listeners = {};
  var queue = [];
  var frame = null;
  var ready = false;
  var shown = false;
  var unread = 0;
  var parts = null;
  var look = null;
  var title = null;
  var over = false;
  var memory = {};

  // The host page's own storage; where it is closed the chat lasts as long as the page.
  function kept(name) {
    try {
      return localStorage.getItem(name);
    } catch (error) {
      return memory[name] || null;
    }
  }

  function keep(name, value) {
    if (value === null) delete memory[name];
    else memory[name] = value;
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch (error) {
      // memory has it
    }
  }

  function sessionOpen() {
    try {
      var record = JSON.parse(kept(key) || "null");
      return Boolean(record && record.token && record.open && record.expires > Date.now());
    } catch (error) {
      return false;
    }
  }

  // What was chosen in the chat holds as long as the host page speaks the language it spoke then.
  function language() {
    var page = script.dataset.lang || "";
    var own = (kept(langKey) || "").split("|");
    var chosen = own[0] && (own[1] || "") === page ? own[0] : page;
    return /^(zh-hans|en)$/.test(chosen) ? chosen : "";
  }

  function make(tag, className, attributes) {
    var element = document.createElement(tag);
    element.className = className;
    for (var name in attributes || {}) element.setAttribute(name, attributes[name]);
    return element;
  }

  var SVG = "http://www.w3.org/2000/svg";
  function drawing(path) {
    var svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 20 20");
    svg.setAttribute("aria-hidden", "true");
    var line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }
  var CHAT =
    "M5.5 3.5h9a2.5 2.5 0 0 1 2.5 2.5v5a2.5 2.5 0 0 1-2.5 2.5H9.5L5.5 17v-3.5A2.5 2.5 0 0 1 3 11V6a2.5 2.5 0 0 1 2.5-2.5zM7 8.5h.01M10 8.5h.01M13 8.5h.01";
  var DOWN = "M5 7.5l5 5 5-5";

  function styles() {
    return (
      ":host{all:initial}" +
      ".box{position:fixed;bottom:max(24px,env(safe-area-inset-bottom));z-index:2147483000;display:grid;gap:14px;font:14px/1.4 'Segoe UI',-apple-system,BlinkMacSystemFont,Roboto,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;pointer-events:none}" +
      ".box>*{pointer-events:auto}" +
      ".right{right:24px;justify-items:end}.left{left:24px;justify-items:start}" +
      "iframe{display:block;width:384px;height:min(680px,calc(100vh - 124px));border:0;border-radius:20px;background:Canvas;box-shadow:0 0 0 1px rgb(120 135 140/22%),0 6px 16px rgb(12 32 38/8%),0 16px 44px rgb(12 32 38/16%)}" +
      ".box [hidden]{display:none}" +
      ".launcher{position:relative;display:grid;place-items:center;width:56px;height:56px;padding:0;border:0;border-radius:50%;background:var(--colour);color:var(--on);box-shadow:0 6px 20px rgb(12 32 38/24%);cursor:pointer;transition:transform .12s}" +
      ".launcher:hover{transform:scale(1.04)}.launcher:focus-visible{outline:3px solid var(--colour);outline-offset:3px}" +
      "svg{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}" +
      ".count{position:absolute;top:-4px;right:-4px;min-width:20px;height:20px;padding:0 5px;box-sizing:border-box;border-radius:10px;background:#b0241b;color:#fff;font-size:12px;font-weight:600;line-height:20px;text-align:center;box-shadow:0 0 0 2px #fff}" +
      ".greeting{display:flex;gap:8px;align-items:flex-start;max-width:264px;padding:10px 6px 10px 14px;border-radius:16px;background:#fff;color:#162023;box-shadow:0 0 0 1px rgb(12 32 38/7%),0 6px 20px rgb(12 32 38/14%)}" +
      ".greeting button{all:unset;cursor:pointer;overflow-wrap:anywhere}.greeting button:focus-visible{outline:2px solid var(--colour);border-radius:4px}" +
      ".greeting .shut{flex:none;width:24px;height:24px;line-height:22px;text-align:center;color:#5b696e;font-size:18px}" +
      "@media(prefers-color-scheme:dark){.greeting{background:#1f272a;color:#e6ebec}.greeting .shut{color:#93a1a6}}" +
      "@media(prefers-reduced-motion:reduce){.launcher{transition:none}}" +
      // On a small screen it would cover what the page is about.
      "@media(max-width:759px){.greeting{display:none}}" +
      "@media(max-width:520px),(max-height:460px){.box.open{inset:0;display:block}.open iframe{width:100%;height:100%;border-radius:0;box-shadow:none}.open .launcher,.open .greeting{display:none}.right{right:16px}.left{left:16px}.box{bottom:max(16px,env(safe-area-inset-bottom))}}" +
      "@media print{.box{display:none}}"
    );
  }

  // Dark words on a light colour, light ones on a dark.
  function wordsOn(colour) {
    var parts = [1, 3, 5].map(function (at) {
      var share = parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.03928 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] > 0.36 ? "#162023" : "#ffffff";
  }

  function build() {
    var host = make("div", "", { "data-csdesk": channel });
    var root = host.attachShadow({ mode: "open" });
    try {
      var sheet = new CSSStyleSheet();
      sheet.replaceSync(styles());
      root.adoptedStyleSheets = [sheet];
    } catch (error) {
      var style = document.createElement("style");
      style.textContent = styles();
      root.append(style);
    }
    var box = make("div", "box " + (look.position === "left" ? "left" : "right"));
    var colour = /^#[0-9a-f]{6}$/i.test(look.colour) ? look.colour : "#0b6883";
    box.style.setProperty("--colour", colour);
    box.style.setProperty("--on", wordsOn(colour));
    var launcher = make("button", "launcher", {
      type: "button",
      "aria-expanded": "false",
      "aria-label": look.words.open,
    });
    var count = make("span", "count", { hidden: "" });
    launcher.append(drawing(CHAT), count);
    launcher.addEventListener("click", function () {
      if (shown) close();
      else open();
    });
    box.append(launcher);
    root.append(box);
    document.body.append(host);
    parts = { host: host, box: box, launcher: launcher, count: count, greeting: null };
    if (look.greeting && kept(key + ":greeted") !== look.greeting && !sessionOpen()) greet();
    label();
  }

  function greet() {
    var bubble = make("div", "greeting");
    var say = make("button", "", { type: "button" });
    say.textContent = look.greeting;
    say.addEventListener("click", open);
    var shut = make("button", "shut", { type: "button", "aria-label": look.words.dismiss });
    shut.textContent = "×";
    shut.addEventListener("click", ungreet);
    bubble.append(say, shut);
    parts.box.prepend(bubble);
    parts.greeting = bubble;
  }

  function ungreet() {
    if (!parts.greeting) return;
    parts.greeting.remove();
    parts.greeting = null;
    keep(key + ":greeted", look.greeting);
  }

  function frameAddress() {
    var lang = language();
    return origin + "/chat/" + encodeURIComponent(channel) + "/frame/" + (lang ? "?lang=" + lang : "");
  }

  function load() {
    if (frame) return;
    frame = make("iframe", "", {
      title: look.title,
      allow: "autoplay; clipboard-write",
      src: frameAddress(),
      hidden: "",
    });
    frame.addEventListener("load", function () {
      post("hello", { kept: kept(key), shown: shown, page: location.href.slice(0, 500) });
    });
    parts.box.prepend(frame);
  }

  function post(type, data) {
    if (!frame || !frame.contentWindow) return;
    frame.contentWindow.postMessage(Object.assign({ csdesk: 1, type: type }, data), origin);
  }

  function receive(event) {
    var data = event.data;
    if (
      !frame ||
      event.source !== frame.contentWindow ||
      event.origin !== origin ||
      !data ||
      data.csdesk !== 1
    )
      return;
    if (data.type === "ready") {
      ready = true;
      post("shown", { shown: shown });
      queue.splice(0).forEach(function (text) {
        post("send", { text: text });
      });
      tell("ready", {});
    } else if (data.type === "keep") {
      if (data.value === null || (typeof data.value === "string" && data.value.length < 4000))
        keep(key, data.value);
    } else if (data.type === "unread") count(Number(data.count) || 0);
    else if (data.type === "close") close(true);
    else if (data.type === "lang" && /^(zh-hans|en)$/.test(data.lang)) speak(data.lang);
    else if (data.type === "message") tell("message", data.message);
  }

  function speak(lang) {
    keep(langKey, lang + "|" + (script.dataset.lang || ""));
    ready = false;
    frame.src = frameAddress();
    fetchLook(function () {
      frame.title = look.title;
      label();
    });
  }

  function count(number) {
    if (number === unread) return;
    unread = number;
    label();
    tell("unread", { count: number });
  }

  function label() {
    if (!parts) return;
    parts.count.hidden = !unread || shown;
    parts.count.textContent = unread > 99 ? "99+" : String(unread);
    var words = look.words;
    parts.launcher.setAttribute(
      "aria-label",
      shown ? words.close : unread ? words.unread.replace("{n}", unread) : words.open,
    );
    parts.launcher.setAttribute("aria-expanded", String(shown));
    parts.launcher.replaceChild(drawing(shown ? DOWN : CHAT), parts.launcher.querySelector("svg"));
    mark();
  }

  // The page's title tells those who look at another tab; it is given back as it was.
  function mark() {
    if (title && document.title === title.ours) document.title = title.before;
    title = null;
    if (!unread || !document.hidden) return;
    title = { before: document.title, ours: "(" + unread + ") " + document.title };
    document.title = title.ours;
  }

  function open() {
    if (over) return;
    if (!look) {
      start(open);
      return;
    }
    if (shown) return;
    ungreet();
    load();
    shown = true;
    frame.hidden = false;
    parts.box.classList.add("open");
    label();
    if (ready) post("shown", { shown: true });
    fit();
    frame.focus();
    tell("open", {});
  }

  function close(byFrame) {
    if (!shown) return;
    shown = false;
    frame.hidden = true;
    parts.box.classList.remove("open");
    fit();
    post("shown", { shown: false });
    label();
    if (byFrame) parts.launcher.focus();
    tell("close", {});
  }

  // On a phone the frame fills what the screen keyboard leaves.
  function fit() {
    var view = window.visualViewport;
    if (!view || !parts) return;
    var small = shown && getComputedStyle(parts.launcher).display === "none" && view.scale < 1.01;
    Object.assign(
      parts.box.style,
      small
        ? { top: view.offsetTop + "px", bottom: "auto", height: view.height + "px" }
        : { top: "", bottom: "", height: "" },
    );
  }

  // Another tab has renewed the token.
  function stored(event) {
    if (event.key === key) post("kept", { kept: event.newValue });
  }

  function send(text) {
    if (typeof text !== "string" || !text.trim()) return;
    open();
    if (ready) post("send", { text: text });
    else queue.push(text);
  }

  function on(name, listener) {
    (listeners[name] = listeners[name] || []).push(listener);
    return function () {
      listeners[name] = listeners[name].filter(function (other) {
        return other !== listener;
      });
    };
  }

  function tell(name, detail) {
    (listeners[name] || []).slice().forEach(function (listener) {
      try {
        listener(detail);
      } catch (error) {
        setTimeout(function () {
          throw error;
        });
      }
    });
  }

  function destroy() {
    over = true;
    removeEventListener("message", receive);
    removeEventListener("storage", stored);
    if (window.visualViewport) visualViewport.removeEventListener("resize", fit);
    document.removeEventListener("visibilitychange", mark);
    unread = 0;
    mark();
    if (parts) parts.host.remove();
    parts = frame = null;
    delete window.csdesk;
  }

  var asked = null;
  function fetchLook(then) {
    var lang = language();
    fetch(origin + "/chat/" + encodeURIComponent(channel) + "/look.json" + (lang ? "?lang=" + lang : ""), {
      credentials: "omit",
      mode: "cors",
    })
      .then(function (answer) {
        return answer.ok ? answer.json() : null;
      })
      .then(function (found) {
        if (!found || over) return;
        look = found;
        then();
      })
      .catch(function () {
        asked = null; // the next open() tries again
      });
  }

  function start(then) {
    if (asked) {
      if (then) asked.push(then);
      return;
    }
    asked = then ? [then] : [];
    fetchLook(function () {
      if (!parts) build();
      // A session that is still open goes on after a reload; nothing else connects by itself.
      if (sessionOpen()) load();
      asked.splice(0).forEach(function (act) {
        act();
      });
    });
  }

  window.csdesk = { open: open, close: close, send: send, on: on, destroy: destroy };
  addEventListener("message", receive);
  addEventListener("storage", stored);
  if (window.visualViewport) visualViewport.addEventListener("resize", fit);
  document.addEventListener("visibilitychange", mark);
  // The host page comes first.
  function later() {
    if (window.requestIdleCallback)
      requestIdleCallback(
        function () {
          start();
        },
        { timeout: 2000 },
      );
    else setTimeout(start, 200);
  }
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
})();
