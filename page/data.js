/* SPDX-License-Identifier: BSD-2-Clause */
/* The run's data (scenario/page_data.c writes it) as the other parts want it: rows, samples, moments of time. */
const DATA = JSON.parse(byId("data").textContent);
/* States by number, as the stack's own table has them. */
const STATE = DATA.machine.states;
const KIND = {SEGMENT: 0, LOST: 1, DROPPED: 2, DEPARTED: 3, ARRIVED: 4, TIMER: 5, CALL: 6, NOTE: 7, FOLD: 8, STATE: 9};
const FLAG = {FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128, AE: 256};
const SAMPLE = ["t", "iss", "irs", "una", "nxt", "wnd", "queued", "receives", "rnxt", "rwnd", "unread", "cwnd",
  "ssthresh", "flight", "srtt", "rto", "recovery"];

function sampleOf(list) {
  const s = {blocks: []};
  SAMPLE.forEach((name, i) => { s[name] = list[i]; });
  for (let i = SAMPLE.length; i < list.length; i += 2)
    s.blocks.push([list[i], list[i + 1]]);
  return s;
}

for (const c of DATA.conversations)
  for (const side of c.sides)
    side.samples = side.samples.map(sampleOf);

/* The number of entries at or before t, by bisection; `time` names the entry's time. */
function upTo(list, t, time) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(list[middle]) <= t)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The last sample at or before t; null: none yet, or the connection has ended since (its record is gone). */
function sampleAt(side, t) {
  const n = upTo(side.samples, t, (s) => s.t);
  return n ? side.samples[n - 1] : null;
}

function statesAt(side, t) {
  return side.states.slice(0, upTo(side.states, t, (s) => s[0]));
}

function stateAt(side, t) {
  const past = statesAt(side, t);
  return past.length ? past[past.length - 1][3] : side.initial;
}

function departs(row) {
  return row.d !== undefined && row.k !== KIND.ARRIVED ? row.d : row.a;
}

/* When a row is over: its arrival, where that is no row of its own. */
function finishes(row) {
  return row.a !== undefined && (row.k === KIND.SEGMENT || row.k === KIND.DROPPED) ? row.a : departs(row);
}

/* Each moment at which something happens in this conversation or beside it. */
function momentsOf(conversation) {
  const at = new Map();
  const put = (t, what, thing) => {
    if (t === undefined)
      return;
    if (!at.has(t))
      at.set(t, {t, rows: [], ends: [], events: []});
    at.get(t)[what].push(thing);
  };
  for (const row of conversation ? conversation.rows : []) {
    put(departs(row), "rows", row);
    if (finishes(row) !== departs(row))
      put(finishes(row), "ends", row);
  }
  for (const event of DATA.events)
    put(event.d, "events", event);
  if (at.size === 0)
    put(0, "events", {kind: "other", text: ""});
  return [...at.values()].sort((a, b) => a.t - b.t);
}

/* The ladder of two hosts has no samples: the other pictures show the conversation in it on which the claim turns. */
function detailsOf(c) {
  if (!c || !c.story)
    return c;
  const within = DATA.conversations.filter((o) => !o.story && o.sides.every((s) => s.host !== undefined &&
    c.sides.some((e) => e.host === s.host)));
  return within.find((o) => o.rows.some((r) => r.x)) || within[0] || null;
}

function conversationName(c) {
  if (c.story)
    return say("story", {a: c.sides[0].name, b: c.sides[1].name});
  const names = c.names.join(", ");
  return (names ? names + ": " : "") + c.sides[0].name + " → " + c.sides[1].name;
}

/* May numbers count from the ISNs? Not where segments of several incarnations stand in one ladder. */
function oneLife(c) {
  return c.sides.every((side, i) => side.isn !== undefined && c.rows.every((r) => r.s !== i || r.k > KIND.ARRIVED ||
    r.lb || r.by || !(r.f & FLAG.SYN) || r.q === side.isn));
}

const numbers = {relative: false};

/* A number of this side's stream as the page says it. */
function numberOf(n, side) {
  return numbers.relative && n !== undefined ? (n - side.isn) >>> 0 : n;
}
