// The demo's phones. The server says every date, size and label; texts are set as text, never as markup.

const { texts, personas, lang, largest, version, invited } = JSON.parse(document.getElementById("data").textContent);
const NARROW = matchMedia("(max-width: 700px)");
const RTL = new Set(["ar", "ku", "ckb"]);
const phones = new Map();

const find = (id) => document.getElementById(id);
const said = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const fresh = () => crypto.randomUUID();

function made(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// --- what is remembered between visits ------------------------------------------------------------------

function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`diwakhan.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function remember() {
  localStorage.setItem("diwakhan.guests", JSON.stringify(guests));
  localStorage.setItem("diwakhan.open", JSON.stringify([...phones.keys()]));
}

let guests = remembered("guests", []);

function guest(peer, index) {
  return { peer, name: said(texts.guest, { number: index + 1 }), about: invited || texts.unknown, role: "guest", lang: "" };
}

function everyone() {
  return [...guests.map(guest), ...personas];
}

// --- talking to the server ------------------------------------------------------------------------------

async function post(path, options) {
  try {
    const answer = await fetch(path, { method: "POST", ...options });
    if (answer.ok) return answer;
    toast(answer.status === 413 ? tooLarge() : texts.unsent);
  } catch {
    toast(texts.offline);
  }
  return null;
}

function postJson(path, body) {
  return post(path, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

function tooLarge() {
  return said(texts.large, { limit: Math.floor(largest / 1048576) });
}

function listen() {
  const stream = new EventSource(`/demo/stream?lang=${lang}&since=${version}`);
  stream.addEventListener("message", (event) => arrived(JSON.parse(event.data)));
  stream.addEventListener("clock", (event) => { find("now").textContent = JSON.parse(event.data).text; });
  stream.addEventListener("error", () => document.body.classList.add("offline"));
  stream.addEventListener("open", () => document.body.classList.remove("offline"));
}

function arrived(message) {
  const phone = phones.get(message.peer);
  if (phone) {
    if (phone.waiting) phone.waiting.push(message);
    else phone.show(message, true);
    if (phone.front || message.mine) return;
  }
  const chip = document.querySelector(`.chip[data-peer="${CSS.escape(message.peer)}"]`);
  if (chip && !message.mine) mark(chip, true);
}

function mark(chip, unread) {
  chip.classList.toggle("unread", unread);
  chip.querySelector(".count").textContent = unread ? texts.unread : "";
}

// --- one phone ------------------------------------------------------------------------------------------

class Phone {
  constructor(persona) {
    this.persona = persona;
    this.peer = persona.peer;
    this.messages = new Map();
    this.waiting = [];
    this.day = "";
    this.element = find("phone").content.firstElementChild.cloneNode(true);
    this.log = this.element.querySelector(".log");
    this.input = this.element.querySelector("textarea");
    this.dress();
    this.speak(persona.lang || lang);
    this.wire();
  }

  dress() {
    const title = this.element.querySelector("h2");
    title.textContent = this.persona.name;
    this.element.querySelector(".who p").textContent = this.persona.about;
    this.element.dataset.role = this.persona.role;
    this.element.querySelector(".face").textContent = initial(this.persona.name);
    this.element.setAttribute("aria-label", said(texts.chat, { name: this.persona.name }));
    this.log.setAttribute("aria-label", said(texts.chat, { name: this.persona.name }));
  }

  speak(code) {
    const screen = this.element.querySelector(".screen");
    screen.lang = code === "ku" ? "ckb" : code;
    screen.dir = RTL.has(code) ? "rtl" : "ltr";
  }

  get front() {
    return !NARROW.matches || this.element.classList.contains("front");
  }

  wire() {
    const on = (selector, type, act) => this.element.querySelector(selector).addEventListener(type, act);
    const picker = this.element.querySelector("input[type=file]");
    on(".away", "click", () => close(this.peer));
    on(".begin", "click", () => { this.input.focus(); this.say("/start"); });
    on(".menu", "click", () => this.say("/menu"));
    on(".attach", "click", () => picker.click());
    on(".composer", "submit", (event) => { event.preventDefault(); this.submit(); });
    picker.addEventListener("change", () => { this.sendFiles(picker.files); picker.value = ""; });
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.input.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) { event.preventDefault(); this.sendFiles(event.clipboardData.files); }
    });
    this.wireDrop(this.element.querySelector(".screen"));
  }

  wireDrop(screen) {
    let depth = 0;
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    const over = (change) => (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      depth += change;
      screen.classList.toggle("dropping", depth > 0);
    };
    screen.addEventListener("dragenter", over(1));
    screen.addEventListener("dragleave", over(-1));
    screen.addEventListener("dragover", over(0));
    screen.addEventListener("drop", (event) => {
      depth = 0;
      over(0)(event);
      this.sendFiles(event.dataTransfer.files);
    });
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    const empty = this.input.value.trim() === "";
    // An empty field has no direction of its own: its hint stands where the chat's language begins.
    this.input.dir = empty ? "" : "auto";
    this.element.classList.toggle("writing", !empty);
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.grow();
    if (!(await this.say(text)) && !this.input.value) {
      this.input.value = text;
      this.grow();
    }
  }

  say(text) {
    this.stick = true;
    return postJson("/demo/say", { peer: this.peer, id: fresh(), text });
  }

  async sendFiles(files) {
    for (const file of files) {
      if (file.size > largest) { toast(tooLarge()); continue; }
      this.stick = true;
      const query = new URLSearchParams({ peer: this.peer, id: fresh(), name: file.name });
      this.element.classList.add("sending");
      await post(`/demo/file?${query}`, {
        headers: { "Content-Type": file.type || "application/octet-stream" }, body: file,
      });
      this.element.classList.remove("sending");
    }
  }

  async tap(message, button, key) {
    if (key.getAttribute("aria-busy") === "true") return;
    key.setAttribute("aria-busy", "true");
    this.stick = true;
    await postJson("/demo/tap", { peer: this.peer, id: fresh(), message: message.id, action: button.action });
    key.removeAttribute("aria-busy");
  }

  async load() {
    const answer = await fetch(`/demo/chat/${this.peer}?lang=${lang}`);
    const { messages } = await answer.json();
    for (const message of [...messages, ...this.waiting]) this.show(message, false);
    this.waiting = null;
    this.log.scrollTop = this.log.scrollHeight;
  }

  show(message, live) {
    const known = this.messages.get(message.id);
    if (known && known.version >= message.version) return;
    const atEnd = this.stick || this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    const element = this.drawn(message);
    if (!message.mine && message.lang) this.speak(message.lang);
    if (known) this.replace(known.element, element);
    else this.append(message, element, live);
    this.messages.set(message.id, { version: message.version, element });
    this.element.classList.add("begun");
    if (live && message.note) toast(message.note, message.lang, message.dir, this.persona.name);
    if (live) this.follow(element, known, atEnd, message.mine);
  }

  append(message, element, live) {
    if (message.day !== this.day) {
      this.day = message.day;
      this.log.append(made("p", "day", message.day));
    }
    if (live) element.classList.add("new");
    this.log.append(element);
  }

  replace(old, element) {
    const held = old.contains(document.activeElement);
    old.replaceWith(element);
    element.classList.add("changed");
    if (held) (element.querySelector("button.key") ?? this.log).focus({ preventScroll: true });
  }

  follow(element, changed, atEnd, mine) {
    const last = element === this.log.lastElementChild;
    if (last && (atEnd || mine)) this.log.scrollTop = this.log.scrollHeight;
    else if (changed && this.stick) element.scrollIntoView({ block: "nearest" });
    if (!mine) this.stick = false;
    for (const picture of element.querySelectorAll("img")) {
      picture.addEventListener("load", () => { if (atEnd) this.log.scrollTop = this.log.scrollHeight; });
    }
  }

  drawn(message) {
    const element = made("article", message.mine ? "msg mine" : "msg");
    element.dataset.id = message.id;
    element.hidden = message.gone;
    const bubble = made("div", "bubble");
    if (message.lang) bubble.lang = message.lang;
    if (message.dir) bubble.dir = message.dir;
    if (message.mine) bubble.append(made("span", "hidden", `${texts.sent}:`));
    if (message.file) bubble.append(drawnFile(message.file));
    if (message.title) bubble.append(made("p", "title", message.title));
    if (message.text) bubble.append(linked(made("div", "text"), message.text));
    bubble.append(stamp(message));
    element.append(bubble);
    if (message.rows.length) element.append(this.keys(message));
    return element;
  }

  keys(message) {
    const keys = made("div", "keys");
    if (message.lang) keys.lang = message.lang;
    if (message.dir) keys.dir = message.dir;
    for (const row of message.rows) {
      const line = made("div", "row");
      for (const button of row) line.append(this.key(message, button));
      keys.append(line);
    }
    return keys;
  }

  key(message, button) {
    if (button.url) {
      const link = safeLink(button.url);
      const key = made(link ? "a" : "span", "key away-link", button.label);
      if (link) Object.assign(key, { href: link, target: "_blank", rel: "noopener noreferrer" });
      return key;
    }
    const key = made("button", "key", button.label);
    key.type = "button";
    key.addEventListener("click", () => this.tap(message, button, key));
    return key;
  }
}

function stamp(message) {
  const line = made("div", "stamp");
  if (message.edited) line.append(made("span", "edited", texts.edited));
  line.append(made("time", "", message.time));
  return line;
}

function drawnFile(file) {
  const frame = made(file.href ? "a" : "div", file.picture ? "picture" : "file");
  if (file.href) Object.assign(frame, { href: file.href, target: "_blank", rel: "noopener" });
  if (file.picture) {
    const picture = made("img");
    Object.assign(picture, { src: file.href, alt: file.name });
    frame.append(picture);
    return frame;
  }
  const words = made("span", "file-words");
  words.append(made("bdi", "file-name", file.name), made("span", "file-size", file.size));
  if (file.href) frame.setAttribute("aria-label", said(texts.open, { name: file.name }));
  const kind = made("span", "file-kind", file.kind);
  kind.setAttribute("aria-hidden", "true");
  frame.append(kind, words);
  return frame;
}

function safeLink(address) {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.origin === location.origin ? url.href : "";
  } catch {
    return "";
  }
}

function linked(element, text) {
  const address = /https?:\/\/[^\s<>"'\u2066-\u2069\u200e\u200f]+[^\s<>"'\u2066-\u2069\u200e\u200f.,;:!?)،؛؟»]/g;
  let end = 0;
  for (const match of text.matchAll(address)) {
    const href = safeLink(match[0]);
    if (!href) continue;
    element.append(text.slice(end, match.index));
    const link = made("a", "", match[0]);
    Object.assign(link, { href, target: "_blank", rel: "noopener noreferrer", dir: "ltr" });
    element.append(link);
    end = match.index + match[0].length;
  }
  element.append(text.slice(end));
  return element;
}

function initial(name) {
  const digits = name.match(/\d+/);
  return digits ? digits[0] : [...name][0];
}

// --- which phones are on the table ----------------------------------------------------------------------

function drawPeople() {
  const people = find("people");
  people.replaceChildren(...everyone().map(chipOf), newGuest());
}

function chipOf(persona) {
  const chip = made("button", "chip");
  chip.type = "button";
  chip.dataset.peer = persona.peer;
  chip.dataset.role = persona.role;
  chip.setAttribute("aria-pressed", String(phones.has(persona.peer)));
  const face = made("span", "face", initial(persona.name));
  face.setAttribute("aria-hidden", "true");
  const words = made("span", "words");
  words.append(made("span", "name", persona.name), made("small", "", persona.about));
  chip.append(face, words, made("span", "count hidden"));
  chip.addEventListener("click", () => chosen(persona));
  return chip;
}

function newGuest() {
  const chip = made("button", "chip add");
  chip.type = "button";
  const plus = made("span", "face", "+");
  plus.setAttribute("aria-hidden", "true");
  chip.append(plus, made("span", "", texts.new));
  chip.addEventListener("click", async () => {
    guests.push(`guest-${fresh().slice(0, 13)}`);
    drawPeople();
    await open(everyone()[guests.length - 1]);
  });
  return chip;
}

async function chosen(persona) {
  const phone = phones.get(persona.peer);
  if (!phone) await open(persona);
  else if (NARROW.matches && !phone.element.classList.contains("front")) bringForward(phone);
  else if (!NARROW.matches) close(persona.peer);
}

async function open(persona) {
  if (phones.has(persona.peer)) return;
  const phone = new Phone(persona);
  phones.set(persona.peer, phone);
  find("phones").append(phone.element);
  bringForward(phone);
  await phone.load();
  remember();
}

function close(peer) {
  const phone = phones.get(peer);
  phone.element.remove();
  phones.delete(peer);
  const left = [...phones.values()].pop();
  if (left) bringForward(left);
  else refreshChips();
  if (peer.startsWith("guest-") && !phone.messages.size) {
    guests = guests.filter((one) => one !== peer);
    drawPeople();
  }
  remember();
}

function bringForward(phone) {
  for (const one of phones.values()) one.element.classList.toggle("front", one === phone);
  phone.element.scrollIntoView({ inline: "nearest", block: "nearest" });
  phone.log.scrollTop = phone.log.scrollHeight;
  refreshChips();
}

function refreshChips() {
  for (const chip of document.querySelectorAll(".chip[data-peer]")) {
    const phone = phones.get(chip.dataset.peer);
    chip.setAttribute("aria-pressed", String(Boolean(phone)));
    chip.classList.toggle("front", Boolean(phone?.front));
    if (phone?.front) mark(chip, false);
  }
  find("nobody").hidden = phones.size > 0;
}

// --- the clock, and short words that pass ----------------------------------------------------------------

function toast(text, code, dir, who) {
  const element = made("div", "toast");
  if (who) element.append(made("strong", "", who));
  const words = made("span", "", text);
  if (code) words.lang = code;
  words.dir = dir || "auto";
  element.append(words);
  find("toasts").append(element);
  setTimeout(() => element.classList.add("going"), 4200);
  setTimeout(() => element.remove(), 4700);
}

async function forward(button) {
  const steps = [...document.querySelectorAll("[data-step]")];
  for (const one of steps) one.setAttribute("aria-disabled", "true");
  document.body.classList.add("travelling");
  const answer = await postJson(`/demo/clock?lang=${lang}`, { step: button.dataset.step });
  if (answer) {
    const { moved, text } = await answer.json();
    find("now").textContent = text;
    toast(moved ? text : texts.idle);
  }
  document.body.classList.remove("travelling");
  for (const one of steps) one.removeAttribute("aria-disabled");
}

for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") !== "true") forward(button);
  });
}

find("clock").addEventListener("click", () => {
  const shown = find("clock").getAttribute("aria-expanded") === "true";
  find("clock").setAttribute("aria-expanded", String(!shown));
});

for (const type of ["dragover", "drop"]) {
  addEventListener(type, (event) => event.preventDefault());
}

NARROW.addEventListener("change", () => {
  const last = [...phones.values()].pop();
  if (last) bringForward(last);
});

// --- the first look -------------------------------------------------------------------------------------

async function begin() {
  if (!guests.length) guests.push(`guest-${fresh().slice(0, 13)}`);
  drawPeople();
  const all = new Map(everyone().map((one) => [one.peer, one]));
  const usual = [guests[0], ...personas.filter((one) => one.first).map((one) => one.peer)];
  const room = NARROW.matches ? 1 : Math.max(1, Math.min(3, Math.floor((innerWidth - 240) / 360)));
  const wanted = remembered("open", usual.slice(0, room)).filter((peer) => all.has(peer));
  for (const peer of wanted) await open(all.get(peer));
  listen();
  refreshChips();
  if (!NARROW.matches) find("phones").scrollTo({ left: 0 });
  document.body.dataset.ready = "";
}

begin();
