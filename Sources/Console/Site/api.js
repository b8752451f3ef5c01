// Calls of the service. The token lives in sessionStorage: it outlasts a reload and ends with the tab.

const tokenKey = "wellhead.token";
const nameKey = "wellhead.name";

/** Who is signed in here. */
export const session = {
  get token() { return sessionStorage.getItem(tokenKey); },
  get name() { return sessionStorage.getItem(nameKey) ?? ""; },
  begin(token, name) {
    sessionStorage.setItem(tokenKey, token);
    sessionStorage.setItem(nameKey, name);
  },
  end() {
    sessionStorage.removeItem(tokenKey);
    sessionStorage.removeItem(nameKey);
  },
};

/** An answer that is no success: `status` and the error's body. */
export class Refusal extends Error {
  constructor(status, body) {
    super(body?.message ?? `The service answered ${status}.`);
    this.status = status;
    this.body = body;
  }
}

/** Sends a request and gives the response, whatever its type; refusals are thrown. */
export async function send(method, path, { body, accept = "application/json", headers = {}, signal, token = session.token } = {}) {
  const options = { method, signal, cache: "no-store", credentials: "omit", headers: { Accept: accept, ...headers } };
  if (token) options.headers.Authorization = `Bearer ${token}`;
  if (body instanceof FormData) {
    options.body = body;
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { message: "The service does not answer. Check that it runs and that you are online, then try again." });
  }
  if (!response.ok) {
    const refusal = new Refusal(response.status, await response.json().catch(() => null));
    if (response.status === 403 && token && token === session.token) {
      session.end();
      window.dispatchEvent(new CustomEvent("signedout"));
    }
    throw refusal;
  }
  return response;
}

/** The JSON of an answer. */
export async function get(path, options) {
  return (await send("GET", path, options)).json();
}

/** The path of a data source, with more behind it. */
export function sourcePath(id, rest = "") {
  return `/datasources/${encodeURIComponent(id)}${rest}`;
}

/** The events of a watched test as they come. EventSource cannot POST, so the stream is read here. */
export async function* events(method, path, { body, headers, signal } = {}) {
  const response = await send(method, path, { body, headers, signal, accept: "text/event-stream" });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        if (error.name === "AbortError") throw error;
        throw new Refusal(0, { message: "The connection to the service broke off before the test had ended. Try again." });
      });
      if (done) return;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const event = { name: "message", data: null };
        for (const line of text.slice(0, end).split("\n")) {
          if (line.startsWith("event: ")) event.name = line.slice(7);
          if (line.startsWith("data: ")) event.data = JSON.parse(line.slice(6));
        }
        text = text.slice(end + 2);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

let catalogue;
/** What `GET /drivers` tells, asked for once. */
export function drivers() {
  catalogue ??= get("/drivers").catch((error) => {
    catalogue = undefined;
    throw error;
  });
  return catalogue;
}
