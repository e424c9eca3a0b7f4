// Without a build step, so without JSX. React before 19 hears no events of custom elements by props: an
// effect listens instead, which works in every version.
const { createElement: h, useEffect, useRef, useState } = window.React;

function useEvents(listeners, again) {
  const element = useRef(null);
  useEffect(() => {
    const chat = element.current;
    if (!chat) return undefined;
    for (const [name, listener] of Object.entries(listeners)) chat.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) chat.removeEventListener(name, listener);
    };
  }, again);
  return element;
}

function App() {
  const [shown, setShown] = useState(true);
  const [theme, setTheme] = useState("auto");
  const [unread, setUnread] = useState(0);
  const [told, setTold] = useState("");
  const chat = useEvents(
    {
      "csdesk-unread": ({ detail }) => setUnread(detail.count),
      "csdesk-message": ({ detail }) => detail.from.kind !== "customer" && setTold(detail.text),
      "csdesk-error": ({ detail }) => setTold(`${detail.code}: ${detail.detail}`),
    },
    [shown],
  );
  const themes = ["auto", "light", "dark"].map((name) => h("option", { key: name }, name));
  const button = (text, onClick) => h("button", { type: "button", onClick }, text);
  return h(
    "div",
    null,
    h(
      "header",
      null,
      h("h1", null, "React"),
      h("span", { className: "unread" }, unread || ""),
      h("select", { "aria-label": "Theme", onChange: (event) => setTheme(event.target.value) }, themes),
      button("Ask about order 4711", () => chat.current?.send("Where is my order 4711?")),
      button(shown ? "Take the chat away" : "Put the chat back", () => setShown(!shown)),
    ),
    shown && h("csdesk-chat", { ref: chat, channel: "demo", lang: "en", theme }),
    h("output", null, told),
  );
}

window.ReactDOM.createRoot(document.getElementById("app")).render(h(App));
