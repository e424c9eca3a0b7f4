// The chat as a page of its own, or in the widget's frame: what the page says goes to the chat.
import { VisitorClient } from "../sdk/csdesk-visitor.js";
import { Chat } from "./chat.js";
import { safeStore } from "./stores.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("config");
const { Host } = config.framed ? await import("./host.js") : {};
const host = Host ? new Host(config.sites) : null;
const stores = { local: safeStore("localStorage"), session: safeStore("sessionStorage") };
const client = new VisitorClient({
  channel: config.channel,
  storage: host || stores.local,
  verifiedStorage: host ? host.verified : stores.session,
  outbox: stores.session,
  language: config.language,
});
host?.serve(client);

new Chat(document.body, { config, words: read("words"), client, host, stores, isPage: true }).begin();
