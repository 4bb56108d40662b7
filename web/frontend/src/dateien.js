// Files that are too big are refused before they are sent: what was typed stays on the page.
const MIB = 1024 * 1024;
const inMb = (size) => `${(size / MIB).toFixed(1).replace(/\.0$/, "").replace(".", ",")} MB`;

export function fileSizes(form) {
  const each = Number(document.body.dataset.dateiMax), all = Number(document.body.dataset.gesamtMax);
  const inputs = () => [...form.querySelectorAll('input[type="file"]')];
  if (!each || !all) return;

  const tell = (input, sentence) => {
    const box = input.closest(".kern-form-input");
    const id = `${input.id}-groesse`;
    let words = document.getElementById(id);
    box?.classList.toggle("kern-form-input--error", Boolean(sentence) || Boolean(box.querySelector(`.kern-error:not(#${CSS.escape(id)})`)));
    input.classList.toggle("kern-form-input__input--error", Boolean(sentence));
    const described = new Set((input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
    if (!sentence) {
      words?.remove();
      described.delete(id);
      input.removeAttribute("aria-invalid");
    } else {
      if (!words) {
        words = document.createElement("p");
        words.className = "kern-error";
        words.id = id;
        words.setAttribute("role", "alert");
        const icon = document.createElement("span");
        icon.className = "kern-icon kern-icon--danger";
        icon.setAttribute("aria-hidden", "true");
        const body = document.createElement("span");
        body.className = "kern-body";
        words.append(icon, body);
        (box ?? input.parentElement).append(words);
      }
      words.lastChild.textContent = sentence;
      described.add(id);
      input.setAttribute("aria-invalid", "true");
    }
    if (described.size) input.setAttribute("aria-describedby", [...described].join(" "));
    else input.removeAttribute("aria-describedby");
  };

  // The first field that is too much; null if everything may be sent.
  const check = () => {
    let wrong = null;
    let together = 0;
    for (const input of inputs()) {
      const big = [...input.files].find((file) => file.size > each);
      together += [...input.files].reduce((sum, file) => sum + file.size, 0);
      tell(input, big && `„${big.name}“ ist ${inMb(big.size)} groß. Eine Datei darf höchstens ${inMb(each)} groß sein. Verkleinern Sie die Datei oder wählen Sie eine andere.`);
      if (big) wrong ??= input;
    }
    if (!wrong && together > all) {
      const size = (input) => [...input.files].reduce((sum, file) => sum + file.size, 0);
      wrong = inputs().sort((a, b) => size(b) - size(a))[0];
      tell(wrong, `Ihre Dateien sind zusammen ${inMb(together)} groß. Auf einmal gehen höchstens ${inMb(all)}. Laden Sie die Dateien einzeln hoch: eine auswählen, „Hochladen“, dann die nächste.`);
    }
    return wrong;
  };

  form.addEventListener("change", (event) => { if (event.target.type === "file") check(); });
  // While the event goes down: a page that is not sent must not stop saving drafts.
  form.addEventListener("submit", (event) => {
    const wrong = check();
    if (!wrong) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wrong.focus();
  }, { capture: true });
}
