// The chat in its frame: made when it is first wanted, talked with by postMessage.
// What we say goes to our own origin only; what we hear must come from this very frame.

const FRAME_ALLOWS = "autoplay; clipboard-write; fullscreen; microphone; camera";
const PATIENCE_MS = 20000;
const PATIENCE_WHEN_LOADED_MS = 5000;

class ChatFrame {
  /**
   * @param {{origin: string, place: Element, hello: () => object,
   *   hears: (type: string, data: object) => void, troubled: (is: boolean) => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.element = null;
    this.isReady = false;
    this.timer = 0;
    this.listen = (event) => this.receive(event);
    addEventListener("message", this.listen);
  }

  /** Show an address: for the first time, in another language, or once more after trouble. */
  load(address, title) {
    this.isReady = false;
    this.patience(PATIENCE_MS);
    if (this.element) {
      this.element.title = title;
      this.element.src = address;
      return;
    }
    const frame = make("iframe", "", { title: title, allow: FRAME_ALLOWS });
    // A page that is isolated from all others lets a frame in that brings no cookies: ours needs none.
    if (window.crossOriginIsolated) frame.credentialless = true;
    frame.addEventListener("load", () => {
      if (!this.isReady) this.patience(PATIENCE_WHEN_LOADED_MS);
    });
    frame.src = address;
    this.element = frame;
    this.place.appendChild(frame);
  }

  patience(ms) {
    this.troubled(false);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.troubled(true), ms);
  }

  /** Throws what structured cloning throws. */
  post(type, data) {
    const target = this.element && this.element.contentWindow;
    if (target) target.postMessage(Object.assign({ csdesk: 1, type: type }, data), this.origin);
  }

  receive(event) {
    const data = event.data;
    if (!this.element || event.source !== this.element.contentWindow || event.origin !== this.origin) return;
    if (!data || data.csdesk !== 1 || typeof data.type !== "string") return;
    if (data.type === "here") this.post("hello", this.hello());
    if (data.type === "ready") {
      this.isReady = true;
      clearTimeout(this.timer);
      this.troubled(false);
    }
    this.hears(data.type, data);
  }

  remove() {
    clearTimeout(this.timer);
    removeEventListener("message", this.listen);
    drop(this.element);
    this.element = null;
  }
}
