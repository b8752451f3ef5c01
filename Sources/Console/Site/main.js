import { session } from "./api.js";
import { announce, h, replace } from "./dom.js";
import { showForm } from "./form.js";
import { showList } from "./list.js";
import { showSignIn } from "./signin.js";
import { showSource } from "./source.js";

const main = document.getElementById("main");
const account = document.getElementById("account");
/** Ends what the view that is shown now has begun: its requests and its clocks. */
let view = new AbortController();

const routes = [
  [/^#?\/?$/, (signal) => showList(main, signal)],
  [/^#\/new$/, (signal) => showForm(main, signal)],
  [/^#\/sources\/([^/]+)$/, (signal, id) => showSource(main, signal, id)],
  [/^#\/sources\/([^/]+)\/edit$/, (signal, id) => showForm(main, signal, id)],
];

async function show() {
  view.abort();
  view = new AbortController();
  const { signal } = view;
  window.scrollTo(0, 0);
  showAccount();
  if (!session.token) {
    begin("Sign in");
    return showSignIn(main, signal, show);
  }
  for (const [pattern, open] of routes) {
    const match = pattern.exec(location.hash);
    if (match) {
      begin("Wellhead");
      return open(signal, ...match.slice(1).map((part) => decodeURIComponent(part)));
    }
  }
  location.hash = "#/";
}

/** An empty page that says that it loads, where loading takes long enough to be seen. */
function begin(title) {
  document.title = title === "Wellhead" ? title : `${title} – Wellhead`;
  replace(main, h("p", { class: "loading", role: "status" }, "Loading…"));
}

function showAccount() {
  replace(account, session.token && [
    h("a", { href: "/docs", class: "small-text" }, "API"),
    h("bdi", { class: "muted small-text account-name" }, session.name),
    h("button", { class: "small", type: "button", on: { click: signOut } }, "Sign out"),
  ]);
}

function signOut() {
  session.end();
  location.hash = "#/";
  show();
  announce("You are signed out.");
}

window.addEventListener("hashchange", show);
window.addEventListener("signedout", () => {
  show();
  announce("Your session has ended. Sign in again.");
});
show();
