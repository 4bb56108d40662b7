// Everything here is an enhancement: every page works without JavaScript.
import "htmx.org";
import { fileSizes } from "./dateien.js";
import { autosave } from "./entwurf.js";
import { menus, selection, errors, diagrams } from "./seite.js";

for (const form of document.querySelectorAll('form[enctype="multipart/form-data"]')) fileSizes(form);  // first: it may stop sending
for (const form of document.querySelectorAll("form[data-entwurf]")) autosave(form);
menus();
selection();
errors();
diagrams();
