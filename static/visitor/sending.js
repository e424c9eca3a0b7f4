// Messages on their way: files that are chosen, pictures shown while they travel, and what became of each.
import { fill, plainName } from "../ui/dom.js";

const MEGABYTE = 1024 * 1024;
const PREVIEW_MS = 10_000; // until the stored picture has taken its place

export class Sending {
  #client;
  #thread;
  #config;
  #words;
  #trouble;
  #drawn;

  /**
   * @param {object} options
   * @param {import("../sdk/csdesk-visitor.js").VisitorClient} options.client
   * @param {import("../ui/thread.js").Thread} options.thread
   * @param {{fileLimit: number}} options.config
   * @param {Object<string,string>} options.words
   * @param {(text: string) => void} options.trouble tells why a file is not sent
   * @param {(draw: () => void) => void} options.drawn wraps each change of the thread
   */
  constructor({ client, thread, config, words, trouble, drawn }) {
    this.#client = client;
    this.#thread = thread;
    this.#config = config;
    this.#words = words;
    this.#trouble = trouble;
    this.#drawn = drawn;
  }

  /** Send what can be sent. @param {File[]} files */
  files(files) {
    for (const file of files) {
      const wrong = this.#wrongWith(file);
      if (wrong) {
        this.#trouble(wrong);
        continue;
      }
      const id = this.#client.sendFile(file);
      if (/^image\/(?!svg)/.test(file.type)) this.#preview(id, file);
    }
  }

  /** A message of ours has changed on its way. @param {import("../sdk/csdesk-visitor.js").Pending} pending */
  show(pending) {
    const { client_id: id, status } = pending;
    const refused = status === "failed" && !this.#client.canRetry(pending);
    if (pending.preview && (status === "cancelled" || status === "sent"))
      setTimeout(() => URL.revokeObjectURL(pending.preview), PREVIEW_MS);
    this.#drawn(() => {
      if (status === "cancelled") this.#thread.drop(id);
      else if (status !== "sent" || !this.#client.state.messages.has(`${pending.session}.${pending.seq}`))
        this.#thread.pend({
          client_id: id,
          message: pending.message,
          time: pending.time,
          preview: refused ? undefined : pending.preview,
          progress: status === "uploading" ? pending.progress : undefined,
          waits: status === "late" ? "asked" : status === "waiting",
          failed: status === "failed",
          refused,
          reason: this.#reason(pending),
        });
    });
  }

  // What is known never to be taken is not even begun.
  #wrongWith({ name, size }) {
    const words = this.#words;
    if (!size) return fill(words.file_empty, { name: plainName(name) });
    if (size <= this.#config.fileLimit) return "";
    return fill(words.file_too_large, {
      name: plainName(name),
      size: Math.ceil(size / MEGABYTE),
      limit: Math.floor(this.#config.fileLimit / MEGABYTE),
    });
  }

  // The picture itself is shown while it travels, in the size it will have.
  async #preview(id, file) {
    const preview = URL.createObjectURL(file);
    const image = new Image();
    image.src = preview;
    const isWhole = await image.decode().then(
      () => true,
      () => false,
    );
    const pending = this.#client.state.pending.find((one) => one.client_id === id);
    if (!pending) return;
    Object.assign(pending.message.file, {
      width: image.naturalWidth || undefined,
      height: image.naturalHeight || undefined,
    });
    pending.preview = isWhole ? preview : undefined;
    this.show(pending);
  }

  #reason({ status, code, detail }) {
    const words = this.#words;
    if (status === "late") return words.not_sent_yet;
    if (status === "waiting") return words.waits_turn;
    if (status === "failed" && code === "rate_limited") return words.refused_rate_limited;
    return status === "failed" ? detail || words[`refused_${code}`] || words.not_sent : undefined;
  }
}
