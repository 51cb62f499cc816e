// The resident's page: register, ask, show, give back. Token and passes are kept on this phone only.

import { blind, isBlind, keyFor, unblinded } from "/pages/blind.js";
import { ask, published } from "/pages/service.js";
import { correction, generate } from "/pages/lean-qr.js";
import { now_s, setClock } from "/pages/time.js";
import { clock, length, offerLanguages, said, sayAll } from "/pages/words.js";

const KEPT = "lockgate.resident";
const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
/** Starts that are offered, in minutes from now. */
const STARTS_MIN = [0, 15, 30, 60, 120];

const at = (id) => document.getElementById(id);
const kept = { token: null, passes: [], asking: null, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
const keep = () => localStorage.setItem(KEPT, JSON.stringify(kept));

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

/** What is asked under one idempotency key. It is kept until it is answered: after a reload or a lost answer the same is asked again. */
async function wishOf(name, make) {
  if (kept.asking?.wish !== name) kept.asking = { wish: name, key: crypto.randomUUID(), ...await make() };
  keep();
  return kept.asking;
}

/** What was decided needs its key no more; while it may have been done or not, the key stays, so that it is not done twice. */
function settled(answer) {
  if (answer.ok || answer.settled) kept.asking = null;
  keep();
}

async function register(form) {
  const number = form.get("document").trim();
  const { key } = await wishOf(`register ${number}`, () => ({}));
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

/** The body of a request for a pass and, where the service signs blindly, what opens its answer. */
async function wish(purpose, minutes) {
  const body = minutes > 0 ? { purpose, valid_from_s: Math.floor(now_s()) + minutes * 60 } : { purpose };
  const keys = await published();
  if (!keys || !isBlind(keys)) return { body };
  const key = keyFor(keys, purpose, body.valid_from_s ?? now_s());
  if (!key) return { body };
  const blinding = await blind(key);
  return { body: { ...body, blinded: blinding.blinded }, blinding };
}

async function askForPass(form) {
  const [purpose, minutes] = [form.get("purpose"), Number(form.get("start"))];
  const { key, body, blinding } = await wishOf(`${purpose} ${minutes}`, () => wish(purpose, minutes));
  const answer = await ask("POST", "/v1/passes", { key, token: kept.token, body, waiting });
  settled(answer);
  if (!answer.ok) return trouble(problem(answer));
  const pass = blinding ? { ...answer.body, code: await unblinded(blinding, answer.body.blind_signature) } : answer.body;
  kept.passes = [pass, ...kept.passes.filter((other) => other.pass !== pass.pass)];
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
  for (const part of ["code", "spoken", "salt"]) {
    item.querySelector(`.${part}`).textContent = pass[part] ?? "";
    for (const element of item.querySelectorAll(`.${part}, .${part}-label`)) element.hidden = !pass[part];
  }
  item.querySelector(".cancel").addEventListener("click", () => giveBack(pass));
  sayAll(item);
  const picture = item.querySelector(".qr");
  // Drawn here and not by the server: it can be shown without a network, and a blind token is nobody's business but the officer's.
  generate(pass.code, { minCorrectionLevel: correction.M }).toCanvas(picture);
  picture.setAttribute("aria-label", said("passes.qr", { purpose }));
  return item;
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
