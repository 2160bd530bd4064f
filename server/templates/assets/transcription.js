// Comfort for who types photographs: the view of each photograph, keys, and control relations as one
// types. Nothing here decides anything; without it the page works, and headquarters checks again.

const form = document.querySelector("form.typed");
const views = [...document.querySelectorAll(".sheetphoto img")];
const tools = document.querySelector(".viewtools");

// ---- The view of a photograph, remembered in this tab only.

const FRESH = { zoom: 1, turn: 0, light: 1, contrast: 1, x: 0, y: 0 };
let current = 0;

function remembered(image) {
  try {
    const kept = JSON.parse(sessionStorage.getItem("view:" + image.dataset.photo));
    return { ...FRESH, ...kept };
  } catch {
    return { ...FRESH };
  }
}

const states = views.map(remembered);

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function draw(at) {
  const [image, state] = [views[at], states[at]];
  const side = image.naturalWidth && state.turn % 180 ? image.naturalHeight / image.naturalWidth : 1;
  const fit = side > 1 ? 1 / side : 1;
  image.style.transform =
    `translate(${state.x}px, ${state.y}px) rotate(${state.turn}deg) scale(${state.zoom * fit})`;
  image.style.filter = `brightness(${state.light}) contrast(${state.contrast})`;
  try {
    sessionStorage.setItem("view:" + image.dataset.photo, JSON.stringify(state));
  } catch {
    // A tab that may keep nothing shows it all the same.
  }
}

const ACTS = {
  in: (state) => { state.zoom = clamp(state.zoom * 1.25, 0.5, 12); },
  out: (state) => { state.zoom = clamp(state.zoom / 1.25, 0.5, 12); },
  turn: (state) => { state.turn = (state.turn + 90) % 360; },
  lighter: (state) => { state.light = clamp(state.light + 0.15, 0.25, 3); },
  darker: (state) => { state.light = clamp(state.light - 0.15, 0.25, 3); },
  contrast: (state) => { state.contrast = state.contrast >= 3 ? 1 : state.contrast + 0.25; },
  duller: (state) => { state.contrast = clamp(state.contrast - 0.25, 0.5, 3); },
  up: (state) => { state.y += 60; },
  down: (state) => { state.y -= 60; },
  left: (state) => { state.x += 60; },
  right: (state) => { state.x -= 60; },
  reset: (state) => Object.assign(state, FRESH),
};

function act(name) {
  if (!views.length) return;
  if (name === "next") {
    current = (current + 1) % views.length;
    views[current].closest("figure").scrollIntoView({ block: "nearest" });
    mark();
    return;
  }
  ACTS[name](states[current]);
  draw(current);
}

function mark() {
  views.forEach((image, at) => image.closest("figure").classList.toggle("current", at === current));
}

views.forEach((image, at) => {
  const frame = image.closest(".frame");
  draw(at);
  image.addEventListener("load", () => draw(at));
  frame.addEventListener("focus", () => { current = at; mark(); });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== frame) return;
    event.preventDefault();
    current = at;
    act(event.deltaY < 0 ? "in" : "out");
  }, { passive: false });
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    current = at;
    mark();
    from = { x: event.clientX - states[at].x, y: event.clientY - states[at].y };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from) return;
    states[at].x = event.clientX - from.x;
    states[at].y = event.clientY - from.y;
    draw(at);
  });
  const release = () => { from = null; };
  frame.addEventListener("pointerup", release);
  frame.addEventListener("pointercancel", release);
  frame.addEventListener("dblclick", () => act("in"));
  image.draggable = false;
});
mark();

if (tools && views.length) {
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) act(button.dataset.do);
  });
}

// ---- Keys.

const ALT = {
  KeyR: "turn", KeyL: "lighter", KeyD: "darker", KeyK: "contrast", KeyJ: "duller", KeyN: "next",
  Digit0: "reset", ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
};

const cells = form ? [...form.querySelectorAll("input.cell")] : [];

document.addEventListener("keydown", (event) => {
  const inWords = event.target.matches("textarea, input:not(.cell):not([type=radio])");
  if (event.altKey && !event.ctrlKey && !event.metaKey && ALT[event.code]) {
    event.preventDefault();
    act(ALT[event.code]);
    return;
  }
  if (event.key === "Enter" && event.ctrlKey && form) {
    event.preventDefault();
    form.requestSubmit(form.querySelector(".buttons button.main"));
    return;
  }
  if (event.key === "Enter" && event.target.matches("input.cell")) {
    event.preventDefault();
    const next = cells[cells.indexOf(event.target) + (event.shiftKey ? -1 : 1)];
    if (next) {
      next.focus();
      next.select();
    } else if (!event.shiftKey) {
      form.querySelector(".buttons button.main").focus();
    }
    return;
  }
  if (inWords || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "+" || event.key === "=") {
    event.preventDefault();
    act("in");
  } else if (event.key === "-" || event.key === "−") {
    event.preventDefault();
    act("out");
  } else if (event.key === "?") {
    event.preventDefault();
    const keys = document.querySelector("details.keys");
    if (keys) {
      keys.open = !keys.open;
      keys.scrollIntoView({ block: "nearest" });
    }
  }
});

// ---- What is typed, kept in this tab until headquarters has it: a session may end in the middle, and
// whoever enters again finds it. For the same account only: nobody sees another's entry.

const DRAFT = "typed:";
const draft = form ? `${DRAFT}${form.dataset.account}:${form.dataset.item}` : "";
const draftFields = (of) =>
  [...of.elements].filter((field) => field.name && field.matches("input, select, textarea"));

function drafts() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT));
  } catch {
    return [];
  }
}

function keepDraft() {
  const kept = draftFields(form).filter((field) => field.type !== "radio" || field.checked);
  const pairs = kept.map((field) => [field.name, field.value]);
  try {
    sessionStorage.setItem(draft, JSON.stringify(pairs));
  } catch {
    // A tab that may keep nothing sends it all the same.
  }
}

function findDraft() {
  let pairs;
  try {
    pairs = JSON.parse(sessionStorage.getItem(draft) ?? "[]");
  } catch {
    pairs = [];
  }
  const kept = new Map(pairs);
  for (const field of draftFields(form)) {
    if (!kept.has(field.name)) continue;
    if (field.type === "radio") field.checked = field.value === kept.get(field.name);
    else field.value = kept.get(field.name);
  }
  const answers = form.querySelector("details.answers");
  if (answers && kept.has("shows")) answers.open = kept.get("shows") !== "figures";
}

// Headquarters has it, or nobody wants it any more.
if (document.querySelector("[data-entry-done]")) {
  for (const key of drafts()) sessionStorage.removeItem(key);
}

// ---- Control relations, as one types. They never block.

function figure(name) {
  const field = form.elements.namedItem(name);
  if (!field) return null;
  const digits = field.value.replace(/[\s\u00a0\u2009\u202f']/g, "");
  return /^[0-9]{1,15}$/.test(digits) ? BigInt(digits) : null;
}

function sum(side) {
  let total = 0n;
  for (const [name, times] of side) {
    const value = figure(name);
    if (value === null) return null;
    total += value * BigInt(times);
  }
  return side.length ? total : null;
}

const HOLDS = { eq: (a, b) => a === b, le: (a, b) => a <= b, ge: (a, b) => a >= b };

function check() {
  const list = form.querySelector(".remarks.live");
  const said = [];
  for (const relation of JSON.parse(form.dataset.relations)) {
    const [left, right] = [sum(relation.left), sum(relation.right)];
    if (left === null || right === null || HOLDS[relation.op](left, right)) continue;
    said.push(`${relation.text}: ${left} ≠ ${right}`.replace("≠", relation.op === "eq" ? "≠" : "↔"));
  }
  const shown = [...list.children].map((line) => line.textContent);
  if (shown.length === said.length && shown.every((text, at) => text === said[at])) return;
  list.replaceChildren(...said.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));
}

if (form) {
  // What headquarters sends back was typed later than what is kept.
  if (!("refused" in form.dataset)) findDraft();
  const live = form.querySelector(".remarks.live");
  // What headquarters found is shown until something is typed.
  form.addEventListener("input", () => {
    live.hidden = false;
    form.querySelector(".remarkbox")?.setAttribute("hidden", "");
    check();
    keepDraft();
  });
  // Who types a number means that there are figures; who chooses another answer, that there are none.
  form.addEventListener("change", (event) => {
    if (event.target.name === "unit") form.querySelector("[value=wrong_unit]").checked = true;
    if (event.target.name === "copy") form.querySelector("[value=wrong_copy]").checked = true;
    keepDraft();
  });
  check();
  const first = cells.find((cell) => cell.getAttribute("aria-invalid")) ?? cells.find((cell) => !cell.value);
  (form.querySelector("button.anyway") ?? first)?.focus();
}

// ---- The time one has: begun anew while one types, at most every two minutes.

const RENEW_MS = 2 * 60 * 1000;
const LEASE_MS = 15 * 60 * 1000;
const left = Number(form?.dataset.left ?? 0);
let until = Date.now() + left;
let renewed = Date.now();

async function renew() {
  try {
    const answer = await fetch(`/v1/transcriptions/${form.dataset.item}/lease`, { method: "POST" });
    if (answer.ok) until = Date.now() + LEASE_MS;
    else if (answer.status === 409) until = 0;
  } catch {
    // Headquarters does not answer now; the next key tries again.
  }
}

function clock() {
  const notice = form.querySelector(".timeup");
  if (notice) notice.hidden = Date.now() < until;
}

if (form && left > 0) {
  form.addEventListener("input", () => {
    if (Date.now() - renewed < RENEW_MS) return;
    renewed = Date.now();
    renew().then(clock);
  });
  setInterval(clock, 15000);
}
