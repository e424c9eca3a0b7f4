// What a reader has begun in a row must not be lost when the row leaves the page or is drawn anew.

const FIELDS = "input, textarea, select";
const REACHED = "a[href], button, summary, input, textarea, select, audio, video, [tabindex]";

/** Whether something was typed or chosen in it that is not sent yet. @param {HTMLElement} node */
export function isFilledIn(node) {
  return Array.from(node.querySelectorAll(FIELDS)).some((field) =>
    field.type === "radio" || field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : "defaultValue" in field && field.value !== field.defaultValue,
  );
}

/** Whether it must stay in the page: the focus is in it, or it is heard. @param {HTMLElement} node */
export function isInUse(node) {
  const { activeElement } = node.getRootNode();
  if (activeElement && node.contains(activeElement)) return true;
  return Array.from(node.querySelectorAll("audio, video")).some((player) => !player.paused);
}

/**
 * Put a row drawn anew where the old one stands; a comment half written and the focus go over.
 * @param {HTMLElement} old @param {HTMLElement} fresh
 */
export function takeOver(old, fresh) {
  const typed = old.querySelector("textarea.comment")?.value;
  const comment = fresh.querySelector("textarea.comment");
  if (comment && typed) comment.value = typed;
  const { activeElement } = old.getRootNode();
  const at = old.contains(activeElement) ? Array.from(old.querySelectorAll(REACHED)).indexOf(activeElement) : -1;
  old.replaceWith(fresh);
  if (at >= 0) fresh.querySelectorAll(REACHED)[at]?.focus({ preventScroll: true });
}

/**
 * The children of `root` in which the reader's selection begins and ends; null when nothing in it is selected.
 * @param {HTMLElement} root
 * @returns {[Node, Node]|null}
 */
export function selectedIn(root) {
  const tree = root.getRootNode();
  const selection = tree.getSelection ? tree.getSelection() : document.getSelection();
  if (!selection?.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.startContainer) || !root.contains(range.endContainer)) return null;
  const childOf = (node, fallback) => {
    let child = node;
    if (child === root) return fallback;
    while (child.parentNode !== root) child = child.parentNode;
    return child;
  };
  return [childOf(range.startContainer, root.firstChild), childOf(range.endContainer, root.lastChild)];
}
