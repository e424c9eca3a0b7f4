// What a page tells of itself: put into each page before its own scripts by bench/faces.py.
(() => {
  const seen = { shift: 0, long: [], frames: new Map(), painted: [], pressed: [] };
  const Native = WebSocket;
  // The moment at which a message's frame is here, before the page's own listener.
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", ({ data, timeStamp }) => {
        const id = /^\{"op":\s?"message",\s?"id":\s?"([^"]+)"/.exec(data)?.[1];
        if (id) seen.frames.set(id, timeStamp);
      });
    }
  };
  const observe = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("layout-shift", ({ value }) => (seen.shift += value));
  observe("longtask", ({ startTime, duration }) => seen.long.push([startTime, duration]));
  addEventListener("keydown", ({ key, timeStamp }) => key === "Enter" && seen.pressed.push(timeStamp), true);
  // Runs once what was put into the page before is painted.
  const afterPaint = (run) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => run(performance.now());
    port2.postMessage(null);
  };
  const isRow = (node) => node.nodeType === 1 && node.classList.contains("message");
  const watch = (thread) =>
    new MutationObserver((changes) => {
      if (!changes.some(({ addedNodes }) => [...addedNodes].some(isRow))) return;
      afterPaint((now) => seen.painted.push(now));
    }).observe(thread, { childList: true });
  addEventListener("DOMContentLoaded", () => watch(document.querySelector(".thread")));

  window.faces = {
    seen,
    begin() {
      Object.assign(seen, { frames: new Map(), painted: [], pressed: [], long: [], began: performance.now() });
    },
    // ms from each of these moments to the first paint with a new row after it
    until(moments) {
      return moments.map((from) => seen.painted.find((now) => now > from) - from).filter((ms) => ms >= 0);
    },
    fromFrame: () => faces.until([...seen.frames.values()]),
    fromKey: () => faces.until(seen.pressed),
    longest: () => Math.max(0, ...seen.long.filter(([from]) => from >= seen.began).map(([, ms]) => ms)),
    // ms until another chat stands there painted
    choose: (address) =>
      new Promise((done) => {
        const from = performance.now();
        location.hash = address;
        requestAnimationFrame(() => requestAnimationFrame(() => afterPaint((now) => done(now - from))));
      }),
    // compressed bytes of everything, and of scripts, that came until now
    loaded() {
      const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      const isScript = ({ name }) => new URL(name).pathname.endsWith(".js");
      const came = all.filter(({ name, transferSize }) => name.startsWith(location.origin) && transferSize > 0);
      const sum = (list) => list.reduce((total, { encodedBodySize }) => total + encodedBodySize, 0);
      return { all: sum(came), script: sum(came.filter(isScript)) };
    },
  };
})();
