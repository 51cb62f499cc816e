// What the pages say, in English and Russian, and how times are written. No key is in one language only: .ci/pages checks it.

import { now_s } from "/pages/time.js";

const WORDS = {
  en: {
    "language.name": "English",
    "resident.title": "Movement pass",
    "register.head": "Register",
    "register.document": "Number of your identity document",
    "register.hint": "The server keeps a digest of it, not the number. This phone gets a secret token instead; whoever has it can use your passes.",
    "register.act": "Register",
    "register.done": "You are registered.",
    "ask.head": "Ask for a pass",
    "ask.purpose": "What for",
    "ask.start": "From when",
    "ask.now": "now",
    "ask.in": "in {minutes} minutes",
    "ask.act": "Ask for the pass",
    "ask.done": "Your pass is here.",
    "passes.head": "Your passes",
    "passes.none": "You have no passes. They are kept on this phone only.",
    "passes.code": "Code",
    "passes.spoken": "To say on the phone or to write down",
    "passes.more": "Code in letters",
    "passes.salt": "Proof for an officer who compares your document",
    "passes.qr": "QR code of the pass for {purpose}",
    "passes.cancel": "Give the pass back",
    "passes.cancel_sure": "Give back the pass for {purpose}? It permits nothing any more.",
    "passes.cancelled": "The pass was given back.",
    "passes.when": "{from} to {until}",
    "passes.left": "{time} left",
    "passes.starts": "starts in {time}",
    "passes.over": "Its time is over.",
    "account.head": "This phone",
    "account.hint": "Your token and passes are kept on this phone and nowhere else.",
    "account.forget": "Forget me on this phone",
    "account.sure": "Forget your token and all passes on this phone? You cannot register again with the same document.",
    "officer.title": "Check a pass",
    "officer.code": "Code of the pass, scanned, pasted or typed",
    "officer.check": "Check",
    "officer.scan": "Scan with the camera",
    "officer.stop": "Stop the camera",
    "officer.next": "Next person",
    "officer.settings": "This phone",
    "officer.token": "Officer's token",
    "officer.token_hint": "If your service uses tokens. Kept until this page is closed.",
    "officer.ready": "Ready to check signed passes without a network. Keys of {keys}; withdrawn passes: {list}.",
    "officer.none": "none",
    "officer.unknown": "not known",
    "officer.no_keys": "The keys are not here yet: open this page once with a network.",
    "officer.not_kept": "Signed passes are checked on this phone. The keys are not kept yet for a time when the network is away.",
    "officer.central": "This service asks its centre at every check, so a network is needed.",
    "compare.head": "Compare the document",
    "compare.salt": "Proof that the holder's phone shows",
    "compare.act": "Compare",
    "compare.same": "✓ The pass belongs to this document.",
    "compare.other": "✕ The pass does not belong to this document, or the proof is mistyped.",
    "zone.anywhere": "",
    "zone.nearby": "up to 1 km from home",
    "zone.town": "up to 10 km from home",
    "verdict.valid": "VALID",
    "verdict.invalid": "NOT VALID",
    "verdict.unknown": "NOT CHECKED",
    "verdict.until": "until {until}, {time} left",
    "verdict.phone": "Checked on this phone.",
    "verdict.offline": "Checked on this phone. Withdrawn passes known up to {list}.",
    "verdict.offline_no_list": "Checked on this phone. Withdrawn passes are not known here.",
    "verdict.offline_unlisted": "Checked on this phone. The pass was not withdrawn when this phone last had a network.",
    "verdict.online": "Checked by the centre.",
    "reason.malformed": "This is no code of a pass. Scan or type it again.",
    "reason.unknown": "No such pass was issued.",
    "reason.forged": "The signature is not genuine.",
    "reason.not_yet": "Its time has not come.",
    "reason.expired": "Its time is over.",
    "reason.cancelled": "Its holder gave it back.",
    "reason.revoked": "It was withdrawn.",
    "reason.spent": "It was used before.",
    "reason.no_camera": "The camera cannot be used: {why}",
    "reason.unauthorized": "The service wants an officer's token: enter it under “This phone”.",
    "reason.role": "This token is not an officer's: enter another under “This phone”.",
    "reason.guesses": "Too many codes were typed that nobody holds. Scan the QR code, or wait ten minutes.",
    "reason.waiting": "The centre is busy. Asking again in {seconds} s.",
    "reason.busy": "The centre is busy and has not checked this code. Ask again in a moment.",
    "reason.failed": "Something went wrong at the centre. Ask again in a moment.",
    "reason.unreachable": "The centre cannot be reached. This code cannot be checked without it.",
    "problem.network": "The service cannot be reached. Try again in a moment: nothing is asked twice.",
    "problem.busy": "Too many ask at once. Trying again in {seconds} s.",
    "problem.overloaded": "Too many ask at once. Try again in a moment: nothing is asked twice.",
    "problem.internal": "Something went wrong at the service. Try again in a moment: nothing is asked twice.",
    "problem.request-timeout": "Your request was too long on its way. Try again in a moment: nothing is asked twice.",
    "problem.other": "The service answers: {title}",
    "problem.already-registered": "This document is registered already, by another phone or before.",
    "problem.quota-exhausted": "You have had all passes for this purpose and period.",
    "problem.curfew": "The pass would begin in the curfew.",
    "problem.outside-hours": "It would begin at a time of day at which this is not allowed.",
    "problem.purpose-not-allowed": "The rules do not allow this purpose now.",
    "problem.pass-not-needed": "You need no pass for this: take your document with you.",
    "problem.not-in-force": "No passes are needed at that time.",
    "problem.sunset": "The rules have ended. No passes are needed any more.",
    "problem.too-many-passes": "You have asked for too many passes. Wait a day.",
    "problem.unauthorized": "This phone's registration is not known any more.",
    "purpose.groceries": "Groceries",
    "purpose.pharmacy": "Pharmacy",
    "purpose.pet": "Walking a pet",
    "purpose.rubbish": "Taking out rubbish",
    "purpose.doctor": "Doctor",
    "purpose.work": "Work",
    "purpose.other": "Something else",
  },
  ru: {
    "language.name": "Русский",
    "resident.title": "Пропуск",
    "register.head": "Регистрация",
    "register.document": "Номер документа",
    "register.hint": "Сервер хранит не номер, а его отпечаток. Телефон получает секретный ключ: у кого он есть, тот может пользоваться вашими пропусками.",
    "register.act": "Зарегистрироваться",
    "register.done": "Вы зарегистрированы.",
    "ask.head": "Получить пропуск",
    "ask.purpose": "Для чего",
    "ask.start": "С какого времени",
    "ask.now": "сейчас",
    "ask.in": "через {minutes} минут",
    "ask.act": "Получить пропуск",
    "ask.done": "Пропуск получен.",
    "passes.head": "Ваши пропуска",
    "passes.none": "Пропусков нет. Они хранятся только в этом телефоне.",
    "passes.code": "Код",
    "passes.spoken": "Чтобы продиктовать или записать",
    "passes.more": "Код буквами",
    "passes.salt": "Доказательство для сверки с документом",
    "passes.qr": "QR-код пропуска: {purpose}",
    "passes.cancel": "Вернуть пропуск",
    "passes.cancel_sure": "Вернуть пропуск «{purpose}»? Он больше не будет действовать.",
    "passes.cancelled": "Пропуск возвращён.",
    "passes.when": "с {from} до {until}",
    "passes.left": "осталось {time}",
    "passes.starts": "начнётся через {time}",
    "passes.over": "Срок истёк.",
    "account.head": "Этот телефон",
    "account.hint": "Ключ и пропуска хранятся в этом телефоне и больше нигде.",
    "account.forget": "Забыть меня в этом телефоне",
    "account.sure": "Забыть ключ и все пропуска в этом телефоне? Второй раз с тем же документом зарегистрироваться нельзя.",
    "officer.title": "Проверка пропуска",
    "officer.code": "Код пропуска: со сканера, из буфера или с клавиатуры",
    "officer.check": "Проверить",
    "officer.scan": "Сканировать камерой",
    "officer.stop": "Остановить камеру",
    "officer.next": "Следующий",
    "officer.settings": "Этот телефон",
    "officer.token": "Ключ сотрудника",
    "officer.token_hint": "Если служба их выдаёт. Хранится, пока страница открыта.",
    "officer.ready": "Подписанные пропуска можно проверять без сети. Ключи от {keys}; отозванные пропуска: {list}.",
    "officer.none": "нет",
    "officer.unknown": "неизвестно",
    "officer.no_keys": "Ключей ещё нет: откройте страницу один раз при наличии сети.",
    "officer.not_kept": "Подписанные пропуска проверяются в телефоне. Ключи на случай, когда сети нет, ещё не сохранены.",
    "officer.central": "Служба проверяет каждый пропуск в центре, поэтому нужна сеть.",
    "compare.head": "Сверить с документом",
    "compare.salt": "Доказательство с телефона владельца",
    "compare.act": "Сверить",
    "compare.same": "✓ Пропуск принадлежит этому документу.",
    "compare.other": "✕ Пропуск не от этого документа, или доказательство введено с ошибкой.",
    "zone.anywhere": "",
    "zone.nearby": "не дальше 1 км от дома",
    "zone.town": "не дальше 10 км от дома",
    "verdict.valid": "ДЕЙСТВУЕТ",
    "verdict.invalid": "НЕ ДЕЙСТВУЕТ",
    "verdict.unknown": "НЕ ПРОВЕРЕН",
    "verdict.until": "до {until}, осталось {time}",
    "verdict.phone": "Проверено в телефоне.",
    "verdict.offline": "Проверено в телефоне. Отозванные пропуска известны на {list}.",
    "verdict.offline_no_list": "Проверено в телефоне. Отозванные пропуска здесь не известны.",
    "verdict.offline_unlisted": "Проверено в телефоне. Когда в нём последний раз была сеть, пропуск не был отозван.",
    "verdict.online": "Проверено в центре.",
    "reason.malformed": "Это не код пропуска. Отсканируйте или введите ещё раз.",
    "reason.unknown": "Такой пропуск не выдавался.",
    "reason.forged": "Подпись не подлинная.",
    "reason.not_yet": "Срок ещё не наступил.",
    "reason.expired": "Срок истёк.",
    "reason.cancelled": "Владелец вернул пропуск.",
    "reason.revoked": "Пропуск отозван.",
    "reason.spent": "Пропуск уже использован.",
    "reason.no_camera": "Камера недоступна: {why}",
    "reason.unauthorized": "Служба требует ключ сотрудника: введите его в разделе «Этот телефон».",
    "reason.role": "Этот ключ выдан не для проверки пропусков: введите другой в разделе «Этот телефон».",
    "reason.guesses": "Введено слишком много кодов, которых ни у кого нет. Отсканируйте QR-код или подождите десять минут.",
    "reason.waiting": "Центр занят. Повтор через {seconds} с.",
    "reason.busy": "Центр занят и не проверил этот код. Повторите немного позже.",
    "reason.failed": "В центре произошла ошибка. Повторите немного позже.",
    "reason.unreachable": "Центр недоступен. Без него этот код проверить нельзя.",
    "problem.network": "Служба недоступна. Повторите немного позже: дважды запрос не засчитают.",
    "problem.busy": "Слишком много запросов. Повтор через {seconds} с.",
    "problem.overloaded": "Слишком много запросов. Повторите немного позже: дважды запрос не засчитают.",
    "problem.internal": "В службе произошла ошибка. Повторите немного позже: дважды запрос не засчитают.",
    "problem.request-timeout": "Запрос слишком долго шёл до службы. Повторите немного позже: дважды его не засчитают.",
    "problem.other": "Ответ службы: {title}",
    "problem.already-registered": "Этот документ уже зарегистрирован, с другого телефона или раньше.",
    "problem.quota-exhausted": "Все пропуска для этой цели на этот срок уже получены.",
    "problem.curfew": "Пропуск начался бы в комендантский час.",
    "problem.outside-hours": "В это время суток это не разрешено.",
    "problem.purpose-not-allowed": "Сейчас правила этого не разрешают.",
    "problem.pass-not-needed": "Для этого пропуск не нужен: возьмите с собой документ.",
    "problem.not-in-force": "В это время пропуска не нужны.",
    "problem.sunset": "Режим закончился. Пропуска больше не нужны.",
    "problem.too-many-passes": "Слишком много пропусков. Подождите день.",
    "problem.unauthorized": "Регистрация этого телефона больше не действует.",
    "purpose.groceries": "Продукты",
    "purpose.pharmacy": "Аптека",
    "purpose.pet": "Прогулка с питомцем",
    "purpose.rubbish": "Вынос мусора",
    "purpose.doctor": "Врач",
    "purpose.work": "Работа",
    "purpose.other": "Другое",
  },
};

const KEPT = "lockgate.language";
let language = preferred();

function preferred() {
  const asked = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return asked.find((tag) => tag in WORDS) ?? "en";
}

/** The text of `key` with `{name}` replaced by `values.name`; `undefined` when there is no such text. */
export function said(key, values = {}) {
  return WORDS[language][key]?.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The keys of each language, in order: both must have the same. */
export const keys = () => Object.values(WORDS).map((words) => Object.keys(words).sort());

/** A time of day, with the date when it is not today. `unix_s` in Unix seconds. */
export function clock(unix_s) {
  const at = new Date(unix_s * 1000);
  const today = at.toDateString() === new Date(now_s() * 1000).toDateString();
  const form = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language, form).format(at);
}

/** A length of time in the two largest units, such as `2 h 5 min`. */
export function length(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  const parts = [[Math.floor(minutes / 1440), "day"], [Math.floor(minutes / 60) % 24, "hour"], [minutes % 60, "minute"]];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return unit(Math.max(0, Math.floor(seconds)), "second");
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, name]) => unit(count, name)).join(" ");
}

function unit(count, name) {
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(count);
}

/** Writes every text under `root` that names its key in `data-say`. */
export function sayAll(root = document) {
  for (const element of root.querySelectorAll("[data-say]")) element.textContent = said(element.dataset.say);
}

/** Puts the buttons of the languages into the page; `changed` is called after another was chosen. */
export function offerLanguages(changed) {
  const buttons = Object.keys(WORDS).map((tag) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.lang = tag;
    button.textContent = WORDS[tag]["language.name"];
    button.addEventListener("click", () => {
      language = tag;
      localStorage.setItem(KEPT, tag);
      show();
      changed();
    });
    return button;
  });
  const show = () => {
    document.documentElement.lang = language;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.lang === language));
    sayAll();
  };
  document.getElementById("languages").append(...buttons);
  show();
}
