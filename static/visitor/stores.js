// Storage that may be closed to us (private mode, blocked third parties): then memory serves.

/**
 * The browser's "localStorage" or "sessionStorage", as far as it is open to us; never throws.
 * @param {"localStorage"|"sessionStorage"} name
 * @returns {import("../sdk/csdesk-visitor.js").Store}
 */
export function safeStore(name) {
  const memory = new Map();
  return {
    getItem(key) {
      try {
        return window[name].getItem(key) ?? memory.get(key) ?? null;
      } catch {
        return memory.get(key) ?? null;
      }
    },
    setItem(key, value) {
      memory.set(key, value);
      try {
        window[name].setItem(key, value);
      } catch {
        // memory has it
      }
    },
    removeItem(key) {
      memory.delete(key);
      try {
        window[name].removeItem(key);
      } catch {
        // memory had it
      }
    },
  };
}
