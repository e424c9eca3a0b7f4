// Putting the widget on the page: which script asks for it, what was there before, and when to begin.

/** The script element that asks for us; loaders and tag managers hide it or take its data- attributes. */
function askingScript() {
  const own = document.currentScript;
  if (own && /\/widget\.js(\?|$)/.test(own.src)) return own;
  const all = document.querySelectorAll('script[src*="/widget.js"]');
  return all.length ? all[all.length - 1] : null;
}

function optionsOf(script) {
  const address = new URL(script.src);
  const given = (name) => script.getAttribute("data-" + name) || address.searchParams.get(name) || "";
  return {
    script: script,
    origin: address.origin,
    channel: given("channel"),
    lang: given("lang"),
    isBare: given("launcher") === "none",
    nonce: script.nonce || "",
  };
}

/** What the page sees. */
function interfaceOf(widget) {
  const own = {
    open: () => widget.open(),
    close: () => widget.close(),
    send: (text) => widget.send(text),
    on: (name, listener) => widget.listeners.on(name, listener),
    identify: (user) => widget.identity.be(user),
    destroy: () => {
      widget.destroy();
      if (window.csdesk === own) delete window.csdesk;
    },
    push: (act) => act(own),
    channel: widget.channel,
  };
  return own;
}

/** Calls of before we were here: `(window.csdesk = window.csdesk || []).push(chat => …)`. */
function earlyCalls(former, own) {
  if (!Array.isArray(former)) return;
  for (let at = 0; at < former.length; at += 1) {
    try {
      own.push(former[at]);
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  }
}

// The host page comes first.
function whenIdle(act) {
  const later = () => {
    if (window.requestIdleCallback) requestIdleCallback(act, { timeout: 2000 });
    else setTimeout(act, 200);
  };
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

function begin() {
  const script = askingScript();
  const options = script && optionsOf(script);
  if (!options || !options.channel) {
    console.warn("csdesk: the widget's script names no channel (data-channel)");
    return;
  }
  const former = window.csdesk;
  if (former && former.destroy && former.open) {
    // The script came twice. For another channel it takes the first one's place.
    if (former.channel === options.channel) return;
    former.destroy();
  }
  const widget = new Widget(options);
  window.csdesk = interfaceOf(widget);
  earlyCalls(former, window.csdesk);
  whenIdle(() => widget.start());
}

begin();
