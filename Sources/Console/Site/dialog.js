import { h, newID } from "./dom.js";

/**
 * Asks before something that cannot be undone. The browser keeps the focus inside, and Escape means no.
 *
 * @returns whether it was confirmed
 */
export function confirmation({ title, message, action }) {
  return new Promise((resolve) => {
    const titleID = newID("dialog"), textID = newID("dialog");
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": titleID, "aria-describedby": textID },
      h("h2", { id: titleID, class: "wrap" }, title),
      h("p", { id: textID, class: "wrap" }, message),
      h("div", { class: "actions end" },
        h("button", { type: "button", autofocus: true, on: { click: () => dialog.close("no") } }, "Cancel"),
        h("button", { type: "button", class: "danger solid", "data-confirm": true, on: { click: () => dialog.close("yes") } }, action)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
