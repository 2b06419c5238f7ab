/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides' state machines, drawn from the stack's own table of edges in the places of RFC 9293's figure 5. CLOSED
 * stands twice, as there: where a connection begins and where it ends. Edges taken carry the numbers of their steps. */
const PLACE = {
  "CLOSED": [180, 18], "LISTEN": [116, 82], "SYN-RECEIVED": [60, 146], "SYN-SENT": [300, 146],
  "ESTABLISHED": [180, 206], "FIN-WAIT-1": [60, 266], "CLOSE-WAIT": [300, 266], "FIN-WAIT-2": [60, 334],
  "CLOSING": [180, 334], "LAST-ACK": [300, 334], "TIME-WAIT": [120, 400], "END": [300, 400],
};
const HALF = [56, 14];
/* Edges of the table that the figure does not draw: a record made in place of the listener's, exits by reset, abort and
 * time-out, reuse of TIME-WAIT. They appear when they are taken. */
const QUIET_ON = ["reset", "abort", "timeout"];
const QUIET = ["CLOSED>SYN-RECEIVED", "SYN-RECEIVED>CLOSE-WAIT", "TIME-WAIT>SYN-RECEIVED"];

function endsAt(from, to) {
  return STATE[to] === "CLOSED" && STATE[from] !== "LISTEN" && STATE[from] !== "SYN-SENT" ? "END" : STATE[to];
}

function edgeList(taken) {
  const edges = new Map();
  const put = (from, on, to) => {
    const key = from + ">" + on + ">" + to;
    if (!edges.has(key))
      edges.set(key, {from, on, to, steps: [], quiet: true});
    return edges.get(key);
  };
  for (const [from, on, to] of DATA.machine.edges) {
    const name = STATE[from] + ">" + STATE[to], event = DATA.machine.on[on];
    const normal = name === "TIME-WAIT>CLOSED" && event === "timeout" || !QUIET_ON.includes(event);
    if (normal && !QUIET.includes(name))
      put(from, on, to).quiet = false;
  }
  taken.forEach(([, on, from, to], i) => put(from, on, to).steps.push(i + 1));
  return [...edges.values()];
}

/* Where the line between two boxes' middles leaves the box. */
function border([x, y], [tx, ty]) {
  const dx = tx - x, dy = ty - y;
  const f = Math.min(dx ? HALF[0] / Math.abs(dx) : Infinity, dy ? HALF[1] / Math.abs(dy) : Infinity);
  return [x + dx * f, y + dy * f];
}

function curve(from, to, bend) {
  const [a, b] = [PLACE[from], PLACE[to]];
  const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const control = [middle[0] - (b[1] - a[1]) / length * bend, middle[1] + (b[0] - a[0]) / length * bend];
  const start = border(a, bend ? control : b), end = border(b, bend ? control : a);
  const label = [(start[0] + 2 * control[0] + end[0]) / 4, (start[1] + 2 * control[1] + end[1]) / 4];
  const back = Math.hypot(end[0] - control[0], end[1] - control[1]) || 1;
  const ux = (end[0] - control[0]) / back, uy = (end[1] - control[1]) / back;
  const foot = (side) => [end[0] - 8 * ux - side * 3.5 * uy, end[1] - 8 * uy + side * 3.5 * ux];
  const side = bend ? Math.sign(label[0] - (start[0] + end[0]) / 2) : 0;
  return {side, d: `M${start} Q${control} ${end}`, head: `M${end} L${foot(1)} L${foot(-1)} Z`, label};
}

function bendOf(edge, from, to) {
  const bends = {"CLOSED>LISTEN": 10, "LISTEN>CLOSED": 10, "CLOSED>SYN-SENT": -14, "SYN-SENT>CLOSED": -14,
    "SYN-RECEIVED>LISTEN": 48};
  const bend = bends[from + ">" + to] || 0;
  return edge.quiet && !bend ? 36 : bend;
}

/* What an edge is for is said of those that were taken and of those that lead on from here. */
function edgeElement(edge, last, state) {
  const from = STATE[edge.from], to = endsAt(edge.from, edge.to);
  const {d, head, label, side} = curve(from, to, bendOf(edge, from, to));
  const event = edge.on < 0 ? "" : say(DATA.machine.on[edge.on]);
  const steps = edge.steps.length > 4 ? edge.steps.slice(0, 3).join(",") + "…" : edge.steps.join(",");
  const words = edge.steps.length ? steps + ": " + event : edge.from === state ? event : "";
  const g = make("svg:g", {class: "edge" + (edge.steps.length ? " taken" : "") + (edge.quiet ? " quiet" : "") +
    (edge.steps.includes(last) ? " last" : ""), "data-edge": from + ">" + STATE[edge.to]});
  g.append(make("svg:title", {}, from + " → " + STATE[edge.to] + ": " + event));
  g.append(make("svg:path", {class: "way", d}), make("svg:path", {class: "head", d: head}));
  const text = make("svg:text", {x: label[0] + 3 * side, y: label[1] + 4,
    "text-anchor": side > 0 ? "start" : side < 0 ? "end" : "middle"}, words);
  return {edge, g, text: words ? text : null};
}

function drawMachine(side, t) {
  const unknown = side.host === undefined;
  const taken = unknown ? [] : statesAt(side, t);
  const state = taken.length ? taken[taken.length - 1][3] : side.initial;
  const ended = taken.length > 0 && STATE[state] === "CLOSED";
  const svg = make("svg:svg", {viewBox: "0 0 360 418", class: "machine", role: "img", "data-state":
    unknown ? "" : STATE[state], "data-taken": taken.length});
  svg.append(make("svg:title", {}, side.name + (unknown ? "" : ": " + STATE[state])));
  const edges = edgeList(taken);
  edges.sort((a, b) => a.steps.length - b.steps.length);
  const drawn = edges.map((e) => edgeElement(e, taken.length, unknown || ended ? -1 : state));
  svg.append(...drawn.map((x) => x.g));
  const visited = new Set([STATE[side.initial], ...taken.map((s) => endsAt(s[2], s[3]))]);
  for (const [name, [x, y]] of Object.entries(PLACE)) {
    const text = name === "END" ? "CLOSED" : name;
    const lit = !unknown && (ended ? name === endsAt(taken[taken.length - 1][2], state) : name === STATE[state]);
    const g = make("svg:g", {class: "node" + (lit ? " lit" : "") + (visited.has(name) && !unknown ? " been" : "")});
    g.append(make("svg:rect", {x: x - HALF[0], y: y - HALF[1], width: 2 * HALF[0], height: 2 * HALF[1], rx: 5}),
      make("svg:text", {x, y: y + 4}, text));
    svg.append(g);
  }
  for (const {edge, text} of drawn.filter((x) => x.text)) /* above all lines and boxes */
    svg.append(make("svg:g", {class: "edge" + (edge.steps.length ? " taken" : "") +
      (edge.steps.includes(taken.length) ? " last" : "")}, text));
  const caption = make("figcaption", {}, make("b", {}, side.name), " ",
    make("span", {class: "chip"}, unknown ? say("stranger") : STATE[state]));
  return make("figure", {}, caption, svg);
}

function drawMachines(conversation, t) {
  const box = byId("machines");
  fillIn(box, ...conversation.sides.map((side) => drawMachine(side, t)));
}
