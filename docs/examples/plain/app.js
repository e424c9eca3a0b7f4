// The chat is an element: attributes say which, events tell, methods act.
const chat = document.querySelector("csdesk-chat");
const find = (selector) => document.querySelector(selector);

chat.addEventListener("csdesk-unread", ({ detail }) => {
  find(".unread").textContent = detail.count || "";
});
chat.addEventListener("csdesk-message", ({ detail }) => {
  if (detail.from.kind !== "customer") find("output").textContent = detail.text;
});
chat.addEventListener("csdesk-error", ({ detail }) => {
  find("output").textContent = `${detail.code}: ${detail.detail}`;
});

find("select").addEventListener("change", ({ target }) => chat.setAttribute("theme", target.value));
find(".ask").addEventListener("click", () => chat.send("Where is my order 4711?"));
find(".toggle").addEventListener("click", ({ target }) => {
  // Taken off the page it closes its connection; put back it goes on where it was.
  if (chat.isConnected) chat.remove();
  else find("header").after(chat);
  target.textContent = chat.isConnected ? "Take the chat away" : "Put the chat back";
});
