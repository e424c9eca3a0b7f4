// The button for voice messages: a tap records until one stops it, holding it records until it is let go.
// It stands where "send" does while nothing is written; browsers that cannot record do not show it.

const HOLD_MS = 350;

function mayUse(feature) {
  const policy = document.permissionsPolicy || document.featurePolicy;
  return policy?.allowsFeature ? policy.allowsFeature(feature) : true;
}

const canRecord = () =>
  Boolean(globalThis.MediaRecorder && navigator.mediaDevices?.getUserMedia && mayUse("microphone"));

export class Microphone {
  #o;
  #recorder = null;
  #can = canRecord();
  #tapped = true;

  /**
   * @param {{form: HTMLFormElement, button: HTMLElement, config: {fileLimit: number}, words: object, signal: AbortSignal,
   *   send: (file: Blob, name: string, measures: object) => void, trouble: (text: string) => void}} options
   */
  constructor(options) {
    this.#o = options;
    const { button, signal } = options;
    button.addEventListener("click", () => this.#tapped && this.#record("voice"));
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("pointerdown", (event) => this.#pressed(event), { signal });
  }

  /** Offer it, or not (something is written). @param {boolean} wanted */
  offer(wanted) {
    this.#o.button.hidden = !(this.#can && wanted);
  }

  get isOffered() {
    return !this.#o.button.hidden;
  }

  #pressed({ clientY: from }) {
    this.#tapped = true;
    const ending = new AbortController();
    const { signal } = ending;
    const timer = setTimeout(() => {
      this.#tapped = false;
      this.#record("voice", true);
    }, HOLD_MS);
    const over = () => {
      clearTimeout(timer);
      ending.abort();
      this.#recorder?.release();
    };
    addEventListener("pointermove", ({ clientY }) => this.#recorder?.slide(from - clientY), { signal });
    addEventListener("pointerup", over, { signal });
    addEventListener("pointercancel", over, { signal });
  }

  async #record(kind, held = false) {
    if (this.#recorder) return;
    const { form, config, words, signal, send, trouble } = this.#o;
    const { Recorder } = await import("./recorder.js").catch(() => ({}));
    if (!Recorder) return trouble(words.refused_unavailable);
    const canSwap = kind === "voice" && mayUse("camera");
    form.hidden = true;
    this.#recorder = new Recorder({
      place: form.parentElement,
      kind,
      mostBytes: config.fileLimit,
      words,
      signal,
      send,
      swap: canSwap ? () => this.#record("video") : null,
      close: (text) => {
        this.#recorder = null;
        form.hidden = false;
        if (text) trouble(text);
        this.#o.button.focus({ preventScroll: true });
      },
    });
    await this.#recorder.begin(held);
  }
}
