/**
 * csdesk visitor library: the customer's side of a chat over one WebSocket, without any page (V-9).
 *
 *     import { VisitorClient } from "https://HOST/static/sdk/csdesk-visitor.js";
 *     const client = new VisitorClient({ channel: "shop", storage: localStorage });
 *     client.on("message", ({ frame }) => console.log(frame.from.name, frame.message));
 *     client.connect();
 *     client.shown();                 // a window is shown: the service flow begins
 *     client.sendText("Hello");
 *
 * It signs in, keeps its token, sends with an id of its own and again after a lost connection,
 * notices gaps by `rev` and closes them, and reconnects with growing, jittered waits.
 * What it knows stands in `client.state`; whatever changes there is told by an event.
 *
 * A site or app that knows its user says so with a signature of its own server (docs/known-users.md):
 *
 *     new VisitorClient({ account: "@shop", user: { userID, userSig, nickname }, verifiedStorage: sessionStorage })
 *     await client.identify({ userID, userSig, nickname });   // or later; what was said before goes along
 *     await client.signOut();                                 // the browser is nobody in particular again
 *
 * Events and their details:
 * - `link` {link, retryAt, code}: the connection is "idle", "connecting", "live", "waiting" (until retryAt) or "gone"
 *   (for the reason `code`)
 * - `ready` {first}: signed in; what was missed is on its way
 * - `message` {frame, isNew, live}: a new or changed message; `live` if it has just been said
 * - `pending` {pending}: a message of ours changed on its way; `pending.status` is "uploading", "sending",
 *   "waiting" (for the connection or for its turn, and goes on by itself), "late", "failed", "sent" or "cancelled"
 * - `lost` {names}: files that were chosen before a reload and could not be sent; they must be chosen again
 * - `state` {session}: a session's state, agent, position or `can` changed
 * - `typing` {on, name}: the agent writes or has stopped
 * - `read` {session, by, seq}; `unread` {count}; `signal` {data}
 * - `history` {more}: a page of earlier messages is complete
 * - `refused` {code, detail}: the server refused something that was not a message
 * - `pre_chat` {form}: what is to be answered with `fillIn` before anything can be said, null once it has been;
 *   also in `state.channel.pre_chat`
 * - `identity` {userID, nickname, verified}: who the customer is now; `userID` is "" for an anonymous visitor
 * - `expired` {userID}: the user's signature is over; `identify` with a new one goes on
 * - `reset` {}: the browser is somebody else now; everything known is void
 *
 * @typedef {{kind: "customer"|"agent"|"bot"|"system", name: string, avatar: string}} Sender
 * @typedef {{op: "message", id: string, session: string, seq: number, rev: number, time: number,
 *   client_id?: string, from: Sender, message: object}} MessageFrame
 * @typedef {{id: string, rev: number, known: number, stateRev: number, state: "flow"|"queued"|"serving"|"closed"|"",
 *   agent: {name: string, staffNo: string, avatar: string}|null, position: number|null, can: string[],
 *   tracked: boolean, agentRead: number}} SessionView
 * @typedef {{client_id: string, message: object, time: number, status: string, code?: string, detail?: string,
 *   progress?: number, tries: number}} Pending
 * @typedef {{userID: string, userSig: string, nickname?: string, avatar?: string, clientData?: object|string}} User
 * @typedef {{getItem: (key: string) => string|null|Promise<string|null>, setItem: (key: string, value: string) => void,
 *   removeItem: (key: string) => void}} Store
 */

const HEAL_MS = 300; // what is under way may still arrive
const PING_MS = 20_000;
const PONG_MS = 10_000;
const ACK_MS = 10_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const TYPING_EVERY_MS = 3_000;
const TYPING_LASTS_MS = 6_000;
const ANSWER_MS = 10_000;
const READ_MS = 300;
const SPACING_MS = 150; // many messages at once would be taken for a flood
const PAGE = 50;
const AGAIN = new Set(["rate_limited", "unavailable"]);
const NEVER = new Set(["invalid", "too_large", "not_allowed"]);
const OVER = new Set(["unauthorized", "token_expired"]);
const ADDRESSES = new Set(["url", "thumbnail", "picture"]);
const OWN_PATH = /^\/(?:files|pictures|static)\//;
const DEFAULT_ACCOUNT = "@default_customer_service_account";
const UPLOAD_WAIT_MS = { rate_limited: 6_000, unavailable: 1_000 };
const LONGEST_UPLOAD_WAIT_MS = 60_000;
const MOST_UPLOAD_TRIES = 40; // while connected; about half an hour
const DIRECTIONS = /[\u0000-\u001f\u007f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A refusal, with the code of the protocol. */
export class VisitorError extends Error {
  /**
   * @param {string} code
   * @param {string} [detail]
   * @param {string} [field] the question it is about
   * @param {Object<string,string>} [fields] what is wrong with each question
   */
  constructor(code, detail, field, fields) {
    super(detail || code);
    this.code = code;
    this.field = field;
    this.fields = fields;
  }
}

/** A version 4 UUID, also where crypto.randomUUID is missing (plain HTTP). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The kind of message that carries a file of this media type. @param {string} mime */
function kindOf(mime) {
  if (/^image\/(?!svg)/.test(mime)) return "image";
  if (mime.startsWith("video/")) return "video";
  return mime.startsWith("audio/") ? "voice" : "file";
}

const noStore = { getItem: () => null, setItem() {}, removeItem() {} };

export class VisitorClient {
  #channel;
  #base;
  #whole;
  #storage;
  #verifiedStorage;
  #outboxStore;
  #language;
  #listeners = new Map();
  #socket = null;
  #wanted = false;
  #opening = false;
  #openAgain = false;
  #signedIn = false;
  #everReady = false;
  #failures = 0;
  #byeWait = 0;
  #timers = new Map();
  #ahead = new Map();
  #answers = [];
  #history = { busy: false, more: true };
  #showing = false;
  #kept = null;
  #user;
  #told = "";
  #identifying = Promise.resolve();
  #uploads = new Map();
  #uploading = Promise.resolve();
  #pauses = new Map();
  #lostNames = [];
  #typedAt = 0;

  /**
   * @param {object} options
   * @param {string} [options.channel] the channel's key
   * @param {string} [options.account] or its account id; without both the default account
   * @param {number|string} [options.sdkappid] of the deployment; it stands in the signature, so nothing is done with it
   * @param {User} [options.user] who the customer is, where the page knows it at once
   * @param {string} [options.base] origin of the service; the page's own by default
   * @param {Store} [options.storage] where the token is kept, e.g. localStorage
   * @param {Store} [options.verifiedStorage] where a known user's token is kept, e.g. sessionStorage; never in `storage`
   * @param {Store} [options.outbox] where unsent texts outlive a reload, e.g. sessionStorage
   * @param {string} [options.language] of the words the service sends, e.g. "en"
   */
  constructor({
    channel,
    account,
    base,
    user,
    storage = noStore,
    verifiedStorage = noStore,
    outbox = noStore,
    language = "",
  }) {
    this.#channel = channel || account || DEFAULT_ACCOUNT;
    this.#user = user ? checked(user) : null;
    this.#verifiedStorage = verifiedStorage;
    this.#base = new URL(base || globalThis.location?.href || "http://localhost").origin;
    if (this.#base !== globalThis.location?.origin) this.#whole = (key, value) => this.#wholly(key, value);
    this.#storage = storage;
    this.#outboxStore = outbox;
    this.#language = language;
    /** Where the customer is and came from; told at the next sign-in. */
    this.page = "";
    this.referrer = "";
    this.state = emptyState();
  }

  /** @param {string} event @param {(detail: any) => void} listener @returns {() => void} takes it off again */
  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(listener);
    return () => this.#listeners.get(event).delete(listener);
  }

  /** The session that counts now: the open one, else the latest. @returns {SessionView|null} */
  get session() {
    return this.state.sessions.get(this.state.session) || null;
  }

  /** Whether the customer may do something now: "request_agent", "leave_queue", "rate", "end", "recall". @param {string} what */
  can(what) {
    return Boolean(this.session?.can.includes(what));
  }

  // ---------- connection ----------

  /** Begin, and stay connected until `close`. */
  async connect() {
    if (this.#wanted) return;
    this.#wanted = true;
    globalThis.addEventListener?.("online", this.#nowOnline);
    globalThis.addEventListener?.("offline", this.#nowOffline);
    await this.#remember();
    if (!this.#wanted) return;
    this.#restoreOutbox();
    await this.#open();
  }

  /** Leave; nothing is sent any more. */
  close() {
    this.#wanted = false;
    globalThis.removeEventListener?.("online", this.#nowOnline);
    globalThis.removeEventListener?.("offline", this.#nowOffline);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const cancel of this.#uploads.values()) cancel();
    for (const go of this.#pauses.values()) go();
    this.#socket?.close(1000);
    this.#lost(null);
    this.#link("idle");
  }

  /** Try again now instead of waiting. */
  reconnect() {
    if (!this.#wanted) return;
    if (this.#socket) {
      this.#ping();
      return;
    }
    this.#failures = 0;
    this.#open();
  }

  #nowOnline = () => this.reconnect();

  #nowOffline = () => {
    this.#drop();
  };

  async #open() {
    if (this.#opening || this.#socket || !this.#wanted) return;
    this.#opening = true;
    this.#stop("retry");
    this.#link("connecting");
    try {
      const token = await this.#inTurn(() => this.#token());
      // Somebody else may have signed in meanwhile: `identify` opens for them.
      if (!this.#wanted || token !== this.#kept?.token) return;
      this.#attach(
        new WebSocket(
          `${this.#base.replace(/^http/, "ws")}/ws/visitor/?channel=${encodeURIComponent(this.#channel)}`,
        ),
        token,
      );
    } catch (error) {
      if (["not_found", "not_allowed", "invalid", ...OVER].includes(error.code)) this.#goneFor(error);
      else this.#retryLater(error.code === "rate_limited" ? 15_000 : 0);
    } finally {
      this.#opening = false;
      if (this.#openAgain) this.#comeAnew();
    }
  }

  #attach(socket, token) {
    this.#socket = socket;
    socket.onopen = () => {
      if (this.#socket !== socket) return;
      this.#hello(token);
    };
    socket.onmessage = (event) => {
      if (this.#socket === socket) this.#receive(event.data);
    };
    socket.onclose = (event) => this.#lost(socket, event.code);
    socket.onerror = () => {};
    this.#after("hello", 15_000, () => this.#drop()); // a handshake that never ends
  }

  #hello(token) {
    const about = { language: this.#language, page: this.page, referrer: this.referrer };
    for (const name of Object.keys(about)) if (!about[name]) delete about[name];
    this.#write({ op: "hello", token, ...about, ...this.#last() });
    this.#after("hello", PONG_MS, () => this.#drop());
  }

  #last() {
    const known = [...this.state.sessions.values()].filter((view) => view.tracked && view.rev > 0).slice(-20);
    return known.length ? { last: Object.fromEntries(known.map((view) => [view.id, view.rev])) } : {};
  }

  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    this.#lost(socket, 0);
    socket.close();
  }

  #lost(socket, code) {
    if (socket && this.#socket !== socket) return;
    this.#socket = null;
    this.#signedIn = false;
    this.#history.busy = false;
    for (const name of ["ping", "pong", "hello", "typing"]) this.#stop(name);
    for (const [name] of this.#timers)
      if (name.startsWith("heal") || name.startsWith("sync") || name.startsWith("ack")) this.#stop(name);
    for (const answer of this.#answers.splice(0)) answer.reject(new VisitorError("unavailable"));
    this.#typing(false);
    if (!this.#wanted || this.state.link === "gone") return;
    if (code === 4001 || code === 4003) this.#kept = { ...this.#kept, doubtful: true };
    this.#retryLater(this.#byeWait);
    this.#byeWait = 0;
  }

  #retryLater(least = 0) {
    if (!this.#wanted) return;
    const grown = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    const wait = Math.max(least, grown) * (0.5 + Math.random() / 2) + (least ? least / 2 : 0);
    this.#link("waiting", Date.now() + wait);
    for (const pending of this.state.pending)
      if (["sending", "late"].includes(pending.status)) this.#hold(pending);
    this.#after("retry", wait, () => this.#open());
  }

  #goneFor(error) {
    this.state.gone = error.code;
    this.#link("gone");
    for (const pending of this.state.pending) {
      if (!["sending", "waiting"].includes(pending.status) || isUpload(pending)) continue;
      this.#stop(`ack ${pending.client_id}`);
      this.#change(pending, { status: "late" });
    }
    this.#emit("refused", { code: error.code, detail: error.message });
  }

  #link(link, retryAt = null) {
    if (this.state.link === link && this.state.retryAt === retryAt) return;
    Object.assign(this.state, { link, retryAt });
    this.#emit("link", { link, retryAt, code: link === "gone" ? this.state.gone : null });
  }

  // ---------- token ----------

  // Where a token is kept: that of a known user only as long as the tab.
  #place(userID = this.#kept?.userID) {
    return userID
      ? [this.#verifiedStorage, `csdesk-user:${this.#channel}`]
      : [this.#storage, `csdesk-visitor:${this.#channel}`];
  }

  async #stored(userID) {
    const [store, key] = this.#place(userID);
    try {
      const kept = JSON.parse((await store.getItem(key)) || "null");
      if (typeof kept?.token === "string" && Boolean(kept.userID) === Boolean(userID)) return kept;
    } catch {
      // what stood there is not ours, or the store is closed to us
    }
    return null;
  }

  #unstore(userID) {
    const [store, key] = this.#place(userID);
    try {
      store.removeItem(key);
    } catch {
      // a closed store holds nothing either
    }
  }

  async #remember() {
    if (this.#kept) return this.#kept;
    let kept = await this.#stored("somebody");
    if (kept && this.#user && kept.userID !== this.#user.userID) {
      // Left behind by another user of this tab.
      this.#unstore("somebody");
      this.#giveBack(kept.token);
      kept = null;
    }
    kept ||= (await this.#stored("")) || {};
    // Somebody may have signed in while the store was read.
    return (this.#kept ||= kept);
  }

  // What is kept now: another tab may have renewed it meanwhile.
  async #latest() {
    const held = await this.#remember();
    const stored = await this.#stored(held.userID || "");
    if (stored && (stored.userID || "") === (held.userID || "")) this.#kept = { ...held, ...stored };
    return this.#kept;
  }

  #keep(changes) {
    this.#kept = { ...this.#newerOfOtherTabs(), ...changes };
    const { doubtful: _, ...lasting } = this.#kept;
    const [store, key] = this.#place();
    try {
      store.setItem(key, JSON.stringify(lasting));
    } catch {
      // a full or closed store: the token then lives as long as the page
    }
  }

  // A token that another tab has renewed must not be overwritten by the one it replaced.
  #newerOfOtherTabs() {
    const [store, key] = this.#place();
    try {
      const { token, expires, got, userID } = JSON.parse(store.getItem(key) || "{}");
      const isOurs = (userID || "") === (this.#kept?.userID || "");
      if (token && isOurs && got > (this.#kept?.got || 0)) return { ...this.#kept, token, expires, got };
    } catch {
      // nothing of ours, or a store that answers later: ours is the newest we know
    }
    return this.#kept;
  }

  // The kept token; renewed when a quarter of its life is left, replaced when it is refused.
  async #token() {
    const held = await this.#remember();
    const { doubtful } = held;
    const kept = await this.#latest();
    if (this.#user && kept.userID !== this.#user.userID) return this.#signIn(this.#user);
    const left = (kept.expires || 0) - Date.now();
    const replacedMeanwhile = doubtful && held.token !== kept.token;
    if (
      kept.token &&
      left > 0 &&
      left > (kept.expires - (kept.got || 0)) / 4 &&
      (!doubtful || replacedMeanwhile)
    )
      return kept.token;
    return this.#newToken(kept.token);
  }

  async #newToken(old) {
    const { userID } = this.#kept || {};
    if (old) {
      try {
        const answer = await this.#post("/api/visitor/token", { channel: this.#channel, token: old });
        return this.#took(answer, userID);
      } catch (error) {
        if (!OVER.has(error.code) && error.code !== "not_found") throw error;
        const goesOn = this.#user || this.#everReady || this.state.pending.length;
        if (userID && goesOn) return this.#signAnew(userID, error);
        // A page that has just come and names nobody begins as a visitor's.
        this.#unstore(userID || "");
        this.#forget();
      }
    }
    return this.#took(await this.#post("/api/visitor/token", { channel: this.#channel }));
  }

  // A known user never goes on as an anonymous visitor by themselves: the page signs anew, or signs out.
  async #signAnew(userID, error) {
    try {
      if (this.#user?.userID === userID) return await this.#signIn(this.#user);
    } catch (refusal) {
      if (!OVER.has(refusal.code)) throw refusal;
    }
    this.#emit("expired", { userID });
    throw error;
  }

  #took(answer, userID = "") {
    const { token, expires, nickname } = answer;
    const known = userID ? { userID, nickname } : {};
    this.#keep({ token, expires, got: Date.now(), doubtful: undefined, ...known });
    return token;
  }

  #forget() {
    this.#unstore("");
    this.#kept = {};
    this.#void();
  }

  // Nothing of what was known is shown any more; what has not been sent may still be.
  #void() {
    this.#ahead.clear();
    const { pending } = this.state;
    this.state = Object.assign(emptyState(), { link: this.state.link, pending });
    this.#history = { busy: false, more: true };
    this.#everReady = false;
    this.#emit("reset", {});
  }

  // ---------- known users ----------

  /**
   * The customer is this user, by a signature of the page's own server. What an anonymous visitor said in this
   * browser becomes theirs; of another user nothing stays. Call it again to replace a signature that ends.
   * @param {User} user
   * @returns {Promise<{userID: string, nickname: string}>} rejects with a VisitorError
   */
  identify(user) {
    return this.#inTurn(async () => {
      const told = checked(user);
      const before = (await this.#remember()).userID || "";
      // Whether or not the new one gets in: the former one is gone.
      if (before && before !== told.userID) this.#leave();
      if (before) this.#user = told;
      const token = await this.#signIn(told);
      this.#user = told;
      if (before === told.userID && this.#signedIn) this.#hello(token);
      else this.#comeAnew();
      return { userID: told.userID, nickname: this.#kept.nickname };
    });
  }

  /** Forget who the customer is: their token ends, and nothing of their chat is shown. @returns {Promise<void>} */
  signOut() {
    return this.#inTurn(async () => {
      await this.#remember();
      this.#user = null;
      const given = this.#leave();
      this.#tellIdentity();
      this.#comeAnew();
      await given;
    });
  }

  // What one user has not sent is not the next one's to send, and what they were told not the next one's to see.
  #leave() {
    const { token, userID = "" } = this.#kept;
    this.#drop();
    this.#unstore(userID);
    this.#kept = {};
    for (const { client_id: id } of [...this.state.pending]) this.cancel(id);
    this.#lostNames = [];
    this.#saveOutbox();
    this.#void();
    return token ? this.#giveBack(token) : Promise.resolve();
  }

  // One after the other, so that the last one called is who the customer is.
  #inTurn(act) {
    const done = this.#identifying.then(act);
    this.#identifying = done.catch(() => {});
    return done;
  }

  async #signIn(user) {
    const isKnown = this.#kept?.userID === user.userID;
    const former = this.#kept?.token || (await this.#stored(""))?.token;
    const { userID, userSig, nickname, avatar, clientData } = user;
    const asked = { channel: this.#channel, userID, userSig, nickname, avatar, clientData, token: former };
    const answer = await this.#post("/api/visitor/token", asked);
    if (!isKnown) {
      // The visitor of this browser has become the user.
      this.#unstore("");
      this.#kept = { userID };
    }
    const token = this.#took(answer, userID);
    if (!isKnown && this.#everReady) this.#void();
    this.#saveOutbox();
    this.#tellIdentity();
    return token;
  }

  #tellIdentity() {
    const { userID = "", nickname = "" } = this.#kept || {};
    if (this.#told === userID + nickname) return;
    this.#told = userID + nickname;
    this.#emit("identity", { userID, nickname, verified: Boolean(userID) });
  }

  // The former one's socket must not say a word more; the next is opened at once.
  #comeAnew() {
    this.#openAgain = this.#opening;
    this.#drop();
    this.#stop("retry");
    this.#failures = 0;
    if (!this.#wanted || this.#opening) return;
    if (this.#showing) this.#showing = "soon";
    this.#open();
  }

  // Best effort: what is not given back ends by itself.
  async #giveBack(token) {
    const headers = { Authorization: `Bearer ${token}` };
    await fetch(`${this.#base}/api/visitor/token`, { method: "DELETE", headers, credentials: "omit" }).catch(
      () => {},
    );
  }

  async #post(path, body) {
    const answer = await fetch(this.#base + path, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(this.#language ? { "Accept-Language": this.#language } : {}),
      },
      body: JSON.stringify(body),
      credentials: "omit",
    }).catch(() => {
      throw new VisitorError("unavailable");
    });
    const data = await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    throw new VisitorError(data.code || (answer.status === 404 ? "not_found" : "unavailable"), data.detail);
  }

  // ---------- receiving ----------

  #receive(text) {
    let frame;
    try {
      frame = JSON.parse(text, this.#whole);
    } catch {
      return;
    }
    const take = this.#handlers[frame.op];
    if (take) take(frame);
  }

  // Files and pictures come at paths of the service; a page of another origin needs the whole address.
  #wholly(key, value) {
    if (key === "pictures" && value && typeof value === "object")
      for (const [name, path] of Object.entries(value)) value[name] = this.#wholly("picture", path);
    const isPath = OWN_PATH.test(value) && ADDRESSES.has(key) && typeof value === "string";
    return isPath ? this.#base + value : value;
  }

  #handlers = {
    ready: (frame) => this.#ready(frame),
    message: (frame) => this.#message(frame),
    ack: (frame) => this.#ack(frame),
    synced: (frame) => this.#synced(frame),
    state: (frame) => this.#stateFrame(frame),
    history_end: (frame) => this.#historyEnd(frame),
    signal: (frame) => this.#signal(frame),
    read: (frame) => this.#readFrame(frame),
    pong: (frame) => this.#pong(frame),
    pre_chat: (frame) => this.#preChat(frame.form),
    error: (frame) => this.#error(frame),
    bye: (frame) => this.#bye(frame),
  };

  #bye({ code, detail, retry_ms: wait }) {
    if (code === "not_found") this.#goneFor(new VisitorError(code, detail));
    this.#byeWait = Number(wait) || 0;
  }

  #ready(frame) {
    this.#stop("hello");
    this.#signedIn = true;
    this.#failures = 0;
    const first = !this.#everReady;
    this.#everReady = true;
    Object.assign(this.state, { customer: frame.customer || null, channel: frame.channel || null, gone: null });
    this.#link("live");
    if (first && frame.customer?.verified) this.#tellIdentity();
    for (const entry of frame.sessions || []) {
      const view = this.#view(entry.session);
      view.tracked = true;
      if (!view.state) view.state = entry.state;
      view.known = Math.max(view.known, entry.rev);
      this.#agentRead(view, entry.read?.agent);
      if (view.known > view.rev) this.#sync(view);
    }
    if (frame.session) this.#current(frame.session);
    else this.#nothingOpen();
    this.#schedulePing();
    if (first && !frame.session) this.history();
    this.#emit("ready", { first });
    this.#emit("pre_chat", { form: this.state.channel?.pre_chat || null });
    if (this.#showing === "soon") this.shown();
    this.#resend();
    this.#wakeUploads();
    if (first) this.#tellLost();
  }

  #tellLost() {
    const names = this.#lostNames.splice(0);
    if (!names.length) return;
    this.#saveOutbox();
    this.#emit("lost", { names });
  }

  // What waited for the service need not wait longer; what waits its turn does.
  #wakeUploads() {
    for (const [id, go] of this.#pauses) if (this.#pendingOf(id)?.code === "unavailable") go();
  }

  #resend() {
    const held = this.state.pending.filter(
      (one) => ["sending", "late"].includes(one.status) || (one.status === "waiting" && !isUpload(one)),
    );
    for (const pending of held)
      if (pending.status === "waiting") this.#change(pending, { status: "sending" });
    held.forEach((pending, place) => {
      if (place < 5) this.#transmit(pending);
      else this.#after(`ack ${pending.client_id}`, (place - 4) * SPACING_MS, () => this.#transmit(pending));
    });
  }

  // What was open when the connection broke may have ended meanwhile; its sync tells how.
  #nothingOpen() {
    const view = this.session;
    if (view && view.state !== "closed" && view.known <= view.rev)
      Object.assign(view, {
        state: "closed",
        can: view.can.filter((what) => what === "rate"),
        position: null,
      });
    this.#keepOpen(null);
    if (view) this.#emit("state", { session: view });
  }

  #view(id) {
    let view = this.state.sessions.get(id);
    if (!view) {
      view = {
        id,
        rev: 0,
        known: 0,
        stateRev: -1,
        state: "",
        agent: null,
        position: null,
        can: [],
        tracked: false,
        agentRead: 0,
        seenRev: 0,
      };
      this.state.sessions.set(id, view);
    }
    return view;
  }

  #current(id) {
    if (this.state.session === id) return;
    this.state.session = id;
    this.#typing(false);
  }

  #keepOpen(id) {
    if ((this.#kept?.open || null) !== id) this.#keep({ open: id });
  }

  #message(frame) {
    const view = this.#view(frame.session);
    const key = `${frame.session}.${frame.seq}`;
    const known = this.state.messages.get(key);
    const newest = !this.state.newest || frame.session > this.state.newest;
    if (!this.#history.busy && !view.tracked && (newest || (view.rev === 0 && frame.rev === 1)))
      view.tracked = true;
    if (newest) this.state.newest = frame.session;
    view.seenRev = Math.max(view.seenRev, frame.rev);
    if (!known || known.rev <= frame.rev) {
      const isNew = !known;
      const live =
        isNew &&
        view.tracked &&
        frame.rev > view.rev &&
        !this.#timers.has(`sync ${view.id}`) &&
        !this.#history.busy;
      this.state.messages.set(key, frame);
      if (frame.client_id) this.#settle(frame.client_id);
      if (frame.from.kind !== "customer") this.#typing(false);
      this.#answerRating(frame);
      this.#emit("message", { frame, isNew, live });
      if (isNew) this.#countUnread();
    }
    this.#move(view, frame.rev);
  }

  // The number moves only by the next one; anything further waits, and is asked for when it stays away.
  #move(view, rev) {
    if (!view.tracked || rev <= view.rev) return;
    view.known = Math.max(view.known, rev);
    if (!this.#ahead.has(view.id)) this.#ahead.set(view.id, new Set());
    const ahead = this.#ahead.get(view.id);
    ahead.add(rev);
    while (ahead.delete(view.rev + 1)) view.rev += 1;
    if (view.rev < view.known) this.#heal(view);
  }

  // There is such a number; what it counts has not come with it.
  #learn(view, rev) {
    view.known = Math.max(view.known, rev);
    if (view.rev < view.known) this.#heal(view);
  }

  #heal(view) {
    const name = `heal ${view.id}`;
    if (this.#timers.has(name) || this.#timers.has(`sync ${view.id}`)) return;
    this.#after(name, HEAL_MS, () => {
      if (view.rev < view.known) this.#sync(view);
    });
  }

  #sync(view) {
    const name = `sync ${view.id}`;
    if (this.#timers.has(name) || !this.#signedIn) return;
    this.#write({ op: "sync", session: view.id, rev: view.rev });
    this.#after(name, ANSWER_MS, () => this.#heal(view));
  }

  #synced(frame) {
    const view = this.#view(frame.session);
    this.#stop(`sync ${view.id}`);
    view.tracked = true;
    view.rev = Math.max(view.rev, frame.rev);
    const ahead = this.#ahead.get(view.id) || new Set();
    for (const rev of ahead) if (rev <= view.rev) ahead.delete(rev);
    while (ahead.delete(view.rev + 1)) view.rev += 1;
    if (frame.more) {
      this.#sync(view);
      return;
    }
    // What is said to exist and yet does not come is not worth asking for again.
    if (!ahead.size) view.known = Math.max(view.rev, frame.rev);
    else this.#heal(view);
    this.#countUnread();
    this.#emit("synced", { session: view });
  }

  #stateFrame(frame) {
    const view = this.#view(frame.session);
    if (frame.rev < view.stateRev) return;
    view.tracked = true;
    Object.assign(view, {
      stateRev: frame.rev,
      state: frame.state,
      agent: frame.agent || null,
      position: frame.position ?? null,
      can: frame.can || [],
    });
    if (frame.session >= (this.state.session || "")) this.#current(frame.session);
    if (this.state.session === view.id) this.#keepOpen(view.state === "closed" ? null : view.id);
    if (frame.session > (this.state.newest || "")) this.state.newest = frame.session;
    // A state that is only repeated may carry the number of a message that has not come.
    if (frame.changed) this.#move(view, frame.rev);
    else this.#learn(view, frame.rev);
    if (view.state !== "serving") this.#typing(false);
    this.#emit("state", { session: view });
  }

  #pong(frame) {
    this.#stop("pong");
    for (const [id, rev] of Object.entries(frame.sessions || {})) {
      const view = this.#view(id);
      if (!view.tracked) Object.assign(view, { tracked: true, rev: Math.max(view.rev, view.seenRev) });
      this.#learn(view, Number(rev) || 0);
    }
  }

  #signal({ data }) {
    const src = String(data?.src ?? "");
    if (src === "12") this.#typing(true);
    else {
      this.state.signals[src] = data;
      this.#emit("signal", { data });
    }
  }

  #typing(on) {
    const was = this.state.typing;
    this.state.typing = on;
    if (on) this.#after("typing", TYPING_LASTS_MS, () => this.#typing(false));
    else this.#stop("typing");
    if (was !== on) this.#emit("typing", { on, name: this.session?.agent?.name || "" });
  }

  #error(frame) {
    const { code, detail } = frame;
    if (!this.#signedIn && OVER.has(code)) {
      this.#anew();
      return;
    }
    const pending = frame.client_id && this.state.pending.find((one) => one.client_id === frame.client_id);
    if (pending) this.#refusedSend(pending, code, detail);
    else if (this.#answers.length && code !== "rate_limited" && code !== "unknown_op")
      this.#answers.shift().reject(new VisitorError(code, detail, frame.field, frame.fields));
    else this.#emit("refused", { code, detail });
  }

  // The token was refused: renew it or get another, and sign in on the same connection.
  async #anew() {
    const socket = this.#socket;
    this.#stop("hello");
    try {
      const refused = this.#kept?.token;
      const token = await this.#inTurn(async () => {
        const kept = await this.#latest();
        return kept.token !== refused ? kept.token : this.#newToken(refused);
      });
      if (this.#socket !== socket) return;
      this.#hello(token);
    } catch (error) {
      if (error.code === "not_found" || OVER.has(error.code)) this.#goneFor(error);
      this.#drop();
    }
  }

  // ---------- sending ----------

  /** Say something. @param {string} text @returns {string} its client_id */
  sendText(text) {
    return this.#queue({ type: "text", text });
  }

  /** Send a product (22) or order (28) card. @param {object} data @returns {string} its client_id */
  sendCard(data) {
    return this.#queue({ type: "custom", data: { customerServicePlugin: 0, ...data } });
  }

  /**
   * Upload a file and send it; progress comes as `pending` events. Files are uploaded one after the other, so
   * that they arrive in the order they were chosen in; what is too much at once waits and goes on by itself.
   * @param {File|Blob} file @param {string} [name]
   * @param {{duration?: number, width?: number, height?: number}} [measures] of a recording, in s and px
   * @returns {string} its client_id
   */
  sendFile(file, name = file.name || "file", measures = {}) {
    const held = { name: name.replace(DIRECTIONS, ""), size: file.size, mime: file.type, ...measures };
    const pending = {
      client_id: uuid(),
      message: { type: kindOf(file.type), file: held },
      time: Date.now(),
      status: "uploading",
      progress: 0,
      tries: 0,
      blob: file,
    };
    this.state.pending.push(pending);
    this.#saveOutbox();
    this.#emit("pending", { pending });
    this.#uploadNext(pending);
    return pending.client_id;
  }

  /** Try a failed message again, under the same id. @param {string} clientId */
  retry(clientId) {
    const pending = this.#pendingOf(clientId);
    if (!pending || !this.canRetry(pending)) return;
    this.reconnect();
    if (isUpload(pending)) {
      this.#change(pending, { status: "uploading", progress: 0, code: undefined, detail: undefined });
      this.#uploadNext(pending);
    } else {
      this.#change(pending, { status: "sending", tries: 0, code: undefined, detail: undefined });
      this.#transmit(pending);
    }
  }

  /** Whether trying again can help; what the service will never take is not tried. @param {Pending} pending */
  canRetry(pending) {
    const isThere = !pending.message.file || pending.blob || pending.message.upload;
    return ["late", "failed"].includes(pending.status) && !NEVER.has(pending.code) && Boolean(isThere);
  }

  /** Give a message up that has not been sent. @param {string} clientId */
  cancel(clientId) {
    const pending = this.#pendingOf(clientId);
    if (!pending) return;
    this.#change(pending, { status: "cancelled" });
    this.#uploads.get(clientId)?.();
    this.#pauses.get(clientId)?.();
    this.#settle(clientId);
  }

  #pendingOf(clientId) {
    return this.state.pending.find((one) => one.client_id === clientId);
  }

  #queue(message) {
    const pending = { client_id: uuid(), message, time: Date.now(), status: "sending", tries: 0 };
    this.state.pending.push(pending);
    this.#saveOutbox();
    this.#emit("pending", { pending });
    this.#transmit(pending);
    return pending.client_id;
  }

  #transmit(pending) {
    if (!this.#signedIn && this.#failures) {
      this.#hold(pending);
      return;
    }
    this.#expectAck(pending);
    if (!this.#signedIn) return;
    pending.tries += 1;
    const { type, text, data, upload, file } = pending.message;
    const { duration, width, height } = (["voice", "video"].includes(type) && file) || {};
    const message = { type, text, data, upload, duration, width, height }; // undefined ones are not sent
    this.#write({ op: "send", client_id: pending.client_id, message });
  }

  // Without a connection nothing is on its way: it goes on with the next one.
  #hold(pending) {
    this.#stop(`ack ${pending.client_id}`);
    this.#change(pending, { status: "waiting" });
  }

  #expectAck(pending) {
    this.#after(`ack ${pending.client_id}`, ACK_MS, () => {
      if (!["sending", "late"].includes(pending.status)) return;
      if (this.#signedIn && pending.tries < 3) this.#transmit(pending);
      else this.#change(pending, { status: "late" });
    });
  }

  #ack(frame) {
    const pending = this.#pendingOf(frame.client_id);
    const view = this.#view(frame.session);
    view.tracked = true;
    if (pending) {
      this.#change(pending, { status: "sent", ...frame });
      this.#stop(`ack ${frame.client_id}`);
      this.#saveOutbox();
      if (this.state.messages.has(`${frame.session}.${frame.seq}`)) this.#settle(frame.client_id);
    }
    this.#learn(view, frame.rev);
  }

  #refusedSend(pending, code, detail) {
    this.#stop(`ack ${pending.client_id}`);
    if (AGAIN.has(code) && pending.tries < 5) {
      this.#after(`ack ${pending.client_id}`, 1000 * pending.tries + Math.random() * 500, () =>
        this.#transmit(pending),
      );
      return;
    }
    if (code === "upload_gone") delete pending.message.upload;
    this.#change(pending, { status: "failed", code, detail });
    this.#saveOutbox();
  }

  #change(pending, changes) {
    Object.assign(pending, changes);
    this.#emit("pending", { pending });
  }

  #settle(clientId) {
    const at = this.state.pending.findIndex((one) => one.client_id === clientId);
    if (at < 0) return;
    const [pending] = this.state.pending.splice(at, 1);
    this.#stop(`ack ${clientId}`);
    if (pending.status !== "cancelled") this.#change(pending, { status: "sent" });
    this.#saveOutbox();
  }

  #outboxKey() {
    return `csdesk-outbox:${this.#channel}`;
  }

  #saveOutbox() {
    const unsent = this.state.pending.filter((one) => !["sent", "cancelled"].includes(one.status));
    const kept = unsent
      .filter((one) => !one.blob || one.message.upload)
      .map(({ client_id, message, time }) => ({ client_id, message, time, who: this.#kept?.userID }));
    // The bytes of a file do not outlive the page; its name does, so that its loss can be told.
    const names = unsent
      .filter((one) => one.blob && !one.message.upload && !NEVER.has(one.code))
      .map(({ message }) => ({ lost: message.file.name }))
      .concat(this.#lostNames.map((lost) => ({ lost })));
    try {
      if (kept.length || names.length)
        this.#outboxStore.setItem(this.#outboxKey(), JSON.stringify([...kept, ...names]));
      else this.#outboxStore.removeItem(this.#outboxKey());
    } catch {
      // a full store: unsent words then live as long as the page
    }
  }

  #restoreOutbox() {
    let kept = [];
    try {
      kept = JSON.parse(this.#outboxStore.getItem(this.#outboxKey()) || "[]");
    } catch {
      return;
    }
    for (const { client_id, message, time, lost, who } of kept) {
      // Another user's words; a visitor's own go along with them when they sign in.
      if (who && who !== (this.#user?.userID || this.#kept?.userID)) continue;
      if (typeof lost === "string") this.#lostNames.push(lost);
      if (!client_id || this.#pendingOf(client_id)) continue;
      const pending = { client_id, message, time, status: "sending", tries: 0 };
      this.state.pending.push(pending);
      this.#emit("pending", { pending });
      this.#expectAck(pending);
    }
  }

  // ---------- uploads ----------

  #uploadNext(pending) {
    this.#uploading = this.#uploading.then(() => this.#uploadPatiently(pending));
  }

  // Until it is there, given up, or refused for what it is; "too much at once" is only a matter of time.
  async #uploadPatiently(pending) {
    let wait = 0;
    let tries = 0;
    while (pending.status === "uploading") {
      const error = await this.#upload(pending);
      if (!error || pending.status !== "uploading") return;
      const { code } = error;
      if (this.#signedIn) tries += 1;
      if (!AGAIN.has(code) || tries >= MOST_UPLOAD_TRIES || !this.#wanted) {
        this.#change(pending, {
          status: "failed",
          code,
          detail: code === "unavailable" ? "" : error.message,
        });
        this.#saveOutbox();
        return;
      }
      wait = Math.min(LONGEST_UPLOAD_WAIT_MS, wait ? wait * 1.6 : UPLOAD_WAIT_MS[code]);
      this.#change(pending, { status: "waiting", code });
      await this.#pause(pending.client_id, wait * (0.75 + Math.random() / 2));
      if (pending.status !== "waiting") return;
      if (this.#wanted) this.#change(pending, { status: "uploading", progress: 0, code: undefined });
      else this.#change(pending, { status: "failed" });
    }
  }

  #pause(id, ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#pauses.get(id)?.(), ms);
      this.#pauses.set(id, () => {
        clearTimeout(timer);
        this.#pauses.delete(id);
        resolve();
      });
    });
  }

  // Returns what went wrong.
  async #upload(pending, again = true) {
    const { client_id: id, blob } = pending;
    try {
      const token = (await this.#remember()).token || (await this.#inTurn(() => this.#token()));
      const answer = await this.#sendBytes(id, blob, pending.message.file.name, token, (share) => {
        pending.progress = share;
        this.#emit("progress", { pending });
      });
      if (pending.status === "cancelled") return null;
      pending.message.upload = answer.upload;
      pending.message.type = kindOf(answer.type || blob.type); // by its content, whatever it is called
      this.#change(pending, { status: "sending", progress: 1 });
      this.#saveOutbox();
      this.#transmit(pending);
      return null;
    } catch (error) {
      if (pending.status === "cancelled") return null;
      if (again && OVER.has(error.code)) {
        await this.#inTurn(() => this.#newToken(this.#kept.token)).catch(() => {});
        return this.#upload(pending, false);
      }
      return error;
    } finally {
      this.#uploads.delete(id);
    }
  }

  // XMLHttpRequest tells how far an upload has come; fetch does not.
  #sendBytes(id, blob, name, token, tell) {
    const form = new FormData();
    form.append("file", blob, name);
    if (!globalThis.XMLHttpRequest) return this.#fetchBytes(id, form, token);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `${this.#base}/api/visitor/upload`);
      request.setRequestHeader("Authorization", `Bearer ${token}`);
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && tell(event.loaded / event.total);
      request.onload = () => {
        const data = request.response || {};
        if (request.status >= 200 && request.status < 300) resolve(data);
        else
          reject(
            new VisitorError(
              data.code || (request.status === 413 ? "too_large" : "unavailable"),
              data.detail,
            ),
          );
      };
      request.onerror = () => reject(new VisitorError("unavailable"));
      request.onabort = () => reject(new VisitorError("cancelled"));
      this.#uploads.set(id, () => request.abort());
      request.send(form);
    });
  }

  async #fetchBytes(id, form, token) {
    const abort = new AbortController();
    this.#uploads.set(id, () => abort.abort());
    const answer = await fetch(`${this.#base}/api/visitor/upload`, {
      method: "POST",
      body: form,
      headers: { Authorization: `Bearer ${token}` },
      signal: abort.signal,
    }).catch(() => {
      throw new VisitorError("unavailable");
    });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new VisitorError(data.code || "unavailable", data.detail);
    return data;
  }

  // ---------- acts ----------

  /** A window is shown: the service flow begins or goes on (src 7). */
  shown() {
    // Before the form is filled in there is nothing to begin.
    if (!this.#signedIn || this.state.channel?.pre_chat) {
      this.#showing = "soon";
      return;
    }
    this.#showing = true;
    this.signal({ src: "7", ...(this.page ? { page: this.page } : {}) });
  }

  /** Ask for a human. */
  requestAgent() {
    this.#write({ op: "request_agent" });
  }

  /** Step out of the queue. */
  leaveQueue() {
    this.#write({ op: "leave_queue" });
  }

  /** End the open session (src 27). */
  end() {
    this.signal({ src: "27" });
  }

  /** Ask for the invitation to rate (src 24). */
  askRating() {
    this.signal({ src: "24" });
  }

  /**
   * Rate (src 10).
   * @param {{id: string, content: string, sessionId: string, comment?: string}} choice
   * @returns {Promise<void>} rejects with the server's refusal
   */
  rate(choice) {
    if (!this.#signedIn) return Promise.reject(new VisitorError("unavailable"));
    return new Promise((resolve, reject) => {
      const answer = { kind: "rating", sessionId: choice.sessionId, resolve, reject };
      this.#answers.push(answer);
      this.#after(`rating ${choice.sessionId}`, ANSWER_MS, () => this.#giveUp(answer));
      const { comment, ...rest } = choice;
      this.signal({ src: "10", menuSelected: { ...rest, ...(comment ? { comment } : {}) } });
    });
  }

  /**
   * Answer what the channel asks before the first word (`pre_chat`).
   * @param {Object<string,string>} answers by the questions' keys
   * @param {boolean} [agrees] to the privacy notice, where the form has one
   * @returns {Promise<void>} rejects with the server's refusal, whose `fields` say what is wrong with which question
   */
  fillIn(answers, agrees = false) {
    if (!this.#signedIn) return Promise.reject(new VisitorError("unavailable"));
    return new Promise((resolve, reject) => {
      const answer = { kind: "pre_chat", resolve, reject };
      this.#answers.push(answer);
      this.#after("pre_chat", ANSWER_MS, () => this.#giveUp(answer));
      this.#write({ op: "pre_chat", answers, agrees });
    });
  }

  #preChat(form) {
    if (this.state.channel) this.state.channel.pre_chat = form || null;
    if (!form) {
      this.#stop("pre_chat");
      const at = this.#answers.findIndex((answer) => answer.kind === "pre_chat");
      if (at >= 0) this.#answers.splice(at, 1)[0].resolve();
      if (this.#showing === "soon") this.shown();
    }
    this.#emit("pre_chat", { form: form || null });
  }

  #giveUp(answer) {
    const at = this.#answers.indexOf(answer);
    if (at < 0) return;
    this.#answers.splice(at, 1);
    answer.reject(new VisitorError("unavailable"));
  }

  #answerRating(frame) {
    const menu = String(frame.message.data?.src ?? "") === "9" ? frame.message.data.menuContent : null;
    if (!menu?.selected) return;
    const at = this.#answers.findIndex(
      (answer) => answer.kind === "rating" && answer.sessionId === menu.sessionId,
    );
    if (at < 0) return;
    this.#stop(`rating ${menu.sessionId}`);
    this.#answers.splice(at, 1)[0].resolve();
  }

  /** Take an own message back. @param {string} messageId */
  recall(messageId) {
    this.#write({ op: "recall", message: messageId });
  }

  /**
   * Say whether an answer of the bot has helped; it may be said again otherwise while its session is open.
   * Answers that ask have `message.helpful`, null until something was said; it comes again with the `message`.
   * @param {string} messageId @param {boolean|null} helpful null takes it back
   */
  vote(messageId, helpful) {
    this.#write({ op: "vote", message: messageId, helpful });
  }

  /** The customer is typing; call it at every key, it is told at most every 3 s. @param {string} [preview] only where the service may see it */
  typing(preview) {
    if (this.session?.state !== "serving" || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = Date.now();
    this.signal({ src: "12", ...(preview ? { preview } : {}) });
  }

  /** Any signal of the protocol. @param {object} data */
  signal(data) {
    this.#write({ op: "signal", data: { customerServicePlugin: 0, ...data } });
  }

  /** Ask for earlier messages; `history` tells when they are there. @returns {boolean} whether there may be more */
  history() {
    if (!this.#signedIn || this.#history.busy || !this.#history.more) return this.#history.more;
    this.#history.busy = true;
    const before = this.#oldest();
    this.#write({ op: "history", limit: PAGE, ...(before ? { before } : {}) });
    return true;
  }

  /** Whether earlier messages may exist. */
  get hasMore() {
    return this.#history.more;
  }

  #oldest() {
    let oldest = null;
    for (const frame of this.state.messages.values()) {
      if (
        !oldest ||
        frame.session < oldest.session ||
        (frame.session === oldest.session && frame.seq < oldest.seq)
      )
        oldest = frame;
    }
    return oldest?.id || null;
  }

  #historyEnd(frame) {
    this.#history = { busy: false, more: Boolean(frame.before) };
    for (const [id, seq] of Object.entries(frame.read || {})) this.#agentRead(this.#view(id), seq);
    this.#emit("history", { more: this.#history.more });
  }

  /** Get a message again whose file's address has run out. @param {MessageFrame} frame */
  refreshMessage(frame) {
    if (this.#signedIn) this.#write({ op: "sync", session: frame.session, rev: frame.rev - 1 });
  }

  // ---------- read ----------

  /** Everything shown so far has been read. */
  markRead() {
    const view = this.session;
    const seq = view ? this.#lastSeq(view.id) : 0;
    if (!seq || seq <= this.#readSeq(view.id)) return;
    this.#keep({ read: { session: view.id, seq } });
    this.#countUnread();
    if (!this.#timers.has("read"))
      this.#after("read", READ_MS, () =>
        this.#write({ op: "read", session: view.id, seq: this.#readSeq(view.id) }),
      );
  }

  #readSeq(session) {
    const read = this.#kept?.read;
    return read?.session === session ? read.seq : 0;
  }

  #lastSeq(session) {
    let last = 0;
    for (const frame of this.state.messages.values())
      if (frame.session === session && frame.seq > last) last = frame.seq;
    return last;
  }

  #countUnread() {
    const id = this.state.session;
    const read = this.#readSeq(id);
    let count = 0;
    for (const frame of this.state.messages.values()) {
      if (frame.session === id && frame.seq > read && ["agent", "bot"].includes(frame.from.kind)) count += 1;
    }
    if (count === this.state.unread) return;
    this.state.unread = count;
    this.#emit("unread", { count });
  }

  // Read marks are said once, when they change; whoever comes later is told up to where (`ready`, `history_end`).
  #agentRead(view, seq = 0) {
    if (seq <= view.agentRead) return;
    view.agentRead = seq;
    this.#emit("read", { session: view.id, by: "agent", seq });
  }

  #readFrame(frame) {
    const view = this.#view(frame.session);
    if (frame.by === "agent") view.agentRead = Math.max(view.agentRead, frame.seq);
    else if (frame.session === this.state.session && frame.seq > this.#readSeq(frame.session)) {
      this.#keep({ read: { session: frame.session, seq: frame.seq } });
      this.#countUnread();
    }
    this.#emit("read", { session: frame.session, by: frame.by, seq: frame.seq });
  }

  // ---------- wire and clock ----------

  #write(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #schedulePing() {
    this.#after("ping", PING_MS, () => this.#ping());
  }

  #ping() {
    if (!this.#signedIn) return;
    this.#write({ op: "ping" });
    if (!this.#timers.has("pong")) this.#after("pong", PONG_MS, () => this.#drop());
    this.#schedulePing();
  }

  #after(name, ms, act) {
    this.#stop(name);
    this.#timers.set(
      name,
      setTimeout(() => {
        this.#timers.delete(name);
        act();
      }, ms),
    );
  }

  #stop(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #emit(event, detail) {
    for (const listener of this.#listeners.get(event) || []) {
      try {
        listener(detail);
      } catch (error) {
        // One listener's mistake must not stop the protocol.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}

function checked(user) {
  const isText = [user?.userID, user?.userSig].every((text) => typeof text === "string" && text);
  if (!isText) throw new VisitorError("invalid", "identify() needs a userID and a userSig.");
  return user;
}

/** Whether its bytes are still to be sent. @param {Pending} pending */
const isUpload = (pending) => Boolean(pending.blob && !pending.message.upload);

function emptyState() {
  return {
    /** @type {"idle"|"connecting"|"live"|"waiting"|"gone"} */ link: "idle",
    /** @type {number|null} */ retryAt: null,
    customer: null,
    channel: null,
    /** @type {string|null} the session that counts now */ session: null,
    /** @type {string|null} */ newest: null,
    /** @type {Map<string, SessionView>} */ sessions: new Map(),
    /** @type {Map<string, MessageFrame>} by "SESSION.SEQ" */ messages: new Map(),
    /** @type {Pending[]} */ pending: [],
    typing: false,
    unread: 0,
    /** the latest signal of each src */ signals: {},
    gone: null,
  };
}
