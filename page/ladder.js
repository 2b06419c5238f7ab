/* SPDX-License-Identifier: BSD-2-Clause */
/* The ladder: two rails, time running down, a state at its margin when it changes. The rules are those of `--ladder`:
 * label on the sender's side, fields in a fixed order, losses and timers in words, colour only adds. */
function flagsOf(f) {
  const order = ["SYN", "FIN", "RST", "PSH", "URG", "ACK"];
  const small = ["CWR", "ECE", "AE"];
  const names = order.filter((n) => f & FLAG[n]).concat(small.filter((n) => f & FLAG[n]).map((n) => n.toLowerCase()));
  return names.join(",") || "none";
}

const AGAIN = ["", "RTO", "fast", "TLP", "SACK", "probe", "keepalive", "seen"];
function againOf(row) {
  if (!row.re)
    return "";
  const name = AGAIN[row.re] + (row.re === 1 ? "#" + (row.rc || 1) : "");
  return row.re === 5 || row.re === 6 ? name : "re=" + name;
}

/* The words of a segment. `shown` remembers each side's window: it is said when it is news. */
function labelOf(row, shown, conversation) {
  if (row.lb)
    return row.lb.split(" ");
  const own = conversation.sides[row.s], peer = conversation.sides[1 - row.s];
  const words = [flagsOf(row.f), "seq=" + (row.f & FLAG.RST && row.q === 0 ? 0 : numberOf(row.q, own))];
  if (row.by)
    words.push(say("forgedBy", {name: row.by}));
  if (row.k === KIND.ARRIVED)
    return words;
  if (row.c !== undefined)
    words.push("ack=" + numberOf(row.c, peer));
  if (row.l)
    words.push("len=" + row.l);
  const again = againOf(row);
  if (again)
    words.push(again);
  if (row.w !== undefined) {
    const was = shown[row.s];
    const news = was === undefined || row.f & FLAG.SYN || (row.w === 0) !== (was === 0) ||
      Math.abs(row.w - was) >> (row.wx || 0) !== 0;
    if (news && row.w !== was || was === undefined || row.f & FLAG.SYN) {
      words.push("win=" + row.w + (row.w ? "" : "!"));
      shown[row.s] = row.w;
    }
  }
  if (row.sk)
    words.push("sack=" + row.sk.map((b) => b.map((n) => numberOf(n, peer)).join("-")).join(","));
  if (row.m)
    words.push("mss=" + row.m);
  if (row.o & 1)
    words.push("sack");
  if (row.o & 2)
    words.push("ts");
  if (row.ws !== undefined)
    words.push("ws=" + row.ws);
  if (row.o & 4)
    words.push("tfo");
  return words;
}

function bracketOf(row) {
  const fired = (name) => say(name) + (row.du ? " " + seconds(row.du) : "") + say("due") +
    (row.nx ? say("nextIn", {t: seconds(row.nx)}) : "");
  const wait = row.du ? " = " + (row.du % 1e9 ? seconds(row.du) : row.du / 1e9 + " s") : "";
  return "[" + [row.t || "", fired("rto_fired"), fired("persist"), say("over", {t: wait}), say("delack"),
    say("keepalive"), say("user"), say("tlp"), say("reorder")][row.b || 0] + "]";
}

function foldText(row) {
  const others = row.fs && row.fo === row.fs; /* none of them is TCP's */
  return say((row.hidden ? "folded" : "foldedMore") + (others ? "Packets" : ""),
    {n: count(row.fs || 0), b: count(row.fb || 0)});
}

/* One line that says what a row is, for lists and for readers that see no arrow. */
function sentenceOf(row, conversation) {
  const names = conversation.sides.map((s) => s.name);
  const who = names[row.s];
  if (row.k <= KIND.ARRIVED) {
    const real = row.by ? say("actsAs", {name: row.by, as: who}) : who;
    const what = real + " → " + names[1 - row.s] + "  " + labelOf(row, {}, conversation).join(" ");
    return what + (row.k === KIND.LOST ? "  ✕ " + lossOf(row) : row.t ? "  ✕ " + row.t : "");
  }
  if (row.k === KIND.FOLD)
    return foldText(row);
  const states = [row.L, row.R].map((s, i) => (s === undefined ? "" : names[i] + " " + STATE[s])).filter(Boolean);
  return row.k === KIND.STATE ? states.join(", ") : who + " " + bracketOf(row);
}

function lossOf(row) {
  return row.fault ? say("fault", {id: row.fault}) : row.t || say("lost");
}

function toneOf(row) {
  if (row.k > KIND.ARRIVED)
    return "aside";
  if (row.lb)
    return "data";
  if (row.f & FLAG.RST)
    return "rst";
  if (row.re)
    return "again";
  if (row.f & FLAG.SYN)
    return "syn";
  if (row.f & FLAG.FIN)
    return "fin";
  return row.l ? "data" : "ack";
}

/* Runs of like rows, beyond six, fold between the first two and the last two. */
function foldable(row) {
  if (row.L !== undefined || row.R !== undefined || row.x || row.n)
    return false;
  if (row.k === KIND.SEGMENT || row.k === KIND.DEPARTED || row.k === KIND.ARRIVED)
    return row.g || row.lb || !(row.f & (FLAG.SYN | FLAG.FIN | FLAG.RST)) && !row.re;
  return Boolean(row.g) && (row.k === KIND.CALL || row.k === KIND.TIMER);
}

function foldRows(rows) {
  const out = [];
  for (let i = 0; i < rows.length;) {
    let end = i;
    while (end < rows.length && foldable(rows[end]))
      end++;
    if (end - i > 6) {
      const hidden = rows.slice(i + 2, end - 2);
      const segments = hidden.filter((r) => r.k === KIND.SEGMENT || r.k === KIND.DEPARTED || r.by);
      const bytes = segments.reduce((n, r) => n + (r.l || 0), 0);
      out.push(rows[i], rows[i + 1], {k: KIND.FOLD, d: departs(hidden[0]), a: departs(hidden[hidden.length - 1]),
        fs: segments.length, fb: bytes, fo: segments.filter((r) => r.lb).length, hidden}, rows[end - 2], rows[end - 1]);
      i = end;
    } else {
      end = Math.max(end, i + 1);
      out.push(...rows.slice(i, end));
      i = end;
    }
  }
  return out;
}

function wireOf(row) {
  if (row.k === KIND.LOST)
    return make("div", {class: "wire"}, make("i", {class: "line"}), make("b", {class: "cross"}, "✕ " + lossOf(row)));
  if (row.by) /* from neither side: it comes in from outside */
    return make("div", {class: "wire"}, make("i", {class: "line"}), make("b", {class: "outsider"}, row.by),
      make("i", {class: "head"}));
  const open = row.k === KIND.DEPARTED || row.k === KIND.ARRIVED;
  return make("div", {class: "wire"}, make("i", {class: "line"}), open ? make("b", {class: "dots"}, "···") : null,
    row.k === KIND.DEPARTED ? null : make("i", {class: "head"}));
}

function fieldOf(row, words) {
  if (row.k <= KIND.ARRIVED) {
    const label = make("div", {class: "label"});
    words.forEach((w, i) => label.append(make("span", {class: i ? "" : "flags"}, w), " "));
    const lost = row.k === KIND.DROPPED || row.k === KIND.ARRIVED && row.t;
    const dropped = lost ? make("div", {class: "dropped"}, "✕ " + row.t) : null;
    return make("div", {class: "field"}, label, wireOf(row), dropped);
  }
  if (row.k === KIND.TIMER || row.k === KIND.CALL)
    return make("div", {class: "field"}, make("div", {class: "bracket"}, bracketOf(row)));
  return make("div", {class: "field"});
}

const KINDS = ["seg", "lost", "drop", "dep", "arr", "timer", "call", "note", "fold", "st"];
function rowElement(row, conversation, shown, go, expand) {
  const side = row.s ? "right" : "left";
  const words = row.k <= KIND.ARRIVED ? labelOf(row, shown, conversation) : [];
  let field = fieldOf(row, words);
  if (row.k === KIND.FOLD) {
    const text = make("span", {}, "⋮ " + foldText(row));
    field = make("div", {class: "field"}, row.hidden ? make("button", {type: "button", class: "foldrow",
      onclick: (e) => { e.stopPropagation(); expand(row); }}, text, make("small", {},
      say("foldedRows", {n: count(row.hidden.length)}))) : make("div", {class: "foldrow"}, text));
  }
  const state = (s, which) => make("span", {class: "state " + which}, s === undefined ? "" : STATE[s]);
  const e = make("div", {
    class: ["row", side, toneOf(row), KINDS[row.k], row.x ? "decisive" : "", row.by ? "forged" : ""].join(" "),
    onclick: () => go(row)},
  make("span", {class: "mark"}, row.x ? "★" : ""), make("span", {class: "time"}, (departs(row) / 1e9).toFixed(3)),
  state(row.L, "l"), field, state(row.R, "r"),
  row.n && both(row.n) ? make("p", {class: "note"}, both(row.n)) : null);
  if (row.x)
    e.querySelector(".mark").title = say("decisive");
  return e;
}

/* Draws the whole; returns what moves it through time. */
function drawLadder(conversation, go) {
  const box = byId("ladder");
  const ends = conversation.sides.map((s) => make("div", {class: "end"}, make("b", {}, s.name), make("span", {}, s.at),
    s.isn === undefined ? null : make("span", {}, "isn " + s.isn)));
  const head = make("div", {class: "row ends"}, make("span", {class: "mark"}), make("span", {class: "time"}, "s"),
    ends[0], make("div", {class: "field"}), ends[1]);
  const first = make("div", {class: "row st initial"}, make("span", {class: "mark"}), make("span", {class: "time"}),
    make("span", {class: "state l"}, STATE[conversation.sides[0].initial]), make("div", {class: "field"}),
    make("span", {class: "state r"}, conversation.sides[1].host === undefined ? "" :
      STATE[conversation.sides[1].initial]));
  let rows = foldRows(conversation.rows);
  let elements = [];
  let current = null;
  const draw = () => {
    const shown = {};
    elements = rows.map((row) => ({row, e: rowElement(row, conversation, shown, go, expand)}));
    fillIn(box, head, first, ...elements.map((x) => x.e));
  };
  const expand = (fold) => {
    rows = rows.flatMap((r) => (r === fold ? fold.hidden : [r]));
    draw();
    if (current !== null)
      show(current);
  };
  const show = (t) => {
    current = t;
    let here = null;
    for (const {row, e} of elements) {
      const from = departs(row), to = row.k === KIND.FOLD ? row.a : finishes(row);
      const now = from === t || to === t || row.k === KIND.FOLD && from <= t && t <= to;
      e.classList.toggle("future", from > t);
      e.classList.toggle("now", now);
      e.classList.toggle("flying", row.k <= KIND.DEPARTED && row.a !== undefined && row.d <= t && t < row.a);
      if (now || from <= t)
        here = e;
    }
    if (!here)
      return;
    const above = here.offsetTop - box.scrollTop, room = box.clientHeight;
    if (above < 60 || above + here.offsetHeight > room - 40)
      box.scrollTop = here.offsetTop - room / 2;
  };
  draw();
  return show;
}
