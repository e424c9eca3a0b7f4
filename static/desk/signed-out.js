// What ended this page's desk for good: said over an empty page, so that no customer's words are left to read.

/**
 * Say why, and lead to the sign-in page.
 * @param {string} reason one of those of `kicked`
 * @param {(name: string) => string} say
 * @param {string} address of the sign-in page
 */
export function showSignedOut(reason, say, address) {
  const dialog = document.getElementById("kicked");
  for (const other of document.querySelectorAll("dialog[open]")) if (other !== dialog) other.close();
  document.body.classList.add("signed-out");
  dialog.querySelector("h2").textContent = say(`kicked_${reason}`);
  dialog.querySelector("p").textContent = say(`kicked_${reason}_text`);
  const button = dialog.querySelector("button");
  // Who can't come in at once is not told to.
  if (reason === "forced_offline" || reason === "deleted") button.textContent = say("to_sign_in");
  button.addEventListener("click", () => location.assign(address));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  if (!dialog.open) dialog.showModal();
}
