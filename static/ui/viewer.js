// A picture over the whole page: fitted first, larger by a press, the wheel or the keys.
import { el, icon, plainName } from "./dom.js";

const TALL = 2.5; // times as high as wide: fitted to the width and scrolled
const LEAST_PX = 24; // a picture of one pixel's width is still seen
const STEP = 1.5;
const MOST = 8;
const LARGEST_PX = 24_000; // what browsers still draw

// Going back takes a moment: a picture that is opened meanwhile must not be closed by it.
let entryGone = Promise.resolve();

/**
 * Open a picture.
 * @param {HTMLImageElement} small as it stands in the chat: shown until the whole one is here
 * @param {{name: string, url: string, width?: number, height?: number}} held
 * @param {Object<string,string>} words
 */
export function view(small, held, words) {
  new Viewer(small, held, words).open();
}

class Viewer {
  #zoom = 1;

  constructor(small, held, words) {
    const image = el("img", { alt: small.alt, src: small.currentSrc || small.src, draggable: "false" });
    this.image = image;
    this.tree = small.getRootNode();
    this.opener = small.closest("a");
    this.area = el("div", { class: "viewer-area" }, image);
    this.sizes = { width: Number(held.width) || 0, height: Number(held.height) || 0 };
    const button = (name, label, onclick) =>
      el("button", { type: "button", class: "button quiet bare", "aria-label": label, title: label, onclick }, icon(name));
    this.less = button("minus", words.zoom_out, () => this.#scale(this.#zoom / STEP));
    this.more = button("plus", words.zoom_in, () => this.#scale(this.#zoom * STEP));
    const download = el(
      "a",
      {
        class: "button quiet bare",
        href: held.url,
        download: plainName(held.name),
        target: "_blank",
        rel: "noopener",
        "aria-label": words.download,
        title: words.download,
      },
      icon("download"),
    );
    const close = button("x", words.close, () => this.dialog.close());
    const name = el("span", { class: "viewer-name cut", dir: "auto" }, plainName(held.name));
    this.dialog = el(
      "dialog",
      { class: "viewer", "aria-label": small.alt },
      el("div", { class: "viewer-head" }, name, this.less, this.more, download, close),
      this.area,
    );
    this.#bring(held.url);
    this.#listen();
  }

  open() {
    (this.tree.body || this.tree).append(this.dialog);
    this.dialog.showModal();
    this.area.focus();
    this.#fit();
    this.resized = new ResizeObserver(() => this.#fit());
    this.resized.observe(this.area);
    this.#takeBack();
  }

  // The whole picture takes the small one's place when it is there.
  #bring(url) {
    const whole = new Image();
    whole.addEventListener("load", () => {
      this.image.src = whole.src;
      this.sizes = { width: whole.naturalWidth, height: whole.naturalHeight };
      this.#fit();
    });
    whole.src = url;
  }

  #listen() {
    this.area.tabIndex = 0;
    this.area.addEventListener("click", (event) => {
      if (event.target === this.image) this.#scale(this.#zoom > 1 ? 1 : STEP * STEP, event);
      else this.dialog.close();
    });
    this.area.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.#scale(this.#zoom * (event.deltaY < 0 ? 1.15 : 1 / 1.15), event);
      },
      { passive: false },
    );
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("close", () => this.#closed());
  }

  #key(event) {
    const acts = {
      "+": () => this.#scale(this.#zoom * STEP),
      "=": () => this.#scale(this.#zoom * STEP),
      "-": () => this.#scale(this.#zoom / STEP),
      0: () => this.#scale(1),
    };
    if (event.key === "Escape") event.stopPropagation(); // the dialog's own; nothing else closes
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  #fit() {
    const { width, height } = this.sizes;
    if (!width || !height) return;
    const { clientWidth, clientHeight } = this.area;
    const isTall = height > TALL * width;
    const scale = Math.min(1, clientWidth / width, isTall ? 1 : clientHeight / height);
    this.fitted = { width: width * scale, height: height * scale };
    this.#draw();
  }

  #draw() {
    if (!this.fitted) return;
    const { width, height } = this.fitted;
    this.image.style.width = `${Math.max(LEAST_PX, width * this.#zoom)}px`;
    this.image.style.height = `${height * this.#zoom}px`;
    this.dialog.classList.toggle("zoomed", this.#zoom > 1);
    this.less.disabled = this.#zoom <= 1;
    this.more.disabled = this.#zoom >= this.#most;
  }

  get #most() {
    const { width, height } = this.fitted || { width: 1, height: 1 };
    return Math.max(1, Math.min(MOST, LARGEST_PX / Math.max(width, height)));
  }

  // What is under the pointer, else in the middle, stays where it is.
  #scale(wanted, point) {
    const zoom = Math.min(this.#most, Math.max(1, wanted));
    const area = this.area.getBoundingClientRect();
    const at = point
      ? { x: point.clientX, y: point.clientY }
      : { x: area.left + area.width / 2, y: area.top + area.height / 2 };
    const before = this.image.getBoundingClientRect();
    const share = { x: (at.x - before.left) / before.width, y: (at.y - before.top) / before.height };
    this.#zoom = zoom;
    this.#draw();
    const after = this.image.getBoundingClientRect();
    this.area.scrollLeft += after.left + share.x * after.width - at.x;
    this.area.scrollTop += after.top + share.y * after.height - at.y;
  }

  // "Back" closes the viewer: it takes an entry of the history, which goes with it however it is closed.
  // A page that is not ours alone keeps its history: in a frame or a component only the browser closes dialogs.
  async #takeBack() {
    if (this.tree !== document || window.parent !== window) return;
    await entryGone;
    if (!this.dialog.open) return;
    if (!history.state?.viewer) history.pushState({ viewer: true }, "");
    this.back = (event) => {
      // The page around went nowhere.
      event.stopImmediatePropagation();
      this.back = null;
      this.dialog.close();
    };
    addEventListener("popstate", this.back, { once: true, capture: true });
  }

  #closed() {
    this.resized.disconnect();
    this.dialog.remove();
    if (this.back) {
      removeEventListener("popstate", this.back, { capture: true });
      giveEntryBack();
    }
    this.opener?.focus({ preventScroll: true });
  }
}

function giveEntryBack() {
  entryGone = new Promise((done) => {
    const gone = (event) => {
      event.stopImmediatePropagation();
      done();
    };
    addEventListener("popstate", gone, { once: true, capture: true });
  });
  history.back();
}
