// The form of one's own quick reply (D-5): a new one, or new words for one.
import { el } from "../ui/dom.js";
import { page, say, sayError } from "./words.js";

/**
 * Opens the form; it closes itself when the reply is saved or removed.
 * @param {import("./quick-replies.js").QuickReplies} replies
 * @param {{id?: number, title?: string, text?: string, category?: string}} reply
 */
export function editReply(replies, reply) {
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true });
  const text = el("textarea", { class: "input", name: "text", rows: 5, maxlength: 5000, required: true });
  text.value = reply.text ?? "";
  const form = el(
    "form",
    { class: "form", method: "dialog" },
    el("h2", { id: "reply-form-title" }, say(reply.id ? "reply_change" : "reply_new")),
    row(say("reply_title"), el("input", { class: "input", name: "title", maxlength: 80, required: true, value: reply.title ?? "" })),
    row(say("reply_category"), el("input", { class: "input", name: "category", maxlength: 40, value: reply.category ?? "" })),
    row(say("reply_text"), text),
    el("p", { class: "help variables" }, say("reply_variables"), ...page.reply_variables.map((name) => variable(name, text))),
    wrong,
  );
  const dialog = el("dialog", { class: "dialog wide", id: "reply-form", "aria-labelledby": "reply-form-title" }, form);
  const run = (work) => async (event) => {
    event.preventDefault();
    try {
      await work();
      dialog.close();
    } catch (error) {
      wrong.hidden = false;
      wrong.textContent = sayError(error);
    }
  };
  form.addEventListener("submit", run(() => replies.save({ id: reply.id, ...words(form) })));
  form.append(
    el(
      "div",
      { class: "buttons" },
      reply.id ? el("button", { type: "button", class: "button quiet ending apart", onclick: run(() => replies.remove(reply.id)) }, say("reply_remove")) : null,
      el("button", { type: "button", class: "button", onclick: () => dialog.close() }, say("cancel")),
      el("button", { class: "button primary" }, say("reply_save")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  form.elements.title.focus();
}

function row(label, field) {
  return el("label", { class: "form-row" }, el("span", {}, label), field);
}

function variable(name, text) {
  const put = () => {
    text.focus();
    text.setRangeText(`\${${name}}`, text.selectionStart, text.selectionEnd, "end");
  };
  return el("button", { type: "button", class: "tag", onclick: put }, `\${${name}}`);
}

function words(form) {
  const { title, category, text } = form.elements;
  return { title: title.value, category: category.value, text: text.value };
}
