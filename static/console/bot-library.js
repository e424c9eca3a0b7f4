// The list of a library: choosing rows, a page or all that match, before one of the bulk actions.
import { fill } from "../ui/dom.js";

class Choosing {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.boxes = [...form.querySelectorAll('input[name="chosen"]')];
    this.page = form.querySelector(".choose-page");
    this.bulk = form.querySelector(".bulk");
    this.told = form.querySelector(".bulk-count");
    this.every = form.querySelector(".choose-all");
    this.all = form.elements.all;
    form.addEventListener("change", (event) => this.changed(event.target));
    form.addEventListener("click", (event) => this.clicked(event));
    this.every?.addEventListener("click", () => this.chooseAll());
    // Pressed before this was here.
    if (this.page.checked) for (const box of this.boxes) box.checked = true;
    this.show();
  }

  changed(target) {
    if (target === this.page) for (const box of this.boxes) box.checked = target.checked;
    if (target === this.page || target.name === "chosen") this.all.value = "";
    this.show();
  }

  // With Shift, all from the one that was pressed before.
  clicked(event) {
    const box = event.target;
    if (box.name !== "chosen") return;
    if (event.shiftKey && this.last) {
      const ends = [this.boxes.indexOf(this.last), this.boxes.indexOf(box)].sort((a, b) => a - b);
      for (const one of this.boxes.slice(ends[0], ends[1] + 1)) one.checked = box.checked;
      this.show();
    }
    this.last = box;
  }

  chooseAll() {
    for (const box of this.boxes) box.checked = true;
    this.all.value = "1";
    this.show();
  }

  show() {
    const count = this.boxes.filter((box) => box.checked).length;
    const words = this.told.dataset;
    this.page.checked = count > 0 && count === this.boxes.length;
    this.page.indeterminate = count > 0 && count < this.boxes.length;
    this.told.textContent = this.all.value ? words.all : fill(count ? words.some : words.none, { count });
    this.bulk.classList.toggle("some", count > 0);
    if (this.every) this.every.hidden = Boolean(this.all.value) || count < this.boxes.length;
    for (const button of this.bulk.querySelectorAll('button[name="act"]')) button.disabled = count === 0;
    const menu = this.bulk.querySelector("details");
    if (menu) menu.inert = count === 0;
  }
}

for (const form of document.querySelectorAll("form.library")) new Choosing(form);
