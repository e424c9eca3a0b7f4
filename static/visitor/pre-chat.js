// What a channel asks before the first word (V-4): it stands in the place of the conversation until it is answered.
import { el, icon, safeUrl } from "../ui/dom.js";

let made = 0; // forms on this page, each with ids of its own
const CHIPS = 5; // more choices than this come as a list
const INPUTS = {
  name: { type: "text", autocomplete: "name" },
  phone: { type: "tel", autocomplete: "tel", inputmode: "tel" },
  email: { type: "email", autocomplete: "email", inputmode: "email" },
  number: { type: "text", inputmode: "decimal", autocomplete: "off" },
  text: { type: "text", autocomplete: "off" },
};

/**
 * Show what the chat's client says is asked, or give its place back.
 * @param {import("./chat.js").Chat} chat
 */
export function ask(chat) {
  const { root, client, words, host } = chat;
  const mayFocus = () => chat.isShown && !host?.keepsFocus;
  chat.preChat ??= new PreChat({
    window: root.querySelector(".window"),
    words,
    send: (answers, agrees) => client.fillIn(answers, agrees),
    mayFocus,
    done: () => mayFocus() && chat.composer.focus(),
  });
  chat.preChat.show(client.state.channel?.pre_chat || null);
}

export class PreChat {
  #number = ++made;
  #window;
  #words;
  #send;
  #mayFocus;
  #done;
  #form = null;
  #shown = "";

  /**
   * @param {object} options
   * @param {Element} options.window the element with the chat
   * @param {Object<string,string>} options.words
   * @param {(answers: Object<string,string>, agrees: boolean) => Promise<void>} options.send
   * @param {() => boolean} options.mayFocus whether the first question may take the focus
   * @param {() => void} options.done it has been answered
   */
  constructor({ window, words, send, mayFocus, done }) {
    this.#window = window;
    this.#words = words;
    this.#send = send;
    this.#mayFocus = mayFocus;
    this.#done = done;
  }

  /** Ask this; null: nothing is to be answered any more. @param {object|null} form */
  show(form) {
    const asked = form ? JSON.stringify(form) : "";
    // The same form again, after a reconnect: what was typed stays.
    if (asked === this.#shown) return;
    this.#shown = asked;
    this.#form?.remove();
    this.#form = form ? this.#build(form) : null;
    this.#window.classList.toggle("asking", Boolean(form));
    for (const part of this.#window.querySelectorAll(":scope > .window-body, :scope > .window-foot"))
      part.inert = Boolean(form);
    if (!this.#form) {
      this.#done();
      return;
    }
    this.#window.append(this.#form);
    if (this.#mayFocus()) this.#form.querySelector("input, textarea, select")?.focus();
  }

  #build(form) {
    const words = this.#words;
    const says = el("p", { class: "wrong", role: "alert", hidden: true });
    const submit = el("button", { class: "button primary", type: "submit" }, words.pre_chat_start);
    const sheet = el(
      "form",
      { class: "pre-chat", novalidate: true, "aria-label": form.title || words.pre_chat_title },
      el("h2", { dir: "auto" }, form.title || words.pre_chat_title),
      ...form.questions.map((question) => this.#question(question)),
      this.#consent(form),
      says,
      el("div", { class: "pre-chat-end" }, submit),
    );
    sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(form, sheet, submit, says);
    });
    sheet.addEventListener("input", ({ target }) => this.#mark(target.closest(".pre-chat-row"), ""));
    return sheet;
  }

  #question(question) {
    const id = `ask-${this.#number}-${question.key}`;
    const isChips = question.kind === "choice" && question.options.length <= CHIPS;
    const label = [
      question.label,
      question.required ? null : el("span", { class: "faint" }, ` ${this.#words.pre_chat_optional}`),
    ];
    const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
    const row = isChips
      ? el("fieldset", {}, el("legend", { dir: "auto" }, ...label), this.#chips(question), wrong)
      : el("div", {}, el("label", { for: id, dir: "auto" }, ...label), this.#field(question, id), wrong);
    row.className = "pre-chat-row";
    row.dataset.key = question.key;
    return row;
  }

  #chips(question) {
    return el(
      "div",
      { class: "pre-chat-chips" },
      ...question.options.map((option) =>
        el("label", { dir: "auto" }, el("input", { type: "radio", name: question.key, value: option }), option),
      ),
    );
  }

  #field(question, id) {
    const common = { id, name: question.key, required: question.required, "aria-describedby": `${id}-wrong` };
    if (question.kind === "choice")
      return el(
        "select",
        common,
        el("option", { value: "" }, this.#words.pre_chat_choose),
        ...question.options.map((option) => el("option", { value: option }, option)),
      );
    const limited = { ...common, maxlength: question.limit, dir: "auto" };
    if (question.kind === "long") return el("textarea", { ...limited, rows: 3 });
    return el("input", { ...limited, ...INPUTS[question.kind] });
  }

  #consent(form) {
    if (!form.consent) return null;
    const address = safeUrl(form.notice);
    const id = `ask-${this.#number}-consent-wrong`;
    const wrong = el("p", { class: "wrong", id, hidden: true });
    return el(
      "div",
      { class: "pre-chat-row pre-chat-consent", data: { key: "consent" } },
      el(
        "label",
        { dir: "auto" },
        el("input", { type: "checkbox", name: "consent", "aria-describedby": id }),
        el("span", {}, form.consent),
      ),
      address
        ? el(
            "a",
            { href: address, target: "_blank", rel: "noopener noreferrer" },
            this.#words.pre_chat_notice,
            icon("outside", "small"),
          )
        : null,
      wrong,
    );
  }

  async #submit(form, sheet, submit, says) {
    const given = new FormData(sheet);
    const agrees = given.get("consent") === "on";
    const answers = Object.fromEntries(
      form.questions.map(({ key }) => [key, String(given.get(key) ?? "").trim()]),
    );
    says.hidden = true;
    const wrong = {};
    for (const { key, required } of form.questions)
      if (required && !answers[key]) wrong[key] = this.#words.pre_chat_required;
    if (form.consent && !agrees) wrong.consent = this.#words.pre_chat_agree;
    this.#markAll(sheet, wrong);
    submit.disabled = true;
    try {
      // Also what is not complete: the service says what else is wrong with it, so that all is told at once.
      await this.#send(answers, agrees);
    } catch (error) {
      Object.assign(wrong, error.fields);
      if (!this.#markAll(sheet, wrong)) {
        says.textContent = this.#words[`refused_${error.code}`] || this.#words.refused;
        says.hidden = false;
      }
    } finally {
      submit.disabled = false;
    }
  }

  /** What is wrong at each row, and the focus on the first; whether there is one. */
  #markAll(sheet, wrong) {
    const rows = Array.from(sheet.querySelectorAll("[data-key]"));
    for (const row of rows) this.#mark(row, wrong[row.dataset.key] ?? "");
    const first = rows.find((row) => wrong[row.dataset.key]);
    first?.querySelector("input, select, textarea").focus();
    return Boolean(first);
  }

  #mark(row, words) {
    const wrong = row?.querySelector(".wrong");
    if (!wrong) return;
    wrong.textContent = words;
    wrong.hidden = !words;
    for (const field of row.querySelectorAll("input, select, textarea")) {
      if (words) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
}
