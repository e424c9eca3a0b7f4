// Changes what is on the screen into what it should be, element by element: what stays the same is not
// touched, so focus, selection, scroll and open details stay. Rows are known again by `data-key`.

/** Makes the children of `place` those of `fresh`. */
export function renew(place, fresh) {
  const held = document.activeElement;
  children(place, fresh);
  // A row that moved to another place has lost it.
  if (place.contains(held) && document.activeElement !== held) held.focus({ preventScroll: true });
}

function children(place, fresh) {
  let old = place.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const found = match(old, wanted);
    if (!found) {
      place.insertBefore(wanted, old);
      continue;
    }
    if (found !== old) place.insertBefore(found, old);
    else old = old.nextSibling;
    node(found, wanted);
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
}

/** The next node that can become the wanted one: by its key, else the very next if it is of its kind. */
function match(old, wanted) {
  const key = keyOf(wanted);
  if (!key) return old && isAlike(old, wanted) && !keyOf(old) ? old : null;
  for (let one = old; one; one = one.nextSibling) {
    if (keyOf(one) === key && isAlike(one, wanted)) return one;
  }
  return null;
}

function keyOf(one) {
  return one.nodeType === Node.ELEMENT_NODE ? one.getAttribute("data-key") : null;
}

function isAlike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName;
}

function node(old, wanted) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    // What the reader has opened stays open.
    if (!wanted.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  children(old, wanted);
}
