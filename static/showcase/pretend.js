// The component page's network, clock of nobody and storage of nobody: runs before all other scripts of a sheet.
// Sockets are answered by `pretend.answer(frame, send)`, requests by `pretend.requests`, both set by the samples.
(function () {
  "use strict";
  const { state, theme, lang } = document.currentScript.dataset;
  const kept = new Map([["csdesk-theme", theme]]);
  document.documentElement.dataset.theme = theme;

  const OFFLINE_AFTER_MS = 300;
  let wasOpen = false;

  window.pretend = { state, isChinese: lang === "zh-hans", answer: () => {}, requests: [] };

  // What the sheet does is kept by nobody: the real pages of this origin have their own storage.
  Storage.prototype.getItem = (key) => kept.get(key) ?? null;
  Storage.prototype.setItem = (key, value) => void kept.set(key, String(value));
  Storage.prototype.removeItem = (key) => void kept.delete(key);

  class PretendedSocket extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;
    readyState = 0;

    constructor() {
      super();
      if (state === "loading") return;
      if (wasOpen && state === "offline") return void queueMicrotask(() => this.close());
      wasOpen = true;
      queueMicrotask(() => this.#tell("open", new Event("open"), 1));
      // What was said is there, then the connection goes and does not come back.
      if (state === "offline") setTimeout(() => this.close(), OFFLINE_AFTER_MS);
    }

    send(text) {
      const frame = JSON.parse(text);
      queueMicrotask(() => window.pretend.answer(frame, (answer) => this.#hear(answer)));
    }

    close() {
      if (this.readyState !== 3) this.#tell("close", new CloseEvent("close", { code: 1006 }), 3);
    }

    #hear(frame) {
      this.#tell("message", new MessageEvent("message", { data: JSON.stringify(frame) }), 1);
    }

    #tell(name, event, readyState) {
      this.readyState = readyState;
      this[`on${name}`]?.(event);
      this.dispatchEvent(event);
    }
  }
  window.WebSocket = PretendedSocket;

  const really = window.fetch.bind(window);
  window.fetch = async (address, options) => {
    const known = window.pretend.requests.find(([part]) => String(address).includes(part));
    const isFile = new URL(address, location.href).pathname.startsWith("/static/");
    if (!known && isFile) return really(address, options);
    if (!known || state === "loading") return new Promise(() => {}); // nothing else leaves the page
    if (state === "failed") return new Response("", { status: 503 });
    return Response.json(known[1]);
  };
})();
