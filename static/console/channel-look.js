// The look of a website's chat, as its form says just now: launcher, greeting, head of the window.

for (const look of document.querySelectorAll("[data-look]")) follow(look, look.closest("form"));

function follow(look, form) {
  const fields = form.elements;
  const greeting = look.querySelector("[data-look-greeting]");
  const avatar = look.querySelector("[data-look-avatar]");

  function show() {
    const colour = fields.colour.value;
    look.style.setProperty("--colour", colour);
    look.style.setProperty("--on", isLight(colour) ? "#162023" : "#ffffff");
    look.dataset.side = fields.position.value;
    for (const icon of look.querySelectorAll("[data-icon]"))
      icon.toggleAttribute("hidden", icon.dataset.icon !== (fields.launcher.value || "chat"));
    const said = fields.greeting.value.trim();
    greeting.textContent = said === "-" ? "" : said || look.dataset.greeting;
    greeting.hidden = !greeting.textContent;
    const name = fields.name.value.trim();
    look.querySelector("[data-look-name]").textContent = name;
    const picture = form.querySelector(".avatar-input img");
    const isShown = picture && !fields.avatar_clear?.checked;
    avatar.textContent = isShown ? "" : [...name][0] ?? "";
    avatar.style.backgroundImage = isShown ? `url("${picture.src}")` : "";
  }

  form.addEventListener("input", show);
  show();
}

/** Whether dark words are read better on it; as the widget decides it. */
function isLight(colour) {
  const share = (at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * share(1) + 0.7152 * share(3) + 0.0722 * share(5) > 0.36;
}
