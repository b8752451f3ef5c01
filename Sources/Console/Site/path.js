import { h, replace, setText } from "./dom.js";
import { address, duration, stageName } from "./text.js";

const firstHop = ["validate", "resolve", "dial", "ssh_handshake", "ssh_host_key", "ssh_auth"];
const said = { pending: "not yet", running: "running", passed: "passed", failed: "failed", missed: "not reached" };

/** The stages that a data source will travel, as far as its fields tell; a file is one that has no port of its own. */
function plannedStages(driver, { ssh, ssl, host }) {
  const isServer = driver.port !== null;
  if (!isServer && !host && !ssh) return ["open", "probe"];
  return [
    "resolve", "dial", ...(ssh ? ["ssh_handshake", "ssh_host_key", "ssh_auth"] : []),
    ...(ssh && (isServer || host) ? ["ssh_forward"] : []), ...(ssl ? ["tls"] : []),
    ...(isServer ? ["login", "database"] : ["open"]), "probe",
  ];
}

/** Draws the path from Wellhead to a data source, and each stage as it is travelled. */
export class PathView {
  constructor() {
    this.route = h("div", { class: "route", role: "img" });
    this.list = h("ol", { class: "stages", "aria-label": "Stages of the test" });
    this.element = h("div", { class: "path", "data-state": "idle" }, this.route, this.list);
    this.stages = new Map();
    this.nodes = [];
    this.hops = [];
  }

  /** Lays the path to a record of a driver out, with nothing travelled yet. */
  plan(driver, record) {
    const isServer = driver.port !== null;
    const place = address({ ...record, database: isServer ? "" : record.database });
    this.ssh = record.ssh;
    this.element.dataset.state = "idle";
    const stations = [
      { kind: "home", title: "Wellhead", text: "this service" },
      record.ssh && { kind: "bastion", title: "SSH host", text: record.sshHost || "not set yet" },
      { kind: isServer ? "database" : "file", title: driver.name, text: place || "not set yet" },
    ].filter(Boolean);
    this.nodes = stations.map(({ kind, title, text }) => h("div", { class: "node", "data-kind": kind, "data-state": "idle" },
      h("span", { class: "node-mark" }), h("span", { class: "node-title" }, title), h("bdi", { class: "node-text mono" }, text)));
    this.hops = stations.slice(1).map(() => h("div", { class: "hop", "data-state": "idle" }, h("i")));
    replace(this.route, this.nodes.flatMap((node, index) => (index === 0 ? [node] : [this.hops[index - 1], node])));
    this.route.setAttribute("aria-label", `The path: ${stations.map(({ title, text }) => `${title} (${text})`).join(", then ")}`);
    this.stages.clear();
    replace(this.list);
    for (const stage of plannedStages(driver, record)) this.add(stage);
  }

  add(stage, planned = true) {
    const detail = h("bdi", { class: "stage-detail mono" });
    const time = h("span", { class: "stage-time mono" });
    const state = h("span", { class: "unseen" }, ` (${said.pending})`);
    const element = h("li", { "data-stage": stage, "data-state": "pending" },
      h("span", { class: "mark", "aria-hidden": "true" }),
      h("span", { class: "stage-name" }, stageName(stage), state), time, detail);
    const entry = { element, detail, time, state };
    this.stages.set(stage, entry);
    // One that was not foreseen comes before those that are still to come.
    const next = [...this.list.children].find((other) => other.dataset.state === "pending");
    this.list.insertBefore(element, planned ? null : next ?? null);
    return entry;
  }

  set(stage, state, { detail, ms } = {}) {
    const entry = this.stages.get(stage) ?? this.add(stage, false);
    entry.element.dataset.state = state;
    setText(entry.state, ` (${said[state]})`);
    if (detail !== undefined) setText(entry.detail, detail);
    if (ms !== undefined) setText(entry.time, duration(ms));
  }

  hopOf(stage) {
    return this.ssh && !firstHop.includes(stage) ? 1 : 0;
  }

  began(stage) {
    this.element.dataset.state = "running";
    this.nodes[0].dataset.state = "passed";
    this.set(stage, "running");
    const hop = this.hopOf(stage);
    if (hop === 1) this.reach(0);
    this.hops[hop].dataset.state = "running";
  }

  /** What is seen in a stage that lasts. */
  noted({ stage, detail }) {
    // A word that comes late does not open a stage again.
    if (this.stages.get(stage)?.element.dataset.state === "running") this.set(stage, "running", { detail });
  }

  ended({ stage, ok, ms, detail }) {
    this.set(stage, ok ? "passed" : "failed", { ms, detail });
  }

  reach(hop) {
    this.hops[hop].dataset.state = "passed";
    this.nodes[hop + 1].dataset.state = "passed";
  }

  /** Shows how it came out. Stages that were planned and have not happened go, or are marked as not reached. */
  finish(ok, failedStage) {
    if (!ok && failedStage === "validate") {
      // Nothing was travelled: the fields themselves were refused.
      this.element.dataset.state = "idle";
      return;
    }
    this.element.dataset.state = ok ? "passed" : "failed";
    for (const [stage, entry] of this.stages) {
      const { state } = entry.element.dataset;
      if (state === "running") this.set(stage, ok ? "passed" : "failed");
      else if (state === "pending" && ok) entry.element.remove();
      else if (state === "pending") this.set(stage, "missed");
    }
    if (ok) {
      this.hops.forEach((_, hop) => this.reach(hop));
      return;
    }
    const broken = failedStage ? Math.min(this.hopOf(failedStage), this.hops.length - 1) : 0;
    this.hops.forEach((hop, index) => {
      if (index === broken) hop.dataset.state = "failed";
      else if (index > broken) hop.dataset.state = "idle";
    });
    this.nodes[broken + 1].dataset.state = "failed";
  }
}
