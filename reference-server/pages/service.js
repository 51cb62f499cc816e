// Asks the server. Every answer is a value: `{ok: true, body}` or `{ok: false, problem, status, title, retry_s, settled}`; nothing is
// thrown. `settled` is true when the server has refused, and false when it may have been done or not.

/** How long to wait for an answer, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How often a busy server is asked again before the person is told. */
const TRIES = 4;

/**
 * Sends `body` (an object, or nothing) as JSON. `token` is the bearer token, `key` the idempotency key: with it a repeat is safe, so a
 * busy or silent server is asked again after the time that it names, with a little more by chance so that not all come back at once.
 * `again` is for requests without a key: so often one is repeated that a busy server turned away undone. One whose answer was lost is not.
 * `waiting(seconds)` is told before each such pause.
 */
export async function ask(method, path, { token, key, body, again = 0, waiting = () => {} } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  if (body) headers["Content-Type"] = "application/json";
  const request = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  for (let left = key ? TRIES - 1 : again; ; left -= 1) {
    const answer = await once(path, request);
    const safe = key || answer.status === 503;
    if (answer.ok || answer.retry_s === undefined || !safe || left <= 0) return answer;
    const seconds = Math.ceil(answer.retry_s * (1 + Math.random()));
    waiting(seconds);
    await new Promise((done) => setTimeout(done, seconds * 1000));
  }
}

async function once(path, request) {
  try {
    const response = await fetch(path, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) return { ok: true, body: response.status === 204 ? undefined : await response.json() };
    return await refusal(response);
  } catch {
    return { ok: false, problem: "network", retry_s: 1, settled: false };
  }
}

/** What a problem document (RFC 9457) says: the last part of its type names it. */
async function refusal(response) {
  const document = await response.json().catch(() => ({}));
  const problem = String(document.type ?? "").split("/").pop();
  const { status } = response;
  const named = Number(response.headers.get("Retry-After"));
  const retry_s = status === 503 ? (named > 0 ? Math.min(named, 30) : 1) : undefined;
  // After a time-out or an error of the server nobody knows whether it was done.
  const settled = status < 500 && status !== 408;
  return { ok: false, problem, status, title: document.title ?? `HTTP ${status}`, retry_s, settled };
}

/** The keys that the service publishes; `null` without an answer. */
export async function published() {
  const answer = await ask("GET", "/v1/keys");
  return answer.ok ? answer.body.keys : null;
}
