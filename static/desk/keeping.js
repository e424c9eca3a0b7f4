// Small things kept in this browser: drafts, the muted ring. Storage may be full or closed to us.

/** What was kept, or null. @param {string} key */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a small thing in this browser; an empty value takes it away. */
export function keep(key, value) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // storage is full or closed to us: it then lasts as long as the page
  }
}

/** Where a session's draft stands. @param {string} session @param {"reply"|"note"} [mode] */
export function draftKey(session, mode = "reply") {
  return mode === "note" ? `csdesk-draft-note:${session}` : `csdesk-draft:${session}`;
}
