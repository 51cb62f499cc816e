// The officer's page: a code in, a large verdict out. Signed passes are checked on this phone and nothing is sent; for the others the
// centre is asked. No code and no verdict is kept.

import { ask } from "/pages/service.js";
import { belongsTo, check, isSigned, trust } from "/pages/signed.js";
import { now_s, setClock } from "/pages/time.js";
import { clock, length, offerLanguages, said } from "/pages/words.js";

const TOKEN = "lockgate.officer";
const at = (id) => document.getElementById(id);

/** What this phone can verify with; `null` until it was fetched or found in the phone's store. */
let trusted = null;
/** The last verdict, to be said again in another language. */
let last = null;

/** What is known of `code`: `{verdict, reason, purpose, until_s, how}`. */
async function judge(code) {
  if (isSigned(code) && trusted?.keys.size > 0) return await check(code, trusted, now_s());
  const token = sessionStorage.getItem(TOKEN) || undefined;
  const answer = await ask("POST", "/v1/verifications", { token, body: { code } });
  if (!answer.ok) return { verdict: "unknown", reason: answer.status === 401 ? "unauthorized" : "unreachable" };
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
  const list = trusted?.list && clock(trusted.list.issued_s);
  const unlisted = trusted?.noneWithdrawn ? "offline_none_withdrawn" : "offline_no_list";
  const how = found.how === "offline" && !list ? unlisted : found.how;
  line("how", how && said(`verdict.${how}`, { list }));
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
  if (code) tell(await judge(code));
}

function next() {
  at("code").value = "";
  at("compare").reset();
  tell(null);
  at("code").focus();
}

/** Fetches keys and status list; the worker keeps a copy for when there is no network. */
async function prepare() {
  await setClock();
  trusted = await trust();
  sayOffline();
}

function sayOffline() {
  const list = trusted?.list ? clock(trusted.list.issued_s) : said(trusted?.noneWithdrawn ? "officer.none" : "officer.unknown");
  at("offline").textContent = !trusted ? said("officer.no_keys")
    : trusted.central ? said("officer.central")
    : said("officer.ready", { keys: clock(trusted.fetched_s), list });
}

/** The camera, where the browser reads codes by itself. */
function offerCamera() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const button = at("scan");
  button.hidden = false;
  let stream = null;
  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    at("camera").hidden = true;
    button.textContent = said("officer.scan");
  };
  button.addEventListener("click", async () => {
    if (stream) return stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (why) {
      return tell({ verdict: "unknown", reason: "no_camera", why: why.message });
    }
    const camera = at("camera");
    Object.assign(camera, { srcObject: stream, hidden: false });
    await camera.play();
    button.textContent = said("officer.stop");
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    while (stream) {
      const [seen] = await detector.detect(camera).catch(() => []);
      if (seen) {
        at("code").value = seen.rawValue;
        stop();
        return submit();
      }
      await new Promise((done) => setTimeout(done, 150));
    }
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
navigator.serviceWorker?.register("/officer-worker.js", { scope: "/officer" });
prepare();
// Keys and withdrawn passes change; a phone that is on all day fetches them again.
setInterval(prepare, 5 * 60_000);
