// Small comforts: Escape closes menus, the bulk bar counts, the error summary takes the focus.

export function menus() {
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.et-menu[open]")) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });
  addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.et-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
}

export function selection() {
  for (const bar of document.querySelectorAll(".et-bulk")) {
    const form = bar.closest("form");
    const label = bar.querySelector(".et-auswahl");
    if (!form || !label) continue;
    const count = () => {
      const number = form.querySelectorAll(".et-pick:checked").length;
      label.textContent = number === 1 ? "1 Zeile ausgewählt" : `${number} Zeilen ausgewählt`;
      bar.hidden = number === 0;
    };
    form.addEventListener("change", count);
    addEventListener("pageshow", count);
    count();
  }
}

export function errors() {
  document.querySelector(".et-errors")?.focus();
}

// A wide diagram opens where the case stands.
export function diagrams() {
  for (const frame of document.querySelectorAll(".et-diagram")) {
    const here = frame.querySelector(".active, .incident");
    if (!here) continue;
    const box = here.getBoundingClientRect(), around = frame.getBoundingClientRect();
    frame.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
    frame.scrollTop += box.top + box.height / 2 - around.top - around.height / 2;
  }
}
