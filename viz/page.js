// The page around a picture: pan and zoom, what a node depends on, details, search, closing modules.
// `graph` has cards, frames (parents first) and wires; all positions are those of the full picture.
"use strict";
const stage = document.getElementById("stage"), view = document.getElementById("view");
const aside = document.querySelector("aside"), search = document.getElementById("search");
const elements = (name) => [...view.querySelectorAll(name)];
const cards = graph.cards, frames = graph.frames, wires = graph.wires;
elements(".card[data-key]").forEach((g, i) => { cards[i].g = g; });
elements(".frame").forEach((g, i) => { frames[i].g = g; });
elements(".card[data-closed]").forEach((g, i) => { frames[i].card = g; g.removeAttribute("style"); });
elements(".edge").forEach((g, i) => { wires[i].g = g; });
const closed = new Set();

// --- what is shown: a card stands for itself or for the outermost closed module around it ---

const outermost = (frame) => {
  let found = null;
  for (let f = frame; f !== null; f = frames[f].parent) if (closed.has(f)) found = f;
  return found;
};
const shownAs = (i) => {
  const frame = outermost(cards[i].home);
  return frame === null ? { card: i, ...cards[i] } : { frame, ...frames[frame].closed };
};

// A scale that keeps all occupied intervals as they are and shortens what lies empty between them.
function shortened(intervals, longest) {
  intervals.sort((a, b) => a[0] - b[0]);
  const knots = [];
  let end = -Infinity, shift = 0;
  for (const [from, to] of intervals) {
    if (from > end) {
      if (end > -Infinity) { knots.push([end, end - shift]); shift += Math.max(0, from - end - longest); }
      else shift = from;
      knots.push([from, from - shift]);
    }
    end = Math.max(end, to);
  }
  knots.push([end, end - shift]);
  return (v) => {
    let low = 0, high = knots.length - 1;
    if (v <= knots[0][0]) return knots[0][1] + v - knots[0][0];
    if (v >= knots[high][0]) return knots[high][1] + v - knots[high][0];
    while (high - low > 1) { const m = (low + high) >> 1; if (knots[m][0] <= v) low = m; else high = m; }
    const [a, b] = [knots[low], knots[high]];
    return b[0] === a[0] ? a[1] : a[1] + (v - a[0]) / (b[0] - a[0]) * (b[1] - a[1]);
  };
}

const inside = (p, r) => p[0] > r.x - 1 && p[0] < r.x + r.w + 1 && p[1] > r.y - 1 && p[1] < r.y + r.h + 1;

function routed(wire) {
  const from = shownAs(wire.source), to = shownAs(wire.target);
  let points = wire.points;
  if (from.frame !== undefined) {
    const r = frames[from.frame].rect, start = points.findIndex((p) => !inside(p, r));
    const x = start > 0 ? points[start - 1][0] : points[0][0];
    points = [[from.x + from.w / 2, from.y + from.h], [x, r.y + r.h], ...points.slice(Math.max(start, 0))];
  }
  if (to.frame !== undefined) {
    const r = frames[to.frame].rect;
    let stop = points.length;
    while (stop > 1 && inside(points[stop - 1], r)) stop -= 1;
    const x = stop < points.length ? points[stop][0] : points[stop - 1][0];
    points = [...points.slice(0, stop), [x, r.y], [to.x + to.w / 2, to.y]];
  }
  return points;
}

function pathOf(points) {
  let d = `M${points[0]}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1], [x1, y1] = points[i];
    if (Math.abs(x0 - x1) < 0.05 || Math.abs(y0 - y1) < 0.05) d += `L${x1} ${y1}`;
    else { const m = (y0 + y1) / 2; d += `C${x0} ${m} ${x1} ${m} ${x1} ${y1}`; }
  }
  return d;
}

let shownWires = [];

function arrange() {
  const columns = [], rows = [];
  const keep = (r) => { columns.push([r.x, r.x + r.w]); rows.push([r.y, r.y + r.h]); };
  frames.forEach((f, i) => {
    f.shown = outermost(f.parent) === null;
    f.open = f.shown && !closed.has(i);
    if (f.shown && !f.open) keep(f.closed);
    if (f.open) {
      columns.push([f.rect.x, f.rect.x + 13], [f.title, f.title + f.header], [f.rect.x + f.rect.w - 13, f.rect.x + f.rect.w]);
      rows.push([f.rect.y, f.rect.y + 26], [f.rect.y + f.rect.h - 11, f.rect.y + f.rect.h]);
    }
  });
  cards.forEach((c) => { c.shown = outermost(c.home) === null; if (c.shown) keep(c); });
  shownWires = [];
  const drawn = new Set();
  for (const wire of wires) {
    const from = shownAs(wire.source), to = shownAs(wire.target);
    wire.ends = [from.frame === undefined ? `c${from.card}` : `f${from.frame}`, to.frame === undefined ? `c${to.card}` : `f${to.frame}`];
    const name = wire.ends.join(">");
    wire.shown = wire.ends[0] !== wire.ends[1] && !(closed.size && drawn.has(name));
    if (!wire.shown) continue;
    drawn.add(name);
    shownWires.push(wire);
    wire.now = wire.side ? wire.points : routed(wire);
    if (!wire.side) for (const p of wire.now) columns.push([p[0] - 7, p[0] + 7]);
  }
  const same = (v) => v;
  const x = closed.size ? shortened(columns, 30) : same, y = closed.size ? shortened(rows, 44) : same;
  const put = (g, r) => { g.classList.remove("gone"); g.setAttribute("transform", `translate(${x(r.x)} ${y(r.y)})`); };
  cards.forEach((c) => (c.shown ? put(c.g, c) : c.g.classList.add("gone")));
  frames.forEach((f) => {
    f.g.classList.toggle("gone", !f.open);
    if (f.shown && !f.open) put(f.card, f.closed); else f.card.classList.add("gone");
    if (!f.open) return;
    const box = f.g.firstChild, [left, top] = [x(f.rect.x), y(f.rect.y)];
    box.setAttribute("x", left); box.setAttribute("y", top);
    box.setAttribute("width", x(f.rect.x + f.rect.w) - left); box.setAttribute("height", y(f.rect.y + f.rect.h) - top);
    f.g.lastChild.setAttribute("x", x(f.title)); f.g.lastChild.setAttribute("y", top + 17);
  });
  for (const wire of wires) wire.g.classList.toggle("gone", !wire.shown);
  for (const wire of shownWires) {
    const points = wire.now.map((p) => [x(p[0]), y(p[1])]), [ex, ey] = points[points.length - 1];
    if (wire.side) points[points.length - 1] = [ex - 5, ey]; else points[points.length - 1] = [ex, ey - 5];
    wire.g.children[0].setAttribute("d", pathOf(points));
    wire.g.children[1].setAttribute("d", wire.side ? `M${ex} ${ey}l-6 -3v6z` : `M${ex} ${ey}l-4 -7h8z`);
    const times = wire.g.children[2];
    if (times) {
      const middle = points[(points.length >> 1) - 1];
      times.setAttribute("x", middle[0] + 8); times.setAttribute("y", middle[1] + 16);
      times.classList.toggle("gone", closed.size > 0 && wire.ends.some((e) => e[0] === "f"));
    }
  }
  const deepest = frames.some((f, i) => f.shown && closed.has(i));
  document.getElementById("open").disabled = !deepest;
  document.getElementById("close").disabled = !frames.some((f) => f.open);
}

// --- pan and zoom ---

let at = { x: 0, y: 0, k: 1 };
function move(next) {
  at = next;
  view.setAttribute("transform", `translate(${at.x} ${at.y}) scale(${at.k})`);
  stage.classList.toggle("far", at.k < 0.3);
  stage.classList.toggle("farther", at.k < 0.12);
}
function zoom(factor, cx = stage.clientWidth / 2, cy = stage.clientHeight / 2) {
  const k = Math.min(Math.max(at.k * factor, 0.005), 8);
  move({ x: cx - (cx - at.x) * k / at.k, y: cy - (cy - at.y) * k / at.k, k });
}
function fit(whole = true) {
  const box = view.getBBox(), [w, h] = [stage.clientWidth, stage.clientHeight];
  const byWidth = Math.min((w - 40) / box.width, 1.25), both = Math.min(byWidth, (h - 40) / box.height);
  const k = whole || both > 0.55 ? both : Math.max(Math.min(byWidth, 0.85), both);
  const top = k * box.height <= h ? (h - k * box.height) / 2 : 20;
  move({ x: w / 2 - k * (box.x + box.width / 2), y: top - k * box.y, k });
}
function show(g) {
  const r = g.getBoundingClientRect(), s = stage.getBoundingClientRect();
  const k = Math.max(at.k, 0.8), [cx, cy] = [r.x + r.width / 2 - s.x, r.y + r.height / 2 - s.y];
  move({ x: stage.clientWidth / 2 - (cx - at.x) * k / at.k, y: stage.clientHeight / 2 - (cy - at.y) * k / at.k, k });
}
stage.addEventListener("wheel", (e) => {
  e.preventDefault();
  const s = stage.getBoundingClientRect();
  if (e.ctrlKey || e.metaKey || !e.shiftKey) zoom(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : 0.0015)), e.clientX - s.x, e.clientY - s.y);
  else move({ ...at, x: at.x - e.deltaY });
}, { passive: false });
const fingers = new Map();
let travelled = 0;
stage.addEventListener("pointerdown", (e) => { fingers.set(e.pointerId, e); travelled = 0; });
addEventListener("pointermove", (e) => {
  const before = fingers.get(e.pointerId);
  if (!before) return;
  const [dx, dy] = [e.clientX - before.clientX, e.clientY - before.clientY];
  travelled += Math.abs(dx) + Math.abs(dy);
  if (travelled > 4) stage.classList.add("dragging");
  if (fingers.size === 2) {
    const other = [...fingers.values()].find((f) => f.pointerId !== e.pointerId), s = stage.getBoundingClientRect();
    const gap = (f) => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
    if (gap(before) > 0) zoom(gap(e) / gap(before), other.clientX - s.x, other.clientY - s.y);
  } else if (travelled > 4) move({ ...at, x: at.x + dx, y: at.y + dy });
  fingers.set(e.pointerId, e);
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (e) => { fingers.delete(e.pointerId); stage.classList.remove("dragging"); });

// --- what a node depends on and what depends on it ---

function along(start, forward) {
  const next = new Map();
  for (const wire of shownWires) {
    const [a, b] = forward ? wire.ends : [wire.ends[1], wire.ends[0]];
    if (!next.has(a)) next.set(a, []);
    next.get(a).push([b, wire]);
  }
  const seen = new Set([start]), used = new Set(), stack = [start];
  while (stack.length) for (const [b, wire] of next.get(stack.pop()) || []) {
    used.add(wire);
    if (!seen.has(b)) { seen.add(b); stack.push(b); }
  }
  return [seen, used];
}
function highlight(name) {
  const [up, upWires] = along(name, false), [down, downWires] = along(name, true);
  cards.forEach((c, i) => c.g.classList.toggle("dim", !(up.has(`c${i}`) || down.has(`c${i}`))));
  frames.forEach((f, i) => f.card.classList.toggle("dim", !(up.has(`f${i}`) || down.has(`f${i}`))));
  for (const wire of shownWires) {
    const lit = upWires.has(wire) || downWires.has(wire);
    wire.g.classList.toggle("lit", lit); wire.g.classList.toggle("dim", !lit);
  }
}
const plain = () => elements(".dim, .lit").forEach((g) => g.classList.remove("dim", "lit"));
const nameOf = (g) => (g.dataset.closed !== undefined ? `f${frames.findIndex((f) => f.card === g)}` : `c${cards.findIndex((c) => c.g === g)}`);
let pending = 0;
view.addEventListener("pointerover", (e) => {
  const g = e.target.closest(".card");
  clearTimeout(pending);
  if (!fingers.size) pending = setTimeout(() => (g ? highlight(nameOf(g)) : plain()), g ? 120 : 60);
});
stage.addEventListener("pointerleave", () => { clearTimeout(pending); plain(); });

// --- details ---

function details(title, rows, button) {
  aside.replaceChildren();
  const add = (tag, text, parent = aside) => { const e = document.createElement(tag); e.textContent = text; parent.append(e); return e; };
  const shut = add("button", "×");
  shut.className = "close"; shut.setAttribute("aria-label", "Close the details"); shut.onclick = unchoose;
  add("h2", title);
  const list = add("dl", "");
  for (const [key, value] of rows) { add("dt", key, list); add("dd", value, list); }
  if (button) { const b = add("button", button[0]); b.style.marginTop = "14px"; b.onclick = button[1]; }
  aside.hidden = false;
}
function unchoose() { aside.hidden = true; elements(".chosen").forEach((g) => g.classList.remove("chosen")); }
function choose(g) {
  elements(".chosen").forEach((c) => c.classList.remove("chosen"));
  g.classList.add("chosen");
  const name = nameOf(g), i = Number(name.slice(1));
  if (name[0] === "c") details(cards[i].facts[0][1], cards[i].facts);
  else details(frames[i].name, frames[i].facts, ["Open this module", () => { toggle(i); unchoose(); }]);
}
function toggle(frame) {
  const anchor = (f) => (closed.has(f) ? frames[f].card : frames[f].g).getBoundingClientRect();
  const before = anchor(frame);
  if (closed.has(frame)) closed.delete(frame); else closed.add(frame);
  plain(); arrange();
  const after = anchor(frame);
  move({ ...at, x: at.x + before.x + before.width / 2 - after.x - after.width / 2, y: at.y + before.y - after.y });
}
view.addEventListener("click", (e) => {
  const card = e.target.closest(".card"), frame = e.target.closest(".frame > text");
  if (travelled > 4) return;
  if (card) choose(card);
  else if (frame) toggle(frames.findIndex((f) => f.g === frame.parentNode));
});
view.addEventListener("dblclick", (e) => {
  const card = e.target.closest(".card[data-closed]");
  if (card) toggle(frames.findIndex((f) => f.card === card));
});

// --- levels: modules no deeper than a level are open ---

const depth = (f) => (frames[f].parent === null ? 0 : 1 + depth(frames[f].parent));
const deepestLevel = Math.max(0, ...frames.map((_, f) => 1 + depth(f)));
function setLevel(level) {
  closed.clear();
  frames.forEach((_, f) => { if (depth(f) >= level) closed.add(f); });
  arrange();
}
const openLevel = () => Math.max(0, ...frames.map((f, i) => (f.open ? 1 + depth(i) : 0)));
document.getElementById("open").onclick = () => {
  const shown = frames.flatMap((f, i) => (f.shown && closed.has(i) ? [depth(i)] : []));
  setLevel(Math.min(...shown) + 1); fit(false);
};
document.getElementById("close").onclick = () => { setLevel(openLevel() - 1); fit(false); };
document.getElementById("fit").onclick = () => fit();

// --- search ---

let matches = [], turn = 0;
search.addEventListener("input", () => {
  const word = search.value.trim().toLowerCase();
  elements(".found").forEach((g) => g.classList.remove("found"));
  matches = word ? cards.filter((c) => c.facts.some(([, v]) => v.toLowerCase().includes(word))) : [];
  matches.forEach((c) => c.g.classList.add("found"));
  turn = 0;
  document.querySelector(".matches").textContent = word ? `${matches.length} found` : "";
});
search.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || !matches.length) return;
  const card = matches[turn++ % matches.length];
  for (let f = card.home; f !== null; f = frames[f].parent) closed.delete(f);
  arrange(); show(card.g); choose(card.g);
});

// --- keys ---

elements(".card").forEach((g) => { g.setAttribute("tabindex", "0"); g.setAttribute("role", "button"); });
addEventListener("keydown", (e) => {
  const card = document.activeElement.closest && document.activeElement.closest(".card");
  if (e.key === "Escape") { unchoose(); plain(); }
  else if (e.target === search) return;
  else if (card && (e.key === "Enter" || e.key === " ")) { choose(card); e.preventDefault(); }
  else if (e.key === "/") { search.focus(); e.preventDefault(); }
  else if (e.key === "+" || e.key === "=") zoom(1.25);
  else if (e.key === "-") zoom(0.8);
  else if (e.key === "0") fit();
  else if (e.key.startsWith("Arrow")) {
    const [dx, dy] = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[e.key];
    move({ ...at, x: at.x + dx, y: at.y + dy }); e.preventDefault();
  }
});

let level = deepestLevel;
const visibleAt = (n) => cards.filter((c) => c.home === null || depth(c.home) < n).length
  + frames.filter((_, f) => depth(f) <= n).length;
while (level > 0 && visibleAt(level) > 150) level -= 1;
setLevel(level);
fit(false);
let size = "";
new ResizeObserver(() => { const s = `${stage.clientWidth}x${stage.clientHeight}`; if (size && s !== size && size.startsWith("0")) fit(false); size = s; }).observe(stage);
