// The console's few live parts: figures that renew themselves, previews of words, copying, menus.

import { keepLive } from "./live.js";

for (const place of document.querySelectorAll("[data-live]")) keepLive(place);
for (const words of document.querySelectorAll("[data-words]")) preview(words);

for (const role of document.querySelectorAll("[data-serving]")) followRole(role);

document.querySelector(".inner-nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) {
    // Beside a picture only the words change.
    const words = button.querySelector("[data-label]") ?? button;
    const label = words.textContent;
    if (await copied(button.dataset.copy)) {
      words.textContent = button.dataset.copied;
      setTimeout(() => { words.textContent = label; }, 2000);
    }
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

/** In a new member's form: agents and supervisors serve, administrators do not, until one says otherwise. */
function followRole(role) {
  const serves = role.form.elements.serves;
  let untouched = true;
  serves.addEventListener("change", () => { untouched = false; });
  role.addEventListener("change", () => {
    if (untouched) serves.checked = role.dataset.serving.split(" ").includes(role.value);
  });
}

/** Shows under each text what the customer will read. */
function preview(words) {
  const samples = JSON.parse(words.dataset.samples);
  const enabled = words.querySelector("input[type=checkbox]");
  const show = () => {
    for (const text of words.querySelectorAll(".words-text")) {
      const filled = text.querySelector("textarea").value.replace(
        /\$(?:\{(\w+)\}|\((\w+)\)|([A-Za-z]\w*))/g,
        (whole, ...names) => samples[names.slice(0, 3).find(Boolean)] ?? whole,
      );
      text.querySelector(".bubble").textContent = filled;
      text.querySelector(".preview").hidden = !filled.trim();
    }
    words.classList.toggle("off", Boolean(enabled) && !enabled.checked);
  };
  words.addEventListener("input", show);
  show();
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    return false; // the browser keeps its clipboard to itself: the text can be selected by hand
  }
}
