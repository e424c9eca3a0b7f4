// What the monitor shows, as the server told it last.

/**
 * @typedef {{id: number, userId: string, nickname: string, staffNo: string, avatar: string, status: string,
 *   restReason: string, since: number|null, load: number, limit: number, groups: number[], connected: boolean,
 *   grace: number|null, settable: boolean}} AgentRow
 * @typedef {{session: string, state: "queued"|"offered"|"serving", customer: {id: string, name: string,
 *   visitor_no: number|null}, channel: {name: string, kind: string}, group: {id: number, name: string}|null,
 *   agent: number|null, agentName: string, started: number, queued: number|null, assigned: number|null,
 *   accepted: number|null, first_reply: number|null, waiting_since: number|null, held: boolean}} SessionLine
 */

export class Board {
  /** @param {object} overview @param {(number: number) => string} visitorName */
  constructor(overview, visitorName) {
    this.visitorName = visitorName;
    this.replace(overview);
  }

  replace({ agents, sessions, counts }) {
    /** @type {Map<number, AgentRow>} */ this.agents = new Map();
    /** @type {Map<string, SessionLine>} */ this.sessions = new Map();
    this.apply({ agents, sessions, counts });
  }

  /** Takes up rows that are new or different, and lets go of those that are gone. */
  apply({ agents = [], sessions = [], counts = this.counts, gone = {} }) {
    this.counts = counts;
    for (const row of agents) this.agents.set(row.id, row);
    for (const row of sessions) this.sessions.set(row.session, this.#named(row));
    for (const id of gone.agents ?? []) this.agents.delete(id);
    for (const id of gone.sessions ?? []) this.sessions.delete(id);
  }

  /** Visitors without a name are called in the reader's language. */
  #named(row) {
    const { customer } = row;
    return customer.visitor_no === null ? row : { ...row, customer: { ...customer, name: this.visitorName(customer.visitor_no) } };
  }

  /** Those who wait first, by when they began to; then the others by since when they are served. */
  lines() {
    return [...this.sessions.values()].sort((one, other) => placeOf(one) - placeOf(other) || one.session.localeCompare(other.session));
  }
}

const LATER = 1e15; // behind every moment

function placeOf({ state, queued, assigned, started }) {
  return state === "queued" ? (queued ?? started) : LATER + (assigned ?? started);
}

/** Since when the customer of a line waits, or null. @param {SessionLine} line */
export function waitsSince(line) {
  return line.state === "serving" ? (line.held ? null : line.waiting_since) : (line.queued ?? line.started);
}
