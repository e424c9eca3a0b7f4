// Questions that must be answered before something is done.

export class Dialogs {
  /** Ask with the page's <dialog id="ask-NAME">. @param {string} name @returns {Promise<boolean>} whether the answer was yes */
  ask(name) {
    const dialog = document.getElementById(`ask-${name}`);
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) =>
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
    );
  }
}
