// The shop makes room for the chat while it is open, as any page can by the widget's events.
const script = document.querySelector("script[data-channel]");
const room = (open) => document.body.classList.toggle("chat-open", open);

function listen() {
  window.csdesk.on("open", () => room(true));
  window.csdesk.on("close", () => room(false));
}

if (window.csdesk) listen();
else script?.addEventListener("load", listen);
