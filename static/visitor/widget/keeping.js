// What outlives a page. It stands in the host page's own storage, because a frame of another site
// has none where third parties are blocked; where storage is closed, it lasts as long as the page.
class Keeping {
  constructor(kind) {
    this.kind = kind;
    this.memory = new Map();
  }

  get(name) {
    try {
      const found = window[this.kind].getItem(name);
      if (found !== null) return found;
    } catch (error) {
      // memory may have it
    }
    return this.memory.has(name) ? this.memory.get(name) : null;
  }

  /** Keep a value; null forgets it. */
  set(name, value) {
    if (value === null) this.memory.delete(name);
    else this.memory.set(name, value);
    try {
      if (value === null) window[this.kind].removeItem(name);
      else window[this.kind].setItem(name, value);
    } catch (error) {
      // memory has it
    }
  }
}

// The visitor's record as the chat in the frame wrote it: only whether it is worth connecting for.
function isOpenSession(text) {
  try {
    const record = JSON.parse(text || "null");
    return Boolean(record && record.token && record.open && record.expires > Date.now());
  } catch (error) {
    return false;
  }
}
