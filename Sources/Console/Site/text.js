// How things are said: stages, states, times and sizes.

const stages = {
  validate: "Check the fields",
  resolve: "Look up the name",
  dial: "Connect",
  ssh_handshake: "Greet the SSH host",
  ssh_host_key: "Check the SSH host’s key",
  ssh_auth: "Log in at the SSH host",
  ssh_forward: "Pass through the SSH host",
  tls: "Encrypt with TLS",
  login: "Log in at the database",
  database: "Open the database",
  probe: "Ask a first question",
  open: "Open",
  query: "Run the statement",
  schema: "Read the schema",
};

/** A stage in plain words. */
export function stageName(stage) {
  return stages[stage] ?? stage.replaceAll("_", " ");
}

const states = { connected: "Connected", reconnecting: "Reconnecting", failed: "Failed", draft: "Draft" };

/** A status in plain words. */
export function statusName(status) {
  return states[status] ?? status;
}

/** Milliseconds, in the unit that reads best. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10000 ? 1 : 0)} s`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** How long ago or ahead a time is. */
export function ago(text) {
  if (!text) return "never";
  const seconds = (Date.parse(text) - Date.now()) / 1000;
  for (const [unit, size] of units) {
    if (Math.abs(seconds) >= size || unit === "second") return relative.format(Math.round(seconds / size), unit);
  }
  return "";
}

const dates = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const clocks = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });

export const dateTime = (text) => (text ? dates.format(Date.parse(text)) : "–");
export const day = (text) => (text ? days.format(Date.parse(text)) : "–");
export const clock = (time) => clocks.format(time);

/** A count with its noun. */
export function count(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** Where a data source is: an address, or a file. */
export function address(record) {
  const database = record.database ?? "";
  if (!record.host) return database;
  const host = record.host.includes(":") && !record.host.startsWith("[") ? `[${record.host}]` : record.host;
  const port = record.port ? `:${record.port}` : "";
  return `${host}${port}${database ? `${database.startsWith("/") ? "" : "/"}${database}` : ""}`;
}
