// Connection URLs, as people have them in their configuration: postgres://, mysql://, mongodb+srv://, jdbc:sqlserver://…;a=b.
// Passwords may hold any character, also unescaped ones, so the last @ before the query ends the login.

const truth = (text) => ["true", "1", "yes", "required", "on"].includes(text.toLowerCase());

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare percent sign is one.
    return text;
  }
}

/** The driver that a URL's scheme means, among the drivers there are. */
function driverOf(scheme, drivers) {
  const name = scheme.split("+")[0];
  const web = (name === "http" || name === "https") && "rest";
  return drivers.find((driver) => driver.driver === (web || name) || driver.aliases.includes(name));
}

/**
 * Reads a connection URL.
 *
 * @returns `{driver, fields, options, encryption, unused}`, or null where the text is none
 */
export function parseAddress(text, drivers) {
  const match = /^\s*(?:jdbc:)?([a-z][a-z0-9+.-]*):\/\/(.*?)\s*$/is.exec(text);
  const driver = match && driverOf(match[1].toLowerCase(), drivers);
  if (!driver) return null;
  const scheme = match[1].toLowerCase();
  const semicolons = match[2].includes(";") && !match[2].includes("?");
  const [body, ...rest] = match[2].split(semicolons ? ";" : "?");
  const pairs = rest.join(semicolons ? ";" : "?").split(semicolons ? ";" : "&").filter(Boolean).map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, "true"] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1).replaceAll("+", "%20"))];
  });

  const at = body.lastIndexOf("@");
  const login = at < 0 ? "" : body.slice(0, at);
  const place = body.slice(at + 1);
  const slash = place.indexOf("/");
  const hosts = slash < 0 ? place : place.slice(0, slash);
  const path = slash < 0 ? "" : place.slice(slash + 1).split("#")[0];
  const [first, ...others] = hosts.split(",");
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(first) ?? [null, first, undefined];

  const fields = {};
  const colon = login.indexOf(":");
  if (login) fields.username = decoded(colon < 0 ? login : login.slice(0, colon));
  if (colon >= 0) fields.password = decoded(login.slice(colon + 1));
  if (host) fields.host = decoded(host);
  if (port) fields.port = port;
  if (path) fields.database = decoded(path);
  const found = { driver, fields, options: {}, encryption: null, unused: [] };
  if (scheme === "https" || scheme === "mongodb+srv") found.encryption = "tls";
  const has = (name) => driver.options.some((option) => option.name === name);
  if (others.length > 0 && has("seeds")) found.options.seeds = others.map(decoded).join(",");
  else if (others.length > 0) found.unused.push(`further hosts (${others.length})`);
  if (scheme.endsWith("+srv") && has("srv")) found.options.srv = true;
  else if (scheme.endsWith("+srv")) found.unused.push("+srv");
  for (const [name, value] of pairs) readParameter(found, name, value);
  return found;
}

/** One parameter behind the address, in the spellings of the usual clients. */
function readParameter(found, name, value) {
  const { driver, fields, options } = found;
  switch (name.toLowerCase().replaceAll(/[-_ ]/g, "")) {
    case "sslmode": return readMode(found, value.toLowerCase().replaceAll("_", "-"));
    case "ssl": case "tls": case "usessl": case "encrypt": case "requiressl":
      found.encryption = truth(value) ? found.encryption ?? "tls" : "none";
      return;
    case "trustservercertificate": case "tlsallowinvalidcertificates":
      if (truth(value)) Object.assign(fields, { sslMode: "require" });
      return;
    case "user": case "username": case "userid": case "uid": fields.username = value; return;
    case "password": case "pwd": fields.password = value; return;
    case "database": case "databasename": case "initialcatalog": fields.database = value; return;
    case "applicationname": case "appname": name = "applicationName"; break;
    default: break;
  }
  const option = driver.options.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (option) options[option.name] = value;
  else found.unused.push(name);
}

function readMode(found, mode) {
  const modes = { "verify-full": "verify-full", "verify-identity": "verify-full", "verify-ca": "verify-ca", require: "require", required: "require" };
  if (["disable", "disabled"].includes(mode)) found.encryption = "none";
  else found.encryption = found.encryption ?? "tls";
  if (modes[mode]) found.fields.sslMode = modes[mode];
}
