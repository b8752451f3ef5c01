// The reader of /openapi.json: what the document says, as a page. Everything here comes from the document itself.

import { get, session } from "./api.js";
import { h, refusalNote, replace } from "./dom.js";
import { operationPart } from "./operation.js";
import { showSignIn } from "./signin.js";

const main = document.getElementById("main");
let view = new AbortController();

async function show() {
  view.abort();
  view = new AbortController();
  const { signal } = view;
  if (!session.token) return showSignIn(main, signal, show);
  replace(main, h("p", { class: "loading", role: "status" }, "Loading…"));
  try {
    const document = await get("/openapi.json", { signal });
    if (signal.aborted) return;
    showDocument(document);
  } catch (error) {
    if (error.name !== "AbortError" && session.token) replace(main, refusalNote(error));
  }
}

/** The calls of a document in its own order: method, path, operation, and the parameters that all calls of a path share. */
function calls(document) {
  return Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item)
    .filter(([method]) => method !== "parameters")
    .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation, shared: item.parameters ?? [] })));
}

function showDocument(document) {
  const all = calls(document);
  const entries = [];
  const groups = document.tags.map((tag) => {
    const own = all.filter((call) => call.operation.tags?.includes(tag.name));
    const links = own.map((call) => {
      const link = h("li", {}, h("a", { href: `#${call.operation.operationId}` },
        h("span", { class: "method", dataset: { method: call.method } }, call.method), h("span", { class: "path" }, call.path)));
      const part = operationPart(call, document);
      entries.push({ link, part, words: `${call.method} ${call.path} ${call.operation.summary ?? ""}`.toLowerCase() });
      return { link, part };
    });
    return {
      menu: h("div", { class: "menu-group" }, h("h2", {}, tag.name), h("ul", {}, links.map((each) => each.link))),
      body: h("section", { class: "group" }, h("h2", {}, tag.description.replace(/\.$/, "")), links.map((each) => each.part)),
      links,
    };
  });
  const none = h("p", { class: "muted", hidden: true }, "No call has these words.");
  const filter = h("input", {
    type: "search", id: "filter", placeholder: "Filter the calls", "aria-label": "Filter the calls", autocomplete: "off",
    on: { input: () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const entry of entries) {
        entry.link.hidden = entry.part.hidden = !words.every((word) => entry.words.includes(word));
      }
      for (const group of groups) {
        group.menu.hidden = group.body.hidden = group.links.every((each) => each.link.hidden);
      }
      none.hidden = groups.some((group) => !group.body.hidden);
    } },
  });
  replace(main, h("div", { class: "reader" },
    h("nav", { class: "menu", "aria-label": "Calls" }, filter, groups.map((group) => group.menu)),
    h("div", { class: "calls" },
      h("h1", { tabindex: -1 }, `${document.info.title} API`),
      h("p", {}, document.info.description),
      h("p", { class: "small-text muted" }, `OpenAPI ${document.openapi}, version ${document.info.version}. `,
        "Programs read the same at ", h("code", {}, "/openapi.json"), "."),
      none, groups.map((group) => group.body))));
  // The page was empty when the browser looked for the address's target.
  if (location.hash.length > 1) globalThis.document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

window.addEventListener("signedout", show);
show();
