// The form of a product or order card (V-7, src 22 and 28).
import { el } from "../ui/dom.js";
import { say } from "./words.js";

const WEB = /^https?:\/\/\S+$/;

export class CardForm {
  /** @param {import("../sdk/csdesk-desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.dialog = document.getElementById("card-form");
    this.form = this.dialog.querySelector("form");
    this.fields = document.getElementById("card-fields");
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.addEventListener("change", () => this.#show());
    // One goes on writing where one was.
    this.dialog.addEventListener("close", () => document.getElementById("reply").focus());
    document.getElementById("card-more").addEventListener("click", () => this.#addField());
    document.getElementById("card-cancel").addEventListener("click", () => this.dialog.close());
    for (const name of ["pic", "url"]) this.form[name].addEventListener("input", () => this.#checkAddress(name));
  }

  open(session) {
    this.session = session;
    this.form.reset();
    this.fields.replaceChildren();
    this.#show();
    this.dialog.showModal();
    this.form.heading.focus();
  }

  get #isOrder() {
    return this.form.kind.value === "28";
  }

  #show() {
    for (const part of this.form.querySelectorAll("[data-only]")) part.hidden = (part.dataset.only === "order") !== this.#isOrder;
    this.form.desc.required = !this.#isOrder;
    if (this.#isOrder && !this.fields.children.length) this.#addField();
  }

  #addField() {
    const input = (name, label) => el("input", { class: "input", name, placeholder: label, "aria-label": label, maxlength: 500 });
    this.fields.append(el("div", { class: "card-field" }, input("field_name", say("field_name")), input("field_value", say("field_value"))));
  }

  #checkAddress(name) {
    const { value } = this.form[name];
    this.form[name].setCustomValidity(!value || WEB.test(value.trim()) ? "" : say("web_address"));
  }

  #submit(event) {
    event.preventDefault();
    const data = { customerServicePlugin: 0, src: this.form.kind.value, content: this.#isOrder ? this.#order() : this.#product() };
    this.desk.send(this.session, { type: "custom", data });
    this.dialog.close();
  }

  #text(name) {
    return this.form[name].value.trim();
  }

  #product() {
    return { header: this.#text("heading"), desc: this.#text("desc"), pic: this.#text("pic"), url: this.#text("url") };
  }

  #order() {
    const customField = [...this.fields.children]
      .map((row) => [...row.querySelectorAll("input")].map((input) => input.value.trim()))
      .filter(([name]) => name)
      .map(([name, value]) => ({ name, value, customerValue: "" }));
    return { guide: this.#text("guide"), name: this.#text("heading"), desc: this.#text("desc"), pic: this.#text("pic"), url: this.#text("url"), customField };
  }
}
