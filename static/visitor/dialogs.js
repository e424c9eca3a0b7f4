// Questions that must be answered before something is done.

export class Dialogs {
  #root;

  /** @param {Element|ShadowRoot} root that holds the dialogs */
  constructor(root) {
    this.#root = root;
  }

  /** Ask with <dialog id="ask-NAME">. @param {string} name @returns {Promise<boolean>} whether the answer was yes */
  ask(name) {
    const dialog = this.#root.querySelector(`#ask-${name}`);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) =>
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
    );
  }
}
