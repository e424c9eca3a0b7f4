// A list whose children follow its things: an element stays the same as long as its thing is there.

/**
 * Brings a list's children in line with its things. Nothing is made anew: a press that began on a row ends on it,
 * whatever changes meanwhile.
 * @template T
 * @param {HTMLElement} list
 * @param {T[]} things
 * @param {{key: (thing: T) => string, make: (thing: T) => HTMLElement, fill: (element: HTMLElement, thing: T) => void}} how
 */
export function follow(list, things, { key, make, fill }) {
  const names = things.map(key);
  const wanted = new Set(names);
  const old = new Map();
  for (const child of [...list.children]) {
    if (wanted.has(child.dataset.key)) old.set(child.dataset.key, child);
    else child.remove();
  }
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  let at = list.firstElementChild;
  things.forEach((thing, index) => {
    const row = old.get(names[index]) ?? make(thing);
    row.dataset.key = names[index];
    fill(row, thing);
    if (row === at) at = row.nextElementSibling;
    else list.insertBefore(row, at);
  });
  // An element that is moved loses the focus.
  if (focused?.isConnected && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

/** Writes a text only where it differs. @param {Element} element @param {string|number} text */
export function write(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}
