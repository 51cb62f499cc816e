// The resident's page: register, ask, show, give back. Token and passes are kept on this phone only.

import { ask, picture } from "/pages/service.js";
import { now_s, setClock } from "/pages/time.js";
import { clock, length, offerLanguages, said, sayAll } from "/pages/words.js";

const KEPT = "lockgate.resident";
const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
/** Starts that are offered, in minutes from now. */
const STARTS_MIN = [0, 15, 30, 60, 120];

const at = (id) => document.getElementById(id);
const kept = { token: null, passes: [], asking: null, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
const keep = () => localStorage.setItem(KEPT, JSON.stringify(kept));

/** The pictures of the passes shown, by pass. */
const pictures = new Map();

function trouble(text) {
  at("trouble").textContent = text ?? "";
  at("trouble").hidden = !text;
  if (text) at("trouble").scrollIntoView({ block: "nearest" });
}

/** The sentence for an answer that is no success. */
function problem({ problem, title }) {
  return said(`problem.${problem}`) ?? said("problem.other", { title });
}

const waiting = (seconds) => trouble(said("problem.busy", { seconds }));

/** Runs `act` for `form` with its button disabled, so that an impatient second tap does nothing. */
function onSubmit(section, act) {
  const form = at(section).querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    trouble();
    await act(new FormData(form));
    button.disabled = false;
  });
}

/** The idempotency key of `wish`. It is kept until the wish is answered: a reload or a lost answer asks for the same again. */
function keyOf(wish) {
  if (kept.asking?.wish !== wish) kept.asking = { wish, key: crypto.randomUUID() };
  keep();
  return kept.asking.key;
}

/** What was answered needs its key no more; what was not answered keeps it. */
function settled(answer) {
  if (answer.ok || answer.retry_s === undefined) kept.asking = null;
  keep();
}

async function register(form) {
  const number = form.get("document").trim();
  const key = keyOf("register");
  const answer = await ask("POST", "/v1/residents", { key, body: { document: number, channel: "web" }, waiting });
  settled(answer);
  if (!answer.ok) return trouble(problem(answer));
  kept.token = answer.body.token;
  keep();
  trouble();
  show();
  at("status").textContent = said("register.done");
  at("purpose").focus();
}

async function askForPass(form) {
  const purpose = form.get("purpose");
  const minutes = Number(form.get("start"));
  const key = keyOf(`${purpose} ${minutes}`);
  // The instant belongs to the wish: a repeat must be the same request, or its key would be refused.
  if (minutes > 0) kept.asking.from_s ??= Math.floor(now_s()) + minutes * 60;
  const body = minutes > 0 ? { purpose, valid_from_s: kept.asking.from_s } : { purpose };
  keep();
  const answer = await ask("POST", "/v1/passes", { key, token: kept.token, body, waiting });
  settled(answer);
  if (!answer.ok) return trouble(problem(answer));
  kept.passes = [answer.body, ...kept.passes.filter(({ pass }) => pass !== answer.body.pass)];
  keep();
  trouble();
  show();
  at("status").textContent = said("ask.done");
  at("cards").firstElementChild?.scrollIntoView({ block: "start" });
}

async function giveBack(pass) {
  if (!confirm(said("passes.cancel_sure", { purpose: said(`purpose.${pass.purpose}`) }))) return;
  const answer = await ask("DELETE", `/v1/passes/${pass.pass}`, { token: kept.token });
  if (!answer.ok && answer.status !== 404) return trouble(problem(answer));
  kept.passes = kept.passes.filter((other) => other.pass !== pass.pass);
  keep();
  trouble();
  show();
  at("status").textContent = said("passes.cancelled");
  at("passes-head").scrollIntoView({ block: "nearest" });
}

function forget() {
  if (!confirm(said("account.sure"))) return;
  localStorage.removeItem(KEPT);
  Object.assign(kept, { token: null, passes: [], asking: null });
  show();
  at("document").focus();
}

/** The card of a pass. */
function card(pass) {
  const item = at("card").content.cloneNode(true).firstElementChild;
  const purpose = said(`purpose.${pass.purpose}`);
  item.dataset.pass = pass.pass;
  item.querySelector(".purpose").textContent = purpose;
  const times = { from: clock(pass.valid_from_s), until: clock(pass.valid_until_s) };
  item.querySelector(".when").textContent = said("passes.when", times);
  item.querySelector(".code").textContent = pass.code;
  if (pass.spoken) {
    item.querySelector(".spoken").textContent = pass.spoken;
    for (const element of item.querySelectorAll(".spoken, .spoken-label")) element.hidden = false;
  }
  item.querySelector(".cancel").addEventListener("click", () => giveBack(pass));
  drawCode(item.querySelector(".qr"), pass, purpose);
  sayAll(item);
  return item;
}

async function drawCode(image, pass, purpose) {
  if (!pictures.has(pass.pass)) pictures.set(pass.pass, await picture(`/v1/passes/${pass.pass}/qr.svg`, kept.token));
  const drawn = pictures.get(pass.pass);
  // Without a network the code can still be read out: it stands below.
  if (drawn) Object.assign(image, { src: drawn, alt: said("passes.qr", { purpose }) });
  else { image.hidden = true; pictures.delete(pass.pass); }
}

/** How long each pass still holds. Every second, without a word to screen readers. */
function count() {
  for (const item of at("cards").children) {
    const pass = kept.passes.find(({ pass }) => pass === item.dataset.pass);
    const [start, end] = [pass.valid_from_s - now_s(), pass.valid_until_s - now_s()];
    const text = end <= 0 ? said("passes.over")
      : start > 0 ? said("passes.starts", { time: length(start) })
      : said("passes.left", { time: length(end) });
    item.querySelector(".left").textContent = text;
  }
}

function options(select, entries) {
  const chosen = select.value;
  select.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
  if (chosen) select.value = chosen;
}

function show() {
  const registered = kept.token !== null;
  at("register").hidden = registered;
  for (const id of ["ask", "passes", "account"]) at(id).hidden = !registered;
  options(at("purpose"), PURPOSES.map((purpose) => [purpose, said(`purpose.${purpose}`)]));
  options(at("start"), STARTS_MIN.map((minutes) => [minutes, minutes ? said("ask.in", { minutes }) : said("ask.now")]));
  kept.passes = kept.passes.filter((pass) => pass.valid_until_s > now_s());
  at("none").hidden = kept.passes.length > 0;
  at("cards").replaceChildren(...kept.passes.map(card));
  count();
}

onSubmit("register", register);
onSubmit("ask", askForPass);
at("forget").addEventListener("click", forget);
offerLanguages(show);
await setClock();
show();
setInterval(count, 1000);
