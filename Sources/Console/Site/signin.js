import { send, session } from "./api.js";
import { h, newID, refusalNote, replace } from "./dom.js";

/** Signs in with a token, or with a user's name and password. */
export function showSignIn(main, signal, done) {
  const problem = h("div");
  const body = h("div", { class: "stack" });
  const ways = { token: tokenFields(), user: userFields() };
  let way = "token";

  const choice = (value, label) => h("label", { class: "segment" },
    h("input", {
      type: "radio", name: "way", value, checked: value === way,
      on: { change: () => { way = value; replace(body, ways[way].element); replace(problem); } },
    }), h("span", {}, label));

  async function submit(event) {
    event.preventDefault();
    replace(problem);
    button.disabled = true;
    try {
      const { token, name } = await ways[way].token(signal);
      // A token that lists nothing is none.
      await send("GET", "/datasources/count", { token, signal });
      session.begin(token, name);
      done();
    } catch (error) {
      if (error.name === "AbortError") return;
      button.disabled = false;
      if (error.status === 403) error.message = ways[way].refused;
      replace(problem, refusalNote(error));
      ways[way].first.focus();
    }
  }

  const button = h("button", { class: "primary wide", type: "submit" }, "Sign in");
  replace(body, ways[way].element);
  replace(main, h("section", { class: "card signin" },
    h("h1", { tabindex: -1 }, "Sign in"),
    h("p", { class: "muted" }, "Create, test and connect your data sources."),
    h("form", { class: "stack", novalidate: true, on: { submit } },
      h("fieldset", {}, h("legend", { class: "unseen" }, "Sign in with"),
        h("div", { class: "segments" }, choice("token", "Token"), choice("user", "User"))),
      body, problem, button)));
}

function tokenFields() {
  const id = newID("token"), hintID = newID("hint");
  const input = h("input", { id, type: "password", class: "code", autocomplete: "off", spellcheck: "false", "aria-describedby": hintID, required: true });
  return {
    element: h("div", { class: "field" }, h("label", { for: id }, "Token"), input,
      h("p", { class: "hint", id: hintID }, "The admin’s token is in ", h("code", {}, "admin.token"), " in the service’s data directory.")),
    first: input,
    refused: "This token does not hold: it is mistyped, expired or revoked.",
    async token() { return { token: input.value.trim() || "none", name: "" }; },
  };
}

function userFields() {
  const userID = newID("user"), passwordID = newID("password");
  const user = h("input", { id: userID, autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { id: passwordID, type: "password", autocomplete: "current-password", required: true });
  return {
    element: h("div", { class: "stack" },
      h("div", { class: "field" }, h("label", { for: userID }, "User"), user),
      h("div", { class: "field" }, h("label", { for: passwordID }, "Password"), password)),
    first: user,
    refused: "No user has this name and password.",
    async token(signal) {
      const response = await send("POST", "/auth/local", { body: { user: user.value, password: password.value }, token: null, signal });
      const login = await response.json();
      return { token: login.jwt, name: login.user };
    },
  };
}
