// The officer's page: a code in, a large verdict out. Signed passes are checked on this phone and nothing is sent; for the others the
// centre is asked. No code and no verdict is kept.

import { ask } from "/pages/service.js";
import { belongsTo, check, isSigned, trust, withdrawnKnown } from "/pages/signed.js";
import { now_s, setClock } from "/pages/time.js";
import { clock, length, offerLanguages, said } from "/pages/words.js";

const TOKEN = "lockgate.officer";
/** What a refusal of the centre means to an officer; any other status is an error of the centre. */
const REFUSED = { 401: "unauthorized", 403: "role", 429: "guesses", 503: "busy" };
const at = (id) => document.getElementById(id);

/** What this phone can verify with; `null` until it was fetched or found in the phone's store. */
let trusted = null;
/** Whether the worker has kept it for when there is no network. */
let kept = false;
/** The last verdict, to be said again in another language. */
let last = null;
/** Counts the checks, so that an answer which comes late is not shown for the next person. */
let turn = 0;

/** What is known of `code`: `{verdict, reason, purpose, zone, until_s, how, list_s, commitment}`. `waiting(seconds)` is told before a repeat. */
async function judge(code, waiting) {
  if (isSigned(code) && trusted?.keys.size > 0) return await check(code, trusted, now_s());
  const token = sessionStorage.getItem(TOKEN) || undefined;
  const answer = await ask("POST", "/v1/verifications", { token, body: { code }, again: 1, waiting });
  if (!answer.ok) return { verdict: "unknown", reason: answer.status ? REFUSED[answer.status] ?? "failed" : "unreachable" };
  const { valid, reason, purpose, valid_until_s } = answer.body;
  return { verdict: valid ? "valid" : "invalid", reason, purpose, until_s: valid_until_s, how: "online" };
}

function tell(found) {
  last = found;
  const box = at("verdict");
  box.dataset.verdict = found?.verdict ?? "none";
  at("comparing").hidden = !found?.commitment;
  at("compared").textContent = "";
  if (!found) return;
  const line = (name, text) => { box.querySelector(`.${name}`).textContent = text ?? ""; };
  line("word", said(`verdict.${found.verdict}`));
  line("reason", found.reason && said(`reason.${found.reason}`, found));
  const zone = found.zone && said(`zone.${found.zone}`);
  line("purpose", found.purpose && [said(`purpose.${found.purpose}`), zone].filter(Boolean).join(", "));
  line("left", found.until_s && said("verdict.until", { until: clock(found.until_s), time: length(found.until_s - now_s()) }));
  line("how", found.how && said(`verdict.${found.how}`, { list: found.list_s && clock(found.list_s) }));
  box.scrollIntoView({ block: "start" });
}

/** Whether the pass belongs to the document in the officer's hand. Only a signed pass says so. */
async function compare(event) {
  event.preventDefault();
  const form = new FormData(at("compare"));
  const same = await belongsTo(last.commitment, form.get("number"), form.get("salt")).catch(() => false);
  at("compared").textContent = said(same ? "compare.same" : "compare.other");
}

async function submit() {
  const code = at("code").value.trim();
  if (!code) return;
  turn += 1;
  const mine = turn;
  const show = (found) => { if (turn === mine) tell(found); };
  // The verdict on the one before must not stand while this one is asked about.
  tell(null);
  show(await judge(code, (seconds) => show({ verdict: "unknown", reason: "waiting", seconds })));
}

function next() {
  turn += 1;
  at("code").value = "";
  at("compare").reset();
  tell(null);
  at("code").focus();
}

/** Fetches keys and lists. What goes through the worker is kept; on a first visit it is in charge of the page only after a moment. */
async function fetchTrust() {
  const keeping = Boolean(navigator.serviceWorker?.controller);
  await setClock();
  const fetched = await trust();
  if (fetched) [trusted, kept] = [fetched, keeping];
  sayOffline();
}

let prepared = Promise.resolve();
/** One after another, so that what was asked for last also stands last. */
function prepare() {
  prepared = prepared.then(fetchTrust, fetchTrust);
}

function sayOffline() {
  at("offline").textContent = !trusted ? said("officer.no_keys")
    : trusted.central ? said("officer.central")
    : !kept ? said("officer.not_kept")
    : said("officer.ready", { keys: clock(trusted.fetched_s), list: withdrawn() });
}

function withdrawn() {
  const known = withdrawnKnown(trusted, now_s());
  return typeof known === "number" ? clock(known) : said(`officer.${known}`);
}

/** The camera, where the browser reads codes by itself. */
function offerCamera() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const [button, camera] = [at("scan"), at("camera")];
  button.hidden = false;
  let stream = null;
  const shows = (running) => {
    camera.hidden = !running;
    button.dataset.say = running ? "officer.stop" : "officer.scan";
    button.textContent = said(button.dataset.say);
  };
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = camera.srcObject = null;
    shows(false);
  };
  const start = async () => {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    camera.srcObject = stream;
    shows(true);
    await camera.play();
  };
  const read = async () => {
    const [detector, mine] = [new window.BarcodeDetector({ formats: ["qr_code"] }), stream];
    while (stream === mine) {
      const [seen] = await detector.detect(camera).catch(() => []);
      // It may have been stopped meanwhile.
      if (seen && stream === mine) {
        at("code").value = seen.rawValue;
        stop();
        return submit();
      }
      await new Promise((done) => setTimeout(done, 150));
    }
  };
  button.addEventListener("click", async () => {
    if (stream) return stop();
    // A second tap while the browser asks for permission would start a second camera, which nothing stops.
    button.disabled = true;
    try {
      await start();
    } catch (why) {
      stop();
      return tell({ verdict: "unknown", reason: "no_camera", why: why.message });
    } finally {
      button.disabled = false;
    }
    await read();
  });
}

at("check").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
// A hardware scanner ends with Enter; so does an officer who types.
at("code").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    submit();
  }
});
at("compare").addEventListener("submit", compare);
at("next").addEventListener("click", next);
at("token").value = sessionStorage.getItem(TOKEN) ?? "";
at("token").addEventListener("change", () => sessionStorage.setItem(TOKEN, at("token").value.trim()));
offerCamera();
offerLanguages(() => {
  tell(last);
  sayOffline();
});
navigator.serviceWorker?.addEventListener("controllerchange", prepare);
navigator.serviceWorker?.register("/officer-worker.js", { scope: "/officer" });
prepare();
// Keys and withdrawn passes change; a phone that is on all day fetches them again.
setInterval(prepare, 5 * 60_000);
