// The service's clock as this phone knows it: a phone that is minutes off must not call a good pass expired, and a rehearsal on
// another day shows that day. The difference is kept, so that it also holds without a network.

const KEPT = "lockgate.clock_ahead_s";
let ahead_s = Number(localStorage.getItem(KEPT) ?? 0);

/** Unix seconds by the service's clock. */
export const now_s = () => Date.now() / 1000 + ahead_s;

/** Asks the service what time it is; without an answer the last difference stays. */
export async function setClock() {
  try {
    const sent_s = Date.now() / 1000;
    const response = await fetch("/v1/time", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
    const { now_s } = await response.json();
    ahead_s = now_s - (sent_s + Date.now() / 1000) / 2;
    // Less than two seconds is the answer's own way, not a wrong clock.
    if (Math.abs(ahead_s) < 2) ahead_s = 0;
    localStorage.setItem(KEPT, String(ahead_s));
  } catch {
    // No network: what was known before is the best there is.
  }
}
