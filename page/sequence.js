/* SPDX-License-Identifier: BSD-2-Clause */
/* The sequence space of each direction: what the sender remembers above, what the receiver remembers below, on one
 * axis of numbers. Offsets count from the sender's ISN; labels say the header's own numbers. */
const WHOLE = 65536; /* a stream of at most so many bytes is shown whole; of a longer one what is going on now */

function offsetOf(number, isn) {
  return (number - isn) >>> 0;
}

/* What both ends know of this direction at t, as offsets. */
function directionAt(from, to, t) {
  const s = sampleAt(from, t), r = sampleAt(to, t);
  if (!s)
    return null;
  const off = (n) => offsetOf(n, s.iss);
  const d = {iss: s.iss, una: off(s.una), nxt: off(s.nxt), edge: off(s.una) + s.wnd, s, queued: off(s.una) + s.queued,
    state: stateAt(from, t), r: null, other: false};
  if (r && r.receives && stateAt(to, t) !== STATE.indexOf("SYN-SENT")) {
    d.other = r.irs !== s.iss;
    if (!d.other) {
      d.r = r;
      d.rnxt = off(r.rnxt);
      d.read = d.rnxt - r.unread;
      d.redge = d.rnxt + r.rwnd;
      d.blocks = r.blocks.map((b) => b.map(off)).sort((a, b) => a[0] - b[0]);
    }
  }
  return d;
}

/* The stretch of numbers that the bars show. */
function stretchOf(d, from) {
  const most = from.samples.filter((s) => s.iss === d.iss).reduce((n, s) => Math.max(n, offsetOf(s.nxt, s.iss)), 1);
  const shown = Math.max(d.nxt, d.queued > WHOLE ? 0 : d.queued, d.r ? d.rnxt : 0, 1);
  if (most <= WHOLE) {
    const end = Math.max(most, shown);
    const window = Math.max(d.edge, d.r ? d.redge : 0);
    return [0, window <= 2.5 * end ? Math.max(window, end) : end * 1.25];
  }
  const low = Math.min(d.una, d.r ? d.read : d.una);
  const high = Math.max(d.nxt, d.r ? d.rnxt : 0, ...(d.blocks || []).map((b) => b[1]), low + 20 * 1460);
  const span = (high - low) * 1.25;
  return [Math.max(0, low - span * 0.25), high + span * 0.2];
}

function barPart(kind, from, to, [low, high], width, y) {
  const x = (v) => Math.max(0, Math.min(1, (v - low) / (high - low))) * width;
  const w = x(to) - x(from);
  if (!(w > 0))
    return null;
  return make("svg:rect", {class: kind, x: x(from), y, width: Math.max(w, 1.5), height: 18});
}

/* Strokes across a stretch: it is told apart without its colour. */
function hatch(from, to, [low, high], width, y) {
  const x = (v) => Math.max(0, Math.min(1, (v - low) / (high - low))) * width;
  let d = "";
  for (let at = x(from) + 1; at + 5 < x(to); at += 7)
    d += `M${at} ${y + 18}l5 -18`;
  return d ? make("svg:path", {class: "hatch", d}) : null;
}

/* A bracket over the numbers that the window permits; an open end goes on beyond the picture. */
function windowMark(from, to, [low, high], width, y) {
  const x = (v) => Math.max(0, Math.min(1, (v - low) / (high - low))) * width;
  const cut = to > high;
  const end = cut ? width : x(to);
  return make("svg:path", {class: "windowmark", d: `M${x(from)} ${y + 5} V${y} H${end}` + (cut ? ` l-5 -3 m5 3 l-5 3` :
    ` V${y + 5}`)});
}

function pointer(name, value, shown, [low, high], width, y, up) {
  const x = Math.max(0, Math.min(1, (shown - low) / (high - low))) * width;
  const g = make("svg:g", {class: "pointer"});
  g.append(make("svg:path", {d: up ? `M${x} ${y} l-4 -6 h8 z` : `M${x} ${y} l-4 6 h8 z`}));
  const anchor = x < 70 ? "start" : x > width - 70 ? "end" : "middle";
  g.append(make("svg:text", {x: anchor === "start" ? Math.max(0, x - 4) : anchor === "end" ? Math.min(width, x + 4) : x,
    y: up ? y - 9 : y + 17, "text-anchor": anchor}, name));
  g.append(make("svg:title", {}, name + " " + value));
  return g;
}

function numbersOf(list) {
  const dl = make("dl");
  for (const [term, value] of list)
    dl.append(make("div", {}, make("dt", {}, term), make("dd", {}, String(value))));
  return dl;
}

function legend(kinds) {
  return make("p", {class: "legend"}, ...kinds.flatMap((k) => [make("i", {class: "swatch " + k}), say(k), " "]));
}

function direction(from, to, t, width) {
  const figure = make("figure", {class: "bars"});
  const caption = make("figcaption", {}, make("b", {}, from.name + " → " + to.name));
  const d = directionAt(from, to, t);
  figure.append(caption);
  if (!d) {
    figure.append(make("p", {class: "none"}, say("noRecord")));
    return figure;
  }
  const stretch = stretchOf(d, from);
  const svg = make("svg:svg", {viewBox: `0 0 ${width} 132`, width, height: 132, role: "img"});
  const add = (...parts) => svg.append(...parts.filter(Boolean));
  svg.append(make("svg:title", {}, from.name + " → " + to.name));
  add(make("svg:rect", {class: "track", x: 0, y: 46, width, height: 18}));
  add(barPart("acked", 0, d.una, stretch, width, 46), barPart("flying", d.una, d.nxt, stretch, width, 46),
    barPart("waiting", d.nxt, Math.max(d.nxt, d.queued), stretch, width, 46));
  add(windowMark(d.una, d.edge, stretch, width, 40));
  add(pointer("SND.UNA", d.s.una, d.una, stretch, width, 37, true));
  const apart = d.nxt - d.una > (stretch[1] - stretch[0]) * 0.2;
  if (d.nxt !== d.una)
    add(pointer("SND.NXT", d.s.nxt, d.nxt, stretch, width, apart ? 37 : 24, true));
  if (d.r) {
    add(make("svg:rect", {class: "track", x: 0, y: 76, width, height: 18}));
    add(barPart("read", 0, d.read, stretch, width, 76), barPart("inorder", d.read, d.rnxt, stretch, width, 76));
    for (const block of d.blocks)
      add(barPart("outoforder", block[0], block[1], stretch, width, 76), hatch(block[0], block[1], stretch, width, 76));
    add(windowMark(d.rnxt, d.redge, stretch, width, 71));
    add(pointer("RCV.NXT", d.r.rnxt, d.rnxt, stretch, width, 98, false));
  }
  figure.append(svg);
  const says = (n) => numberOf(n, from);
  const known = d.r ? [["RCV.NXT", says(d.r.rnxt)], ["RCV.WND", count(d.r.rwnd)],
    [say("outoforder"), d.r.blocks.length ? d.r.blocks.map((b) => b.map(says).join("–")).join(", ") : "0"],
    [say("inorder"), count(d.r.unread)]] : [];
  figure.append(numbersOf([["SND.UNA", says(d.s.una)], ["SND.NXT", says(d.s.nxt)], ["SND.WND", count(d.s.wnd)],
    [say("waiting"), count(Math.max(0, d.queued - d.nxt))], ...known]));
  if (!d.r)
    figure.append(make("p", {class: "none"}, to.name + ": " + say(d.other ? "otherLife" : "noRecord")));
  return figure;
}

function drawSequence(conversation, t) {
  const box = byId("sequence");
  const [a, b] = conversation.sides;
  const wide = Math.max(280, Math.min(box.clientWidth || 340, 900)) - 4;
  fillIn(box, direction(a, b, t, wide), direction(b, a, t, wide),
    legend(["acked", "flying", "waiting", "read", "inorder", "outoforder"]));
}
