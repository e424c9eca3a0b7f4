// Quick replies in the right column: by category, with search; one's own can be changed, saved and read in.
import { el, icon } from "../ui/dom.js";
import { failed, loading } from "./loading.js";
import { marked } from "./reply-picker.js";
import { say, sayCount, sayError } from "./words.js";

export class ReplyTab {
  constructor(bench, replies, tell) {
    Object.assign(this, { bench, replies, tell, closed: new Set() });
    this.list = document.getElementById("reply-list");
    this.query = document.getElementById("reply-search");
    this.query.addEventListener("input", () => this.draw());
    this.query.addEventListener("keydown", (event) => this.#key(event));
    this.list.addEventListener("toggle", (event) => this.#folded(event.target), true);
    bench.addEventListener("chosen", () => this.#enable());
    for (const event of ["list", "ready"]) bench.desk.on(event, () => this.#enable());
    replies.addEventListener("change", () => this.draw());
    document.getElementById("reply-add").addEventListener("click", () => this.#edit({ text: document.getElementById("reply").value.trim() }));
    this.#files();
    this.draw();
  }

  /** One's own go into a file and come out of one. */
  #files() {
    const file = document.getElementById("reply-file");
    for (const form of ["csv", "xlsx"]) document.getElementById(`reply-save-${form}`).href = this.replies.fileAddress(form);
    document.getElementById("reply-read").addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [given] = file.files;
      if (!given) return;
      const words = await this.replies.takeFile(given).then((count) => sayCount("replies_read", count), sayError);
      file.value = "";
      this.tell(null, words);
    });
  }

  /** One's own reply in its form, which comes when it is first needed. */
  async #edit(reply) {
    const { editReply } = await import("./reply-form.js");
    editReply(this.replies, reply);
  }

  #key(event) {
    if (event.key === "Enter" && !event.isComposing) this.#use(this.replies.search(this.query.value)[0]);
    if (event.key === "Escape") this.query.blur();
  }

  #folded(group) {
    if (!group.dataset.group) return;
    if (group.open) this.closed.delete(group.dataset.group);
    else this.closed.add(group.dataset.group);
  }

  #use(reply) {
    if (!reply) return;
    if (this.bench.isNarrow || this.bench.view === "side") this.bench.show("chat");
    this.bench.insert(reply);
  }

  draw() {
    if (this.replies.state !== "ready") return this.#state();
    const query = this.query.value;
    const found = this.replies.search(query);
    const groups = Map.groupBy ? Map.groupBy(found, groupOf) : groupBy(found, groupOf);
    const parts = [...groups].map(([name, list]) => this.#group(name, list, query));
    this.list.replaceChildren(...(parts.length ? parts : [el("p", { class: "empty" }, say(query ? "no_reply_found" : "no_replies"))]));
    this.#enable();
  }

  /** A reply can be used where one can write. */
  #enable() {
    const canUse = this.bench.chosen?.place === "serving";
    for (const button of this.list.querySelectorAll(".quick-reply .use")) button.disabled = !canUse;
  }

  #state() {
    const hasFailed = this.replies.state === "failed";
    this.list.replaceChildren(hasFailed ? failed(() => this.replies.load(), say("replies_failed")) : loading());
  }

  #group(name, list, query) {
    const isOpen = Boolean(query) || !this.closed.has(name);
    return el(
      "details",
      { class: "reply-group", open: isOpen, data: { group: name } },
      el("summary", {}, icon("down", "small"), name),
      ...list.map((reply) => this.#reply(reply, query)),
    );
  }

  #editButton(reply) {
    const label = say("reply_change_one", { title: reply.title });
    return el("button", { type: "button", class: "button quiet small bare", "aria-label": label, title: label, onclick: () => this.#edit(reply) }, icon("edit", "small"));
  }

  #reply(reply, query) {
    return el(
      "div",
      { class: "quick-reply" },
      el("strong", { class: "cut" }, ...marked(reply.title, query)),
      el("p", {}, ...withVariables(reply.text)),
      el(
        "span",
        { class: "buttons tight" },
        reply.uses ? el("span", { class: "faint uses", title: sayCount("reply_uses", reply.uses) }, `${reply.uses}×`) : null,
        reply.mine ? this.#editButton(reply) : null,
        el("button", { type: "button", class: "button quiet small use", "aria-label": say("use_reply", { title: reply.title }), onclick: () => this.#use(reply) }, say("use")),
      ),
    );
  }
}

const groupOf = (reply) => (reply.mine ? say("reply_mine") : reply.category || say("reply_shared"));

function groupBy(list, keyOf) {
  const groups = new Map();
  for (const thing of list) groups.set(keyOf(thing), [...(groups.get(keyOf(thing)) ?? []), thing]);
  return groups;
}

function withVariables(text) {
  return text.split(/(\$\{\w+\})/).map((part) => (part.startsWith("${") ? el("var", {}, part) : part));
}
