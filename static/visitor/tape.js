// The browser's recorder: asks for the microphone (and camera), measures loudness, ends in time.

const LIMIT_S = 60;
// What plays in most browsers first.
const FORMATS = {
  voice: ["audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"],
  video: ["video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/mp4", "video/webm"],
};
const ENDINGS = { "audio/mp4": "m4a", "audio/webm": "webm", "audio/ogg": "ogg", "video/mp4": "mp4", "video/webm": "webm" };
const WANTED = {
  voice: { audio: { echoCancellation: true, noiseSuppression: true } },
  video: { audio: true, video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" } },
};
const SOUND_BITS = 32_000; // a second
const PICTURE_BITS = 1_200_000;

// As good as a full recording may be without becoming larger than files may be.
function bits(mostBytes) {
  const left = (mostBytes * 8 * 0.8) / LIMIT_S - SOUND_BITS;
  return {
    audioBitsPerSecond: SOUND_BITS,
    videoBitsPerSecond: Math.round(Math.max(100_000, Math.min(PICTURE_BITS, left))),
  };
}

export class Tape {
  #recorder;
  #parts = [];
  #began = 0;
  #lasted = 0;
  #timer = 0;
  #meter = null;

  /**
   * Ask for what is needed.
   * @param {"voice"|"video"} kind
   * @param {number} mostBytes how large a file may be
   * @returns {Promise<Tape>} rejects as getUserMedia does
   */
  static async open(kind, mostBytes) {
    return new Tape(kind, await navigator.mediaDevices.getUserMedia(WANTED[kind]), mostBytes);
  }

  /** @param {"voice"|"video"} kind @param {MediaStream} stream @param {number} mostBytes */
  constructor(kind, stream, mostBytes) {
    this.kind = kind;
    this.stream = stream;
    /** Told once with {blob, name, measures}; name is the ending of a file's name. */
    this.ended = () => {};
    const mimeType = FORMATS[kind].find((format) => MediaRecorder.isTypeSupported(format));
    this.#recorder = new MediaRecorder(stream, { ...(mimeType ? { mimeType } : {}), ...bits(mostBytes) });
    this.#recorder.addEventListener("dataavailable", ({ data }) => this.#parts.push(data));
    this.#recorder.addEventListener("stop", () => this.#stopped());
    // The device was taken away or the right withdrawn: what is there is kept.
    for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stop());
  }

  get limit() {
    return LIMIT_S;
  }

  get runs() {
    return this.#recorder.state === "recording";
  }

  get seconds() {
    return this.runs ? (performance.now() - this.#began) / 1000 : this.#lasted;
  }

  /** How loud it is, 0 to 1. */
  get level() {
    if (!this.#meter) return 0;
    const { analyser, samples } = this.#meter;
    analyser.getByteTimeDomainData(samples);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128)), 0);
    return Math.min(1, loudest / 90);
  }

  start() {
    this.#recorder.start(1000);
    this.#began = performance.now();
    this.#timer = setTimeout(() => this.stop(), LIMIT_S * 1000);
    this.#measure();
  }

  stop() {
    if (!this.runs) return;
    clearTimeout(this.#timer);
    this.#lasted = this.seconds;
    this.#recorder.stop();
  }

  /** Let go of microphone and camera; what was recorded and not told yet is thrown away. */
  close() {
    clearTimeout(this.#timer);
    this.ended = () => {};
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
    for (const track of this.stream.getTracks()) track.stop();
    this.#meter?.context.close();
    this.#meter = null;
  }

  #measure() {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context || !this.stream.getAudioTracks().length) return;
    const context = new Context();
    const analyser = context.createAnalyser();
    analyser.fftSize = 256;
    context.createMediaStreamSource(this.stream).connect(analyser);
    this.#meter = { context, analyser, samples: new Uint8Array(analyser.fftSize) };
  }

  #stopped() {
    const type = (this.#recorder.mimeType || "").split(";")[0];
    const { width, height } = this.stream.getVideoTracks()[0]?.getSettings() || {};
    const measures = { duration: Math.round(this.#lasted * 10) / 10, ...(width ? { width, height } : {}) };
    this.ended({ blob: new Blob(this.#parts, { type }), name: ENDINGS[type] || "webm", measures });
  }
}
