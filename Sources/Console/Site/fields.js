import { send } from "./api.js";
import { confirmation } from "./dialog.js";
import { announce, h, newID, replace } from "./dom.js";

// Controls for the fields and options of a driver, as the catalogue describes them.

/** What the service shows instead of a secret, and takes for "keep it". */
export const mask = "********";

const labels = {
  name: "Name", host: "Host", port: "Port", username: "User", password: "Password", database: "Database",
  sslMode: "Verification", sslCA: "Trusted certificates", certificate: "Client certificate", keyfile: "Client key",
  sslServerName: "Name in the certificate", sshHost: "SSH host", sshPort: "SSH port", sshUsername: "SSH user",
  sshPassword: "SSH password", sshIdentity: "SSH private key", sshTunneling: "Forwarding", sshHostKey: "SSH host key",
};

const obvious = ["port", "username", "password", "sshHost", "sshPort", "sshUsername", "sshTunneling"];

const fileLabels = { database: "File", host: "Web server" };

/** A name from the wire as words, where nobody has given it better ones: `authSource` is `Auth source`. */
function words(name) {
  const text = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  return text[0].toUpperCase() + text.slice(1);
}

export const labelOf = (name) => labels[name] ?? words(name);

/**
 * A labelled control.
 *
 * `value` is what the body gets: undefined where the field is left as it is, null where it is empty.
 */
export class Control {
  constructor(spec, { kept = false, isFile = false, signal } = {}) {
    this.spec = spec;
    this.signal = signal;
    this.isFile = isFile;
    this.name = spec.name;
    this.kept = kept;
    this.removed = false;
    this.id = newID(spec.name);
    this.problem = h("p", { class: "problem", id: `${this.id}-problem`, hidden: true });
    // What the label says already is only said to whoever cannot see the form as a whole.
    this.hint = h("p", { class: obvious.includes(spec.name) && !isFile ? "unseen" : "hint", id: `${this.id}-hint` }, this.hintText());
    this.label = h("label", { for: this.id }, (isFile && fileLabels[spec.name]) || labelOf(spec.name));
    this.input = this.makeInput();
    this.input.id = this.id;
    this.input.name = spec.name;
    this.input.setAttribute("aria-describedby", `${this.hint.id} ${this.problem.id}`);
    this.optional = h("span", { class: "optional", "aria-hidden": "true" }, "optional");
    this.input.addEventListener("input", () => this.clear());
    this.element = h("div", { class: `field field-${spec.name}` },
      h("div", { class: "label" }, this.label, this.optional, this.aside()),
      this.frame(), this.problem, this.hint);
    this.required = spec.required;
  }

  /** Whether the data source cannot be without it. */
  set required(needed) {
    if (needed) this.input.setAttribute("aria-required", "true");
    else this.input.removeAttribute("aria-required");
    // Nobody wonders whether a server wants a password.
    this.optional.hidden = needed || (this.spec.secret && !this.isFile);
  }

  hintText() { return this.spec.meaning; }
  aside() { return null; }
  frame() { return this.input; }

  makeInput() {
    const { spec } = this;
    return h("input", {
      type: "text", inputmode: spec.type === "port" ? "numeric" : null, autocomplete: "off", autocapitalize: "none",
      spellcheck: "false", placeholder: placeholder(spec),
    });
  }

  get value() {
    const text = this.input.value;
    return text === "" ? null : text;
  }

  set value(value) { this.input.value = value ?? ""; }

  setLabel(text) { this.label.textContent = text; }

  /** Marks the control as the one to change. */
  mark(message) {
    this.input.setAttribute("aria-invalid", "true");
    this.problem.textContent = message;
    this.problem.hidden = !message;
  }

  clear() {
    this.input.removeAttribute("aria-invalid");
    this.problem.textContent = "";
    this.problem.hidden = true;
  }

  focus() {
    const details = this.element.closest("details");
    if (details) details.open = true;
    this.input.focus();
  }
}

function placeholder(spec) {
  if (spec.type === "port") return /^\d+$/.test(spec.default ?? "") ? spec.default : null;
  return spec.example && !spec.example.includes("\n") ? spec.example : null;
}

/** A password: hidden, unless somebody wants to see it; a stored one is kept until another is typed. */
class SecretControl extends Control {
  makeInput() {
    return h("input", {
      type: "password", autocomplete: "new-password", spellcheck: "false",
      placeholder: this.kept ? "Stored. Type to replace it." : null,
    });
  }

  frame() {
    const toggle = h("button", {
      type: "button", class: "reveal", "aria-pressed": "false", "aria-controls": this.id,
      "aria-label": `Show ${labelOf(this.name)}`,
      on: {
        click: () => {
          const shown = this.input.type === "text";
          this.input.type = shown ? "password" : "text";
          toggle.setAttribute("aria-pressed", String(!shown));
          toggle.textContent = shown ? "Show" : "Hide";
        },
      },
    }, "Show");
    return h("div", { class: "with-button" }, this.input, toggle);
  }

  aside() { return removal(this); }
  get value() { return secretValue(this); }
  set value(value) { this.input.value = value === mask ? "" : value ?? ""; }
}

/** The stored secret stays where nothing was typed and nobody removed it. */
function secretValue(control) {
  const text = control.input.value;
  if (text !== "") return text;
  return control.kept && !control.removed ? mask : null;
}

function removal(control) {
  if (!control.kept) return null;
  const button = h("button", {
    type: "button", class: "quiet small", "aria-pressed": "false",
    on: {
      click: () => {
        control.removed = !control.removed;
        button.setAttribute("aria-pressed", String(control.removed));
        button.textContent = control.removed ? "Keep it" : "Remove";
        control.input.placeholder = control.removed ? "Will be removed." : "Stored. Type to replace it.";
      },
    },
  }, "Remove");
  button.setAttribute("aria-label", `Remove ${labelOf(control.name)}`);
  return button;
}

/** A text of several lines, such as a key: pasted, dropped on, or read from a file. */
class LinesControl extends Control {
  makeInput() {
    const input = h("textarea", {
      class: "code", rows: 4, autocomplete: "off", autocapitalize: "none", spellcheck: "false",
      placeholder: this.kept ? "Stored. Paste to replace it." : "Paste the text, or drop the file here.",
    });
    input.addEventListener("dragover", (event) => {
      event.preventDefault();
      input.classList.add("dropping");
    });
    input.addEventListener("dragleave", () => input.classList.remove("dropping"));
    input.addEventListener("drop", (event) => {
      input.classList.remove("dropping");
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      this.read(file);
    });
    return input;
  }

  aside() {
    const picker = h("input", {
      type: "file", class: "unseen", tabindex: -1, "aria-hidden": "true",
      on: { change: () => { if (picker.files[0]) this.read(picker.files[0]); picker.value = ""; } },
    });
    const button = h("button", { type: "button", class: "quiet small", on: { click: () => picker.click() } }, "Choose a file");
    button.setAttribute("aria-label", `Choose a file for ${labelOf(this.name)}`);
    return [this.spec.secret && removal(this), button, picker];
  }

  async read(file) {
    if (file.size > 262144) {
      this.mark("This file is larger than any key or certificate.");
      return;
    }
    this.input.value = await file.text();
    this.clear();
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get value() {
    if (this.spec.secret) return secretValue(this);
    return this.input.value === "" ? null : this.input.value;
  }

  set value(value) { this.input.value = value === mask ? "" : value ?? ""; }
}

/** Where a file is: its path, or a file of the reader's own, which is sent into the service's file directory. */
class PlaceControl extends Control {
  makeInput() {
    const input = super.makeInput();
    input.addEventListener("dragover", (event) => event.preventDefault());
    input.addEventListener("drop", (event) => {
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      this.upload(file);
    });
    return input;
  }

  aside() {
    const picker = h("input", {
      type: "file", class: "unseen", tabindex: -1, "aria-hidden": "true",
      on: { change: () => { if (picker.files[0]) this.upload(picker.files[0]); picker.value = ""; } },
    });
    this.button = h("button", { type: "button", class: "quiet small", on: { click: () => picker.click() } }, "Upload a file");
    return [this.button, picker];
  }

  async upload(file, replacing = false) {
    const form = new FormData();
    form.append("file", file);
    this.clear();
    this.button.disabled = true;
    announce("The file is being sent.");
    try {
      const answer = await (await send("POST", `/files${replacing ? "?replace=true" : ""}`, { body: form, signal: this.signal })).json();
      this.input.value = answer.files[0].database;
      this.input.dispatchEvent(new Event("input", { bubbles: true }));
      announce(`${answer.files[0].name} is there.`);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 409 && !replacing) {
        const sure = await confirmation({
          title: `Replace ${file.name}?`, action: "Replace",
          message: "A file of this name is there already. Data sources that read it will read the new one.",
        });
        if (sure && !this.signal?.aborted) await this.upload(file, true);
      } else {
        this.mark(error.message);
      }
    } finally {
      this.button.disabled = false;
    }
  }
}

/** One of a few words. */
class ChoiceControl extends Control {
  constructor(spec, settings) {
    super(spec, settings);
    this.value = null;
  }

  entries() {
    const standard = this.spec.default === null || this.spec.default === undefined ? "Default" : `Default (${this.spec.default})`;
    return [["", standard], ...this.spec.values.map((value) => [value, value])];
  }

  makeInput() {
    return h("select", {}, this.entries().map(([value, text]) => h("option", { value }, text)));
  }

  set value(value) { this.input.value = value === null || value === undefined ? "" : String(value); }
  get value() { return this.input.value === "" ? null : this.input.value; }
}

/** True or false. */
class FlagControl extends ChoiceControl {
  entries() {
    const standard = this.spec.default;
    const said = this.name === "sshTunneling"
      ? {
        true: this.isFile ? "Forward to the web server" : "The SSH host forwards",
        false: this.isFile ? "Read the file there by SFTP" : "It does not forward: use a relay command",
      }
      : { true: "Yes", false: "No" };
    if (typeof standard === "boolean") return [String(standard), String(!standard)].map((value) => [value, said[value]]);
    return [["", "Default"], ["true", said.true], ["false", said.false]];
  }

  set value(value) {
    this.input.value = value === null || value === undefined ? String(this.spec.default ?? "") : String(value);
  }

  get value() { return this.input.value === "" ? null : this.input.value === "true"; }
}

/** The control for a field. */
export function makeControl(spec, settings) {
  if (spec.name === "database" && settings.isFile) return new PlaceControl(spec, settings);
  if (spec.multiline) return new LinesControl(spec, settings);
  if (spec.type === "secret") return new SecretControl(spec, settings);
  if (spec.type === "flag") return new FlagControl(spec, settings);
  if (spec.values?.length > 0) return new ChoiceControl(spec, settings);
  return new Control(spec, settings);
}

class OptionControl extends Control {
  hintText() {
    const { spec } = this;
    const bounds = spec.type === "number" ? ` ${spec.minimum} to ${spec.maximum}${spec.unit ? ` ${spec.unit}` : ""}.` : "";
    return `${spec.meaning}${bounds}`;
  }

  makeInput() {
    const { spec } = this;
    const words = spec.type === "character" && spec.values.length > 0 ? spec.values : null;
    return h("input", {
      type: "text", inputmode: spec.type === "number" ? "numeric" : null, autocomplete: "off", autocapitalize: "none",
      spellcheck: "false", placeholder: spec.default === "" ? null : String(spec.default), list: words && `${this.id}-words`,
    });
  }

  frame() {
    const { spec } = this;
    if (spec.type !== "character" || spec.values.length === 0) return this.input;
    return [this.input, h("datalist", { id: `${this.id}-words` }, spec.values.map((value) => h("option", { value })))];
  }

  get value() {
    const text = this.input.value;
    if (text === "") return null;
    return this.spec.type === "number" && /^-?\d+$/.test(text) ? Number(text) : text;
  }

  set value(value) { this.input.value = value ?? ""; }
}

/** The control for one of a driver's options. */
export function makeOption(option) {
  const spec = { ...option, required: false, secret: false };
  if (option.type === "choice") return new ChoiceControl(spec);
  if (option.type === "flag") return new FlagControl({ ...spec, default: null });
  return new OptionControl(spec);
}

/** A group of radio buttons. */
export function radios({ legend, name, entries, value, onchange, style = "cards", hideLegend = false }) {
  const group = h("div", { class: style });
  const fieldset = h("fieldset", { class: "choice" }, h("legend", { class: hideLegend ? "unseen" : null }, legend), group);
  replace(group, entries.map((entry) => h("label", { class: style === "segments" ? "segment" : "card-choice" },
    h("input", { type: "radio", name, value: entry.value, checked: entry.value === value, on: { change: () => onchange(entry.value) } }),
    h("span", {}, h("span", { class: "choice-label" }, entry.label), entry.hint && h("span", { class: "choice-hint" }, entry.hint)))));
  return fieldset;
}
