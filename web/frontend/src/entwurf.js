// Saves what is typed into a task as a draft: a moment after the last change, and when the page is left.
const WAIT = 1500;
const LONGEST_WAIT = 10000;

export function autosave(form) {
  const status = form.querySelector(".et-saved");
  const token = document.body.dataset.csrf;
  let timer = 0;
  let first = 0;       // when the oldest change that is not saved was made
  let running = false;
  let submitted = false;

  const body = () => {
    const data = new FormData(form);
    for (const name of [...data.keys()]) if (name.startsWith("_") && name !== "_liste") data.delete(name);  // buttons, token, files
    return new URLSearchParams(data);
  };

  async function save(leaving = false) {
    clearTimeout(timer);
    timer = 0;
    if (submitted || (running && !leaving)) return;
    running = true;
    const since = first;
    first = 0;
    try {
      const answer = await fetch(form.dataset.entwurf, {
        method: "POST", body: body(), keepalive: leaving, headers: { "X-CSRF-Token": token, "Accept": "application/json" } });
      if (answer.ok && answer.headers.get("content-type")?.startsWith("application/json")) {
        status.textContent = (await answer.json()).satz;
      } else {
        status.textContent = answer.status === 409
          ? "Diese Aufgabe ist nicht mehr offen. Ihre Eingaben sehen Sie beim Abschließen noch einmal."
          : "Der Entwurf konnte nicht gespeichert werden. Bitte laden Sie die Seite nicht neu und versuchen Sie „Speichern und später weiter“.";
      }
    } catch {
      first = first || since;
      status.textContent = "Keine Verbindung. Wir versuchen es weiter, sobald Sie schreiben.";
    } finally {
      running = false;
      if (first && !timer) timer = setTimeout(save, WAIT);
    }
  }

  form.addEventListener("input", () => {
    const now = Date.now();
    first = first || now;
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(WAIT, first + LONGEST_WAIT - now)));
  });
  form.addEventListener("submit", () => { submitted = true; clearTimeout(timer); });
  addEventListener("pagehide", () => { if (first) save(true); });
  addEventListener("pageshow", () => { submitted = false; });
}
