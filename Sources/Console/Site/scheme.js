// The security schemes of a driver, as three questions instead of a set of flags. What can be asked, and what can be
// answered, comes from the schemes that the catalogue lists for the driver.

const has = (scheme, field) => scheme.fields.includes(field);

/** The answers that a driver's schemes allow. */
export function questions(driver) {
  const direct = driver.schemes.filter((scheme) => !has(scheme, "ssh"));
  const tunnelled = driver.schemes.filter((scheme) => has(scheme, "ssh"));
  const offer = (list, ...entries) => entries.filter(([, test]) => list.some(test)).map(([answer]) => answer);
  const encryption = (list) => offer(list,
    [{ value: "none", label: "None", hint: "Readable for whoever is on the way." }, (scheme) => !has(scheme, "ssl")],
    [{ value: "tls", label: "TLS", hint: "The server shows a certificate, which is verified." }, (scheme) => has(scheme, "ssl") && !has(scheme, "certificate")],
    [{ value: "mutual", label: "TLS with a client certificate", hint: "Both sides show a certificate." }, (scheme) => has(scheme, "certificate")]);
  return {
    route: [
      direct.length > 0 && { value: "direct", label: "Directly", hint: "Wellhead connects by itself." },
      tunnelled.length > 0 && { value: "ssh", label: "Through an SSH host", hint: "A bastion passes the connection on." },
    ].filter(Boolean),
    encryption: { direct: encryption(direct), ssh: encryption(tunnelled) },
    login: offer(tunnelled,
      [{ value: "password", label: "Password" }, (scheme) => has(scheme, "sshPassword") && !has(scheme, "sshIdentity")],
      [{ value: "key", label: "Private key" }, (scheme) => has(scheme, "sshIdentity") && !has(scheme, "sshPassword")],
      [{ value: "both", label: "Key and password" }, (scheme) => has(scheme, "sshIdentity") && has(scheme, "sshPassword")]),
  };
}

/** The answers that a record gives. */
export function answersOf(record) {
  return {
    route: record.ssh ? "ssh" : "direct",
    encryption: record.ssl ? (record.certificate ? "mutual" : "tls") : "none",
    login: record.sshIdentity ? "key" : "password",
  };
}

/** Brings answers into what the driver's schemes allow. */
export function allowed(answers, asked) {
  const among = (list, value) => (list.some((entry) => entry.value === value) ? value : list[0]?.value ?? "none");
  const route = among(asked.route, answers.route);
  return { route, encryption: among(asked.encryption[route] ?? [], answers.encryption), login: among(asked.login, answers.login) };
}

/** The flags that the answers stand for. */
export function flags(answers) {
  return { ssl: answers.encryption !== "none", ssh: answers.route === "ssh" };
}

/** Whether a field is of use with these answers. */
export function isUsed(field, answers) {
  const set = flags(answers);
  if (field.depends_on && field.depends_on in set && !set[field.depends_on]) return false;
  switch (field.name) {
    case "certificate": case "keyfile": return answers.encryption === "mutual";
    case "sshIdentity": return answers.login !== "password";
    default: return true;
  }
}

/** The fields that a scheme cannot be without, of those that the answers leave. */
export function neededFields(driver, answers) {
  const set = flags(answers);
  const fitting = driver.schemes.filter((scheme) => has(scheme, "ssl") === set.ssl && has(scheme, "ssh") === set.ssh
    && has(scheme, "certificate") === (answers.encryption === "mutual"));
  return driver.fields.map((field) => field.name).filter((name) => fitting.length > 0 && fitting.every((scheme) => has(scheme, name)));
}

/** What a field is called where its meaning follows from the answers. */
export function labelFor(name, answers) {
  if (name !== "sshPassword") return null;
  return { password: "SSH password", key: "Key passphrase", both: "SSH password or passphrase" }[answers.login];
}
