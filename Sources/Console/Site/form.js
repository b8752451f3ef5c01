import { drivers, send, sourcePath } from "./api.js";
import { announce, h, refusalNote, replace } from "./dom.js";
import { parseAddress } from "./address.js";
import { confirmation } from "./dialog.js";
import { labelOf, makeControl, makeOption, mask, radios } from "./fields.js";
import { PathView } from "./path.js";
import { allowed, answersOf, flags, isUsed, labelFor, neededFields, questions } from "./scheme.js";
import { showVerdict, watch } from "./testing.js";

const fingerprint = /SHA256:[A-Za-z0-9+/]{43}/;
/** Fields that have a place of their own in the form, or are decided by a choice. */
const placed = ["driver", "name", "ssl", "ssh", "options"];
/** Fields that few need: folded away until they hold something. */
const rare = ["sslMode", "sslServerName", "sshTunneling", "sshHostKey"];

/** The form for a new data source, or for one that there is. */
export async function showForm(main, signal, id) {
  try {
    const all = await drivers();
    let record = null, tag = null;
    if (id) {
      const response = await send("GET", sourcePath(id), { signal });
      [record, tag] = [await response.json(), response.headers.get("ETag")];
    }
    if (!signal.aborted) new SourceForm(main, signal, all, record, tag).show();
  } catch (error) {
    if (error.name !== "AbortError") replace(main, h("h1", { tabindex: -1 }, "This form cannot be shown"), refusalNote(error));
  }
}

class SourceForm {
  constructor(main, signal, all, record, tag) {
    Object.assign(this, { main, signal, all, record, tag });
    this.path = new PathView();
    this.outcome = h("div", { class: "outcome" });
    this.controls = new Map();
    this.options = new Map();
    this.body = h("div", { class: "stack-wide" });
    this.running = null;
  }

  show() {
    const title = this.record ? `Edit ${this.record.name}` : "New data source";
    document.title = `${title} – Wellhead`;
    const heading = h("h1", { tabindex: -1 }, title);
    this.testButton = h("button", { type: "button", on: { click: () => this.test() } }, "Test");
    this.saveButton = h("button", { type: "submit", class: "primary" }, this.record ? "Test and save" : "Save and connect");
    this.stopButton = h("button", { type: "button", hidden: true, on: { click: () => this.running?.abort() } }, "Stop");
    const back = this.record ? `#/sources/${encodeURIComponent(this.record.id)}` : "#/";
    replace(this.main,
      h("p", { class: "crumb" }, h("a", { href: back }, this.record ? "Back to the data source" : "All data sources")),
      h("div", { class: "head" }, heading),
      h("div", { class: "two" },
        h("form", { class: "stack-wide", novalidate: true, "aria-label": title, on: { submit: (event) => { event.preventDefault(); this.save(); }, input: () => this.changed() } },
          !this.record && this.addressField(), this.driverChoice(), this.body,
          h("div", { class: "actions bottom" }, !this.record && this.testButton, this.saveButton, this.stopButton,
            h("a", { class: "button", href: back }, "Cancel"))),
        h("section", { class: "card side", "aria-label": "The path to the data source" }, this.path.element, this.outcome)));
    const driver = this.all.find((one) => one.driver === this.record?.driver) ?? this.all.find((one) => one.port) ?? this.all[0];
    this.choose(driver, this.record ? answersOf(this.record) : { route: "direct", login: "key" });
    heading.focus();
  }

  // The address

  addressField() {
    const note = h("p", { class: "hint", id: "address-note", role: "status" }, "postgres://, mysql://, mongodb://, jdbc:sqlserver:// … The form below is filled from it.");
    const input = h("input", { id: "address", class: "code", type: "text", autocomplete: "off", spellcheck: "false", placeholder: "postgres://reader:secret@db.example.com/shop", "aria-describedby": "address-note" });
    const read = () => {
      const found = parseAddress(input.value, this.all);
      if (!found) {
        note.textContent = input.value.trim() ? "This is no connection URL of a driver that there is." : "Paste a connection URL first.";
        return;
      }
      // It may hold a password, which should not stand there for all to see.
      input.value = "";
      this.fill(found);
      const names = [...Object.keys(found.fields), ...Object.keys(found.options)].map(labelOf);
      note.textContent = `Filled: ${[found.driver.name, ...names].join(", ")}.${found.unused.length > 0 ? ` Not used: ${found.unused.join(", ")}.` : ""}`;
    };
    input.addEventListener("paste", () => setTimeout(read));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        read();
      }
    });
    return h("div", { class: "field address" }, h("div", { class: "label" }, h("label", { for: "address" }, "Paste a connection URL"), h("span", { class: "optional", "aria-hidden": "true" }, "optional")),
      h("div", { class: "with-button" }, input, h("button", { type: "button", class: "fill", on: { click: read } }, "Fill")), note);
  }

  fill({ driver, fields, options, encryption }) {
    this.choose(driver, encryption ? { ...this.wanted, encryption } : this.wanted);
    for (const [name, value] of Object.entries(fields)) {
      const control = this.controls.get(name);
      if (control) control.value = value;
      if (control && rare.includes(name)) control.element.closest("details")?.setAttribute("open", "");
    }
    for (const [name, value] of Object.entries(options)) {
      const control = this.options.get(name);
      if (control) {
        control.value = value;
        control.element.closest("details").open = true;
      }
    }
    this.changed();
  }

  // The driver and the scheme

  driverChoice() {
    if (this.record) return null;
    this.driverGroup = radios({
      legend: "Driver", name: "driver", value: null, style: "cards drivers",
      entries: this.all.map((driver) => ({ value: driver.driver, label: driver.name, hint: driver.port ? `Port ${driver.port}` : "A file" })),
      onchange: (value) => this.choose(this.all.find((one) => one.driver === value), this.wanted),
    });
    return this.driverGroup;
  }

  /** Builds the form of a driver; what was typed goes along. */
  choose(driver, answers) {
    this.driver = driver;
    this.asked = questions(driver);
    // What a driver does not allow is remembered for one that does.
    this.wanted = answers;
    // A server is asked for TLS where nobody has said otherwise.
    this.answers = allowed({ encryption: driver.port === null ? "none" : "tls", ...answers }, this.asked);
    const typed = new Map([...this.controls].map(([name, control]) => [name, control.input.value]));
    const button = this.driverGroup?.querySelector(`input[value="${CSS.escape(driver.driver)}"]`);
    if (button) button.checked = true;
    this.controls.clear();
    this.options.clear();
    for (const spec of driver.fields) {
      if (placed.includes(spec.name) && spec.name !== "name") continue;
      const stored = this.record?.[spec.name];
      const control = makeControl(spec, { kept: stored === mask, isFile: driver.port === null, signal: this.signal });
      if (stored !== undefined) control.value = stored;
      else if (typed.get(spec.name)) control.input.value = typed.get(spec.name);
      this.controls.set(spec.name, control);
    }
    for (const option of driver.options) {
      const control = makeOption(option);
      const stored = this.record?.options?.[option.name];
      if (stored !== undefined) control.value = stored;
      this.options.set(option.name, control);
    }
    this.build();
  }

  build() {
    const { driver } = this;
    const element = (name) => this.controls.get(name)?.element;
    const of = (test) => driver.fields.filter((spec) => !placed.includes(spec.name) && test(spec)).map((spec) => spec.name);
    // Where a file is depends on whether the SSH host forwards.
    const isRare = (name) => rare.includes(name) && !(name === "sshTunneling" && driver.port === null);
    const folded = (list, title) => {
      const rares = list.filter(isRare);
      return rares.length > 0 && h("details", { open: rares.some((name) => this.isSet(name)) }, h("summary", {}, title), h("div", { class: "grid" }, rares.map(element)));
    };
    const plain = (list) => h("div", { class: "grid" }, list.filter((name) => !isRare(name)).map(element));
    const tls = of((spec) => spec.depends_on === "ssl"), ssh = of((spec) => spec.depends_on === "ssh");
    const ask = (name, legend, entries, style) => entries.length > 1 && radios({
      legend, name, entries, value: this.answers[name], style,
      onchange: (value) => {
        this.wanted = { ...this.wanted, [name]: value };
        this.answers = allowed({ ...this.answers, ...this.wanted }, this.asked);
        this.refreshScheme();
      },
    });
    this.tlsPart = h("div", { class: "stack" }, plain(tls), folded(tls, "More about TLS"));
    this.sshPart = h("div", { class: "stack" },
      plain(ssh.filter((name) => ["sshHost", "sshPort", "sshUsername"].includes(name))),
      ask("login", "How Wellhead logs in there", this.asked.login, "segments"),
      plain(ssh.filter((name) => !["sshHost", "sshPort", "sshUsername"].includes(name))), folded(ssh, "More about the SSH host"));
    this.encryptionPlace = h("div");
    replace(this.body,
      section(driver.port ? "Where it is" : "The file", h("div", { class: "grid" }, of((spec) => !["ssl", "ssh"].includes(spec.depends_on)).map(element)), h("div", { class: "grid" }, element("name"))),
      this.asked.route.some(({ value }) => value === "ssh") && section("The way there", ask("route", "How Wellhead gets there", this.asked.route, "cards"), this.sshPart),
      [...this.asked.encryption.direct, ...this.asked.encryption.ssh].some(({ value }) => value !== "none") && section("Encryption", this.encryptionPlace, this.tlsPart),
      driver.options.length > 0 && h("section", { class: "card part" }, h("details", { open: [...this.options.values()].some((control) => control.value !== null && this.record) },
        h("summary", {}, h("h2", {}, "Options")), h("div", { class: "grid" }, [...this.options.values()].map((control) => control.element)))));
    this.ask = ask;
    this.refreshScheme(true);
  }

  isSet(name) {
    const value = this.record?.[name];
    const standard = this.driver.fields.find((spec) => spec.name === name)?.default;
    return value !== undefined && value !== null && value !== standard;
  }

  /** Shows the fields of the scheme that is chosen, and only these. */
  refreshScheme(rebuild = false) {
    const { answers, asked } = this;
    const offered = asked.encryption[answers.route] ?? [];
    const drawn = this.encryptionPlace.querySelectorAll("input").length;
    if (rebuild || drawn !== offered.length) replace(this.encryptionPlace, this.ask("encryption", "Encryption to the data source", offered, "cards"));
    const chosen = this.encryptionPlace.querySelector(`input[value="${answers.encryption}"]`);
    if (chosen) chosen.checked = true;
    this.sshPart.hidden = answers.route !== "ssh";
    this.tlsPart.hidden = answers.encryption === "none";
    const needed = neededFields(this.driver, answers);
    for (const [name, control] of this.controls) {
      control.required = control.spec.required || needed.includes(name);
      control.element.hidden = !isUsed(control.spec, answers);
      const label = labelFor(name, answers);
      if (label) control.setLabel(label);
    }
    this.changed(true);
  }

  /** What was seen belongs to what the form said before. A verdict stays while somebody mends what it names. */
  changed(entirely = false) {
    if (this.running) return;
    this.seenKey = null;
    this.outcome.querySelector(".approval")?.remove();
    if (entirely) replace(this.outcome);
    if (entirely || this.path.element.dataset.state !== "failed") {
      if (this.path.element.dataset.state === "passed") replace(this.outcome);
      this.plan();
    }
  }

  plan() {
    const record = Object.fromEntries([...this.controls].map(([name, control]) => [name, control.element.hidden ? null : control.value]));
    this.path.plan(this.driver, { ...record, ...flags(this.answers) });
  }

  // What is sent

  fields() {
    const body = { driver: this.driver.driver };
    const set = flags(this.answers);
    for (const flag of ["ssl", "ssh"]) {
      if (this.driver.fields.some((spec) => spec.name === flag)) body[flag] = set[flag];
    }
    for (const [name, control] of this.controls) {
      const used = isUsed(control.spec, this.answers);
      const value = used ? control.value : null;
      // What is not of use is left out, or taken from the record that had it.
      if (value !== null || this.record) body[name] = value;
    }
    // The stored key went with the host that it was of: the new host's is pinned.
    if (this.hasMoved()) body.sshHostKey = null;
    const options = {};
    for (const [name, control] of this.options) if (control.value !== null) options[name] = control.value;
    if (Object.keys(options).length > 0 || this.record) body.options = options;
    return body;
  }

  async run(method, where, headers) {
    for (const control of [...this.controls.values(), ...this.options.values()]) control.clear();
    this.plan();
    replace(this.outcome, h("p", { class: "muted" }, "Testing…"));
    this.running = new AbortController();
    const stop = () => this.running?.abort();
    this.signal.addEventListener("abort", stop);
    this.busy(true);
    this.path.element.scrollIntoView({ block: "nearest" });
    announce("The test runs.");
    try {
      return await watch(this.path, method, where, {
        body: this.fields(), headers, signal: this.running.signal, onStage: (entry) => this.seen(entry),
      });
    } catch (error) {
      if (this.signal.aborted) return null;
      this.path.finish(false, error.body?.error?.stage ?? "validate");
      if (error.name === "AbortError") return { name: "error", data: { code: 0, message: "The test was stopped." } };
      return { name: "error", data: error.body ?? { code: error.status, message: error.message } };
    } finally {
      this.signal.removeEventListener("abort", stop);
      this.running = null;
      this.busy(false);
    }
  }

  busy(on) {
    this.testButton.disabled = this.saveButton.disabled = on;
    this.stopButton.hidden = !on;
  }

  seen({ stage, ok, detail }) {
    const value = fingerprint.exec(detail)?.[0];
    if (stage === "ssh_host_key" && ok && value) this.seenKey = { text: detail.split(",")[0], value };
  }

  async test() {
    const outcome = await this.run("POST", "/datasources/test");
    if (!outcome) return;
    this.tell(outcome);
    if (outcome.data.ok && this.needsApproval() && this.seenKey) this.outcome.append(this.approval("Trust this key", () => {}));
  }

  async save() {
    if (this.record) return this.change();
    if (this.needsApproval()) {
      // Nobody has said whether the SSH host is the right one: its key is shown before anything is stored.
      if (!this.seenKey) {
        const outcome = await this.run("POST", "/datasources/test");
        if (!outcome) return undefined;
        this.tell(outcome);
        if (!outcome.data.ok || !this.seenKey) return undefined;
      }
      const panel = this.approval("Trust this key and save", () => this.store("POST", "/datasources"));
      this.outcome.querySelector(".approval")?.remove();
      this.outcome.append(panel);
      panel.querySelector("button").focus();
      return undefined;
    }
    return this.store("POST", "/datasources");
  }

  /** Stores a change. A test without storing has no stored secrets, so that a key cannot be shown before it is pinned. */
  async change() {
    if (this.needsApproval()) {
      const host = this.controls.get("sshHost").value ?? "the SSH host";
      const sure = await confirmation({
        title: `Pin the key that ${host} shows?`, action: "Pin and save",
        message: "Nobody has said which key the SSH host has. Wellhead pins the one that it shows while the change is tested, and logs in there with it. To compare first, cancel and enter the host’s key below More about the SSH host.",
      });
      if (!sure || this.signal.aborted) return undefined;
    }
    return this.store("PUT", sourcePath(this.record.id), this.tag ? { "If-Match": this.tag } : {});
  }

  async store(method, where, headers) {
    const outcome = await this.run(method, where, headers);
    if (!outcome) return;
    if (outcome.name === "record") {
      announce(`${outcome.data.name} is connected.`);
      location.hash = `#/sources/${encodeURIComponent(outcome.data.id)}`;
      return;
    }
    this.tell(outcome);
  }

  // The SSH host's key

  needsApproval() {
    return this.answers.route === "ssh" && (!this.controls.get("sshHostKey")?.value || this.hasMoved());
  }

  /** Whether the SSH host is another one than the one whose stored key still stands in the form. */
  hasMoved() {
    const stored = this.record?.sshHostKey;
    if (!stored || this.answers.route !== "ssh" || this.controls.get("sshHostKey")?.value?.trim() !== stored.trim()) return false;
    return ["sshHost", "sshPort"].some((name) => this.controls.get(name).value !== (this.record[name] ?? null));
  }

  approval(action, then) {
    const { text, value } = this.seenKey;
    const panel = h("section", { class: "approval", "aria-label": "The SSH host’s key" },
      h("h3", {}, "Is this the SSH host’s key?"),
      h("p", { class: "mono wrap key" }, text),
      h("p", { class: "small-text" }, "Compare it with what the host itself says: ", h("code", {}, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"), ". From then on Wellhead connects to no other."),
      h("button", {
        type: "button", class: "primary", on: {
          click: () => {
            this.controls.get("sshHostKey").value = value;
            panel.remove();
            announce("The key is trusted.");
            this.saveButton.focus();
            then();
          },
        },
      }, action));
    return panel;
  }

  // What went wrong

  tell(outcome) {
    const failure = outcome.data.error;
    const suspects = failure ? this.suspects(failure) : [];
    for (const { control, message } of suspects) control.mark(message);
    showVerdict(this.outcome, outcome, {
      // The key itself is asked about.
      untold: ["host_key_pinned"],
      fieldLinks: () => suspects.length > 0 && h("p", { class: "links" }, suspects.map(({ control }) => h("button", {
        type: "button", class: "small", on: { click: () => control.focus() },
      }, `Change ${control.label.textContent}`))),
    });
  }

  /** The controls that a failure is about: those that it lists, or those that its hint names. */
  suspects(failure) {
    const find = (name) => {
      const control = this.controls.get(name) ?? this.options.get(name.replace(/^options\./, ""));
      return control && !control.element.hidden ? control : null;
    };
    if (failure.fields?.length > 0) {
      return failure.fields.map(({ field, message }) => ({ control: find(field), message })).filter(({ control }) => control);
    }
    const named = [...new Set((failure.hint ?? "").match(/[A-Za-z]+/g) ?? [])];
    // "Set sshPort; its usual port is 22" is about one field.
    const isPart = (name) => named.includes(`ssh${name[0].toUpperCase()}${name.slice(1)}`);
    return named.filter((name) => !isPart(name)).map((name) => ({ control: find(name), message: "" })).filter(({ control }) => control);
  }
}

function section(title, ...children) {
  return h("section", { class: "card part" }, h("h2", {}, title), children);
}
