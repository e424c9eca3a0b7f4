// The launcher, its greeting and the place of the chat, in a shadow of their own.

const MOST_RETURNS = 10;

class Box {
  /** @param {{channel, look, isBare, nonce, on: {press, greeted, again, close}}} options */
  constructor(options) {
    const { look, on } = options;
    this.on = on;
    this.shown = false;
    this.icon = ICONS[look.icon] && look.icon !== "down" ? look.icon : "chat";
    this.host = make("csdesk-widget", "", { "data-csdesk": options.channel });
    const root = this.host.attachShadow({ mode: "open" });
    this.dress(root, options.nonce);
    const side = look.position === "left" ? "left" : "right";
    this.box = make("aside", "box " + side + (options.isBare ? " bare" : ""), { popover: "manual" });
    const colour = /^#[0-9a-f]{6}$/i.test(look.colour) ? look.colour : "#0b6883";
    this.box.style.setProperty("--colour", colour);
    this.box.style.setProperty("--on", wordsOn(colour));
    this.panel = make("div", "panel", { hidden: "" });
    this.launcher = make("button", "launcher", { type: "button" });
    this.launcher.appendChild(drawing(this.icon));
    this.count = make("span", "count", { hidden: "" });
    this.launcher.appendChild(this.count);
    this.launcher.addEventListener("click", on.press);
    this.said = make("p", "said", { role: "status" });
    this.greeting = null;
    this.build(root);
  }

  // A constructed sheet needs no leave from the page's content policy.
  dress(root, nonce) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
      root.adoptedStyleSheets = [sheet];
    } catch (error) {
      const style = make("style", "");
      if (nonce) style.nonce = nonce;
      style.textContent = STYLES;
      root.appendChild(style);
    }
  }

  build(root) {
    const waits = make("div", "waits", { "aria-hidden": "true" });
    for (let dots = 0; dots < 3; dots += 1) waits.appendChild(make("i", ""));
    this.panel.appendChild(waits);
    this.trouble = make("div", "trouble", { role: "alert", hidden: "" });
    this.panel.appendChild(this.trouble);
    this.box.appendChild(this.panel);
    this.box.appendChild(this.launcher);
    this.box.appendChild(this.said);
    root.appendChild(this.box);
    // A page that changes all it has (Turbo, old routers) takes us away with it: we come back.
    this.returns = 0;
    this.watch = new MutationObserver(() => {
      if (this.host.isConnected || this.returns >= MOST_RETURNS) return;
      this.returns += 1;
      this.place();
    });
    this.place();
  }

  // Beside the body: what it does to itself (transforms, filters, being replaced) is not done to us.
  place() {
    document.documentElement.appendChild(this.host);
    this.watch.observe(document, { childList: true });
    this.watch.observe(document.documentElement, { childList: true });
    this.raise();
  }

  // Last into the top layer is uppermost. Without one the z-index has to do.
  raise() {
    try {
      if (this.box.matches(":popover-open")) this.box.hidePopover();
      this.box.showPopover();
    } catch (error) {
      this.box.removeAttribute("popover");
    }
  }

  /** The words of the language that is spoken now. */
  speak(look) {
    this.words = look.words;
    this.box.setAttribute("aria-label", look.words.place);
    this.box.lang = look.language;
    this.fillTrouble();
  }

  fillTrouble() {
    const { words, trouble, on } = this;
    trouble.textContent = "";
    const why = make("p", "");
    why.textContent = words.failed;
    trouble.appendChild(why);
    const buttons = make("div", "");
    const again = make("button", "again", { type: "button" });
    again.textContent = words.again;
    again.addEventListener("click", on.again);
    buttons.appendChild(again);
    const shut = make("button", "", { type: "button" });
    shut.textContent = words.close;
    shut.addEventListener("click", on.close);
    buttons.appendChild(shut);
    trouble.appendChild(buttons);
  }

  troubled(isTroubled, frame) {
    this.trouble.hidden = !isTroubled;
    if (frame) frame.hidden = isTroubled;
  }

  greet(text) {
    this.greeting = make("div", "greeting");
    const say = make("button", "", { type: "button" });
    say.textContent = text;
    say.addEventListener("click", this.on.press);
    const shut = make("button", "shut", { type: "button", "aria-label": this.words.dismiss });
    shut.textContent = "×";
    shut.addEventListener("click", this.on.greeted);
    this.greeting.appendChild(say);
    this.greeting.appendChild(shut);
    this.box.insertBefore(this.greeting, this.launcher);
  }

  ungreet() {
    drop(this.greeting);
    this.greeting = null;
  }

  show(shown) {
    this.shown = shown;
    if (!this.host.isConnected) this.place();
    else if (shown) this.raise();
    this.panel.hidden = !shown;
    this.box.classList.toggle("open", shown);
    this.fit();
  }

  /** What the launcher says; how many are unread is told to those who listen, too. */
  label(unread) {
    const { words, shown, launcher } = this;
    const counted = words.unread.replace("{n}", unread);
    this.count.hidden = !unread || shown;
    this.count.textContent = unread > 99 ? "99+" : String(unread);
    launcher.setAttribute("aria-label", shown ? words.close : unread ? counted : words.open);
    launcher.setAttribute("aria-expanded", String(shown));
    launcher.replaceChild(drawing(shown ? "down" : this.icon), launcher.querySelector("svg"));
    this.said.textContent = unread && !shown ? counted : "";
  }

  // On a phone the frame fills what the screen keyboard leaves.
  fit() {
    const view = window.visualViewport;
    if (!view) return;
    const fills = this.shown && this.isFull() && view.scale < 1.01;
    const { style } = this.box;
    style.top = fills ? view.offsetTop + "px" : "";
    style.bottom = fills ? "auto" : "";
    style.height = fills ? view.height + "px" : "";
  }

  isFull() {
    return matchMedia("(max-width: 520px), (max-height: 460px)").matches;
  }

  remove() {
    this.watch.disconnect();
    drop(this.host);
  }
}
