// What the page asks for and what it is told.

const USER_FIELDS = ["userID", "userSig", "nickname", "avatar"];
const LONGEST_FIELD = 8192;

/** An error that says by `code` what went wrong, like those of the protocol. */
function failure(code, detail) {
  const error = new Error(detail || code);
  error.code = code;
  return error;
}

/** What is wrong with a user before anybody is asked; "" when nothing is. */
function wrongUser(user) {
  if (typeof user !== "object") return "identify() takes an object {userID, userSig, …} or null.";
  for (let at = 0; at < USER_FIELDS.length; at += 1) {
    const value = user[USER_FIELDS[at]];
    const isMissing = value === undefined || value === null;
    if (at < 2 ? typeof value !== "string" || !value : !isMissing && typeof value !== "string")
      return "identify(): " + USER_FIELDS[at] + " must be a text.";
    if (!isMissing && value.length > LONGEST_FIELD)
      return "identify(): " + USER_FIELDS[at] + " is too long.";
  }
  const more = user.clientData;
  if (more !== undefined && more !== null && typeof more !== "object" && typeof more !== "string")
    return "identify(): clientData must be an object or a text.";
  return "";
}

/** Only what is known goes to the frame, as plain values. */
function plainUser(user) {
  const plain = {};
  for (let at = 0; at < USER_FIELDS.length; at += 1) {
    const value = user[USER_FIELDS[at]];
    if (typeof value === "string") plain[USER_FIELDS[at]] = value;
  }
  if (user.clientData) plain.clientData = user.clientData;
  return plain;
}

/** Who is told what. A listener's mistake is the page's, and stops nobody else. */
class Listeners {
  constructor() {
    this.lists = new Map();
  }

  on(name, listener) {
    if (typeof listener !== "function") throw new TypeError("csdesk.on() takes an event's name and a function.");
    if (!this.lists.has(name)) this.lists.set(name, new Set());
    this.lists.get(name).add(listener);
    return () => this.lists.get(name).delete(listener);
  }

  tell(name, detail) {
    const told = this.lists.get(name);
    if (!told) return;
    told.forEach((listener) => {
      try {
        listener(detail);
      } catch (error) {
        setTimeout(() => {
          throw error;
        });
      }
    });
  }
}
