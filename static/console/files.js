// Import and export of files: the chosen file's name, and how far a job is.

const place = document.querySelector(".drop");
if (place) takeFiles(place);

const job = document.querySelector("[data-progress]");
if (job) follow(job);

/** Names the chosen file, takes one that is dropped, and says that it is on its way. */
function takeFiles(drop) {
  const input = drop.querySelector("input");
  const name = drop.querySelector(".drop-name");
  const action = drop.querySelector("b");
  const show = () => {
    const [file] = input.files;
    name.textContent = file ? file.name : "";
    // Larger ones would be cut off on their way.
    input.setCustomValidity(file && file.size > Number(input.dataset.most) ? input.dataset.tooLarge : "");
    if (file) action.textContent = action.dataset.chosen;
    drop.querySelector(".drop-here").hidden = Boolean(file);
  };
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) input.addEventListener(kind, () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) input.addEventListener(kind, () => drop.classList.remove("over"));
  input.form.addEventListener("submit", () => {
    const button = input.form.querySelector("[data-busy]");
    button.textContent = button.dataset.busy;
    button.disabled = true;
  });
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  show();
}

/** Renews the bar until the job is in another state, then shows the page of that state. */
async function follow(article) {
  const bar = article.querySelector("progress");
  const figure = article.querySelector(".figure");
  const begun = Date.now();
  for (;;) {
    await new Promise((done) => { setTimeout(done, document.hidden ? 3000 : 500); });
    try {
      const answer = await fetch(article.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 404) return location.reload();
      if (!answer.ok) continue;
      const { state, share, has_begun: hasBegun } = await answer.json();
      if (state !== article.dataset.state) return location.reload();
      bar.value = share * 100;
      figure.textContent = `${Math.round(share * 100)} %`;
      article.querySelector("[data-waiting]").hidden = hasBegun || Date.now() - begun < 5000;
    } catch (error) {
      // No connection: the next look finds out.
    }
  }
}
