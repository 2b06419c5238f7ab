/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is joined to whom, and which segments are on their way at this moment. Nodes stand in columns by their distance
 * from the conversation's left end. */
const NODES_MOST = 24;

function neighbours(node) {
  return DATA.links.filter((l) => l.ends.includes(node)).map((l) => l.ends[0] + l.ends[1] - node);
}

/* Distances from one node, and the way to another. */
function distances(from) {
  const far = new Map([[from, 0]]), before = new Map();
  const queue = [from];
  for (const node of queue) {
    for (const next of neighbours(node)) {
      if (far.has(next))
        continue;
      far.set(next, far.get(node) + 1);
      before.set(next, node);
      queue.push(next);
    }
  }
  return {far, before};
}

function wayBetween(from, to) {
  const {before} = distances(from);
  const way = [to];
  while (way[0] !== from && before.has(way[0]))
    way.unshift(before.get(way[0]));
  return way[0] === from ? way : [];
}

function chosenNodes() {
  const all = DATA.hosts.map((h, i) => i);
  if (all.length <= NODES_MOST)
    return all;
  const ends = DATA.conversations.flatMap((c) => c.sides.map((s) => s.host)).filter((h) => h !== undefined);
  const near = new Set();
  const put = (n) => near.size < NODES_MOST && near.add(n);
  for (const c of DATA.conversations.filter((c) => c.sides.every((s) => s.host !== undefined)))
    wayBetween(c.sides[0].host, c.sides[1].host).forEach(put);
  for (const end of ends.length ? ends : [0]) {
    put(end);
    neighbours(end).forEach(put);
  }
  return all.filter((n) => near.has(n));
}

/* A ring of switches reads as a ring, everything else in columns. */
function placesOf(nodes, root, width) {
  const {far} = distances(root);
  const columns = [];
  for (const n of nodes) {
    const column = far.has(n) ? far.get(n) : columns.length;
    (columns[column] = columns[column] || []).push(n);
  }
  const full = columns.filter(Boolean);
  const tall = Math.max(...full.map((c) => c.length));
  const step = tall <= 5 ? 78 : tall <= 8 ? 52 : 34;
  const height = step * tall + 22;
  const place = new Map();
  full.forEach((column, i) => column.forEach((n, j) => {
    const x = full.length === 1 ? width / 2 : 46 + i * (width - 92) / (full.length - 1);
    place.set(n, [x, height / 2 - 10 + (j - (column.length - 1) / 2) * step]);
  }));
  return {place, height, roomy: step > 34};
}

function nodeElement(n, [x, y], roomy) {
  const host = DATA.hosts[n];
  const g = make("svg:g", {class: "host " + host.kind});
  if (host.kind === "router")
    g.append(make("svg:ellipse", {cx: x, cy: y, rx: 30, ry: 15}));
  else
    g.append(make("svg:rect", {x: x - 30, y: y - 14, width: 60, height: 28, rx: host.kind === "switch" ? 0 : 6}));
  g.append(make("svg:text", {x, y: y + 5}, host.name));
  const address = (host.addr || [])[0];
  if (address && roomy)
    g.append(make("svg:text", {class: "small", x, y: y + 28}, address + (host.addr.length > 1 ? " …" : "")));
  g.append(make("svg:title", {}, host.name + " (" + host.kind + (host.nat ? ", NAT" : "") + ") " +
    (host.addr || []).join(", ")));
  return g;
}

/* "delay: 50ms": the file's own key, or what the page's language calls it. */
function setting(word) {
  return word.replace(/^([a-z_]+): /, (all, key) => (WORDS["set_" + key] ? say("set_" + key) + " " : all));
}

function linkElement(link, place, wide) {
  const [a, b] = link.ends.map((n) => place.get(n));
  const g = make("svg:g", {class: "link"});
  g.append(make("svg:path", {d: `M${a}L${b}`}));
  const roomy = wide && Math.abs(a[0] - b[0]) > 180;
  const words = roomy && link.words ? link.words.split(", ").filter((w) => w !== "arp: true").map(setting) : [];
  const x = (a[0] + b[0]) / 2, y = (a[1] + b[1]) / 2;
  const upright = Math.abs(a[0] - b[0]) < 20;
  g.append(make("svg:text", {class: upright ? "small beside" : "small", x: upright ? x + 6 : x,
    y: words.length ? y + 34 : upright ? y + 4 : y - 6}, link.name));
  words.slice(0, 3).forEach((w, i) => {
    const most = Math.floor((Math.abs(a[0] - b[0]) - 70) / 6.2);
    const text = w.length > most ? w.slice(0, most - 1) + "…" : w;
    g.append(make("svg:text", {class: "small", x, y: y + 48 + 13 * i}, text));
  });
  g.append(make("svg:title", {}, link.name + ": " + (link.words || "").split(", ").map(setting).join(", ")));
  return g;
}

/* A segment on its way: at the share of its time that has passed. */
function flyingElement(row, conversation, place, t) {
  const [from, to] = row.s ? [1, 0] : [0, 1];
  const way = wayBetween(conversation.sides[from].host, conversation.sides[to].host).map((n) => place.get(n));
  if (way.length < 2 || way.some((p) => !p))
    return null;
  const share = Math.min(0.9999, (t - row.d) / (row.a - row.d || 1)) * (way.length - 1);
  const leg = Math.floor(share), [x1, y1] = way[leg], [x2, y2] = way[leg + 1];
  const text = flagsOf(row.f), right = x2 >= x1;
  const half = 4 + 3.3 * (text.length + 2);
  const length = Math.hypot(x2 - x1, y2 - y1), edge = Math.min(0.45, (32 + half) / length);
  const part = edge + (share - leg) * (1 - 2 * edge);
  const x = x1 + (x2 - x1) * part, y = y1 + (y2 - y1) * part + (right ? -11 : 11); /* each direction its side */
  const g = make("svg:g", {class: "packet " + toneOf(row)});
  g.append(make("svg:rect", {x: x - half, y: y - 9, width: 2 * half, height: 18, rx: 9}),
    make("svg:text", {x, y: y + 4}, right ? text + " ›" : "‹ " + text));
  return g;
}

/* Which links are down and which ports of switches keep silent at t: a cross, and a bar before the switch. */
function marksAt(links, place, t) {
  const down = new Map(), port = new Map(), speaks = new Set();
  for (const e of DATA.events) {
    if (e.port)
      speaks.add(e.host);
    if (e.d <= t && e.port)
      port.set(e.host + "." + e.port[0], e.port[1]);
    if (e.d <= t && e.link)
      down.set(DATA.links[e.link[0]], e.link[1]);
  }
  const marks = [];
  for (const link of links) {
    const [a, b] = link.ends.map((n) => place.get(n));
    if (down.get(link))
      marks.push(make("svg:text", {class: "broken", x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 + 7}, "✕"));
    link.ends.forEach((n, i) => {
      if (!speaks.has(n) || (port.get(n + "." + link.ports[i]) || 0) !== 0)
        return; /* learning and forwarding ports are open */
      const [own, peer] = i ? [b, a] : [a, b];
      const length = Math.hypot(peer[0] - own[0], peer[1] - own[1]);
      const ux = (peer[0] - own[0]) / length, uy = (peer[1] - own[1]) / length;
      const from = Math.min(38 / Math.max(Math.abs(ux), 0.01), 22 / Math.max(Math.abs(uy), 0.01));
      const x = own[0] + ux * from, y = own[1] + uy * from;
      const bar = make("svg:path", {class: "silent", d: `M${x - 9 * uy} ${y + 9 * ux}L${x + 9 * uy} ${y - 9 * ux}`});
      bar.append(make("svg:title", {}, DATA.hosts[n].name + "." + (link.ports[i] + 1) + ": " + say("discarding")));
      marks.push(bar);
    });
  }
  return marks;
}

/* Draws the net; returns what moves the segments. */
function drawTopology(conversation) {
  const box = byId("topology");
  const width = Math.max(280, Math.min(box.clientWidth || 340, 900)) - 4;
  const nodes = chosenNodes();
  const root = conversation && conversation.sides[0].host !== undefined ? conversation.sides[0].host : nodes[0];
  const {place, height, roomy} = placesOf(nodes, root, width);
  const two = nodes.length <= 3;
  const tall = height + (two ? 24 : 0);
  const svg = make("svg:svg", {viewBox: `0 0 ${width} ${tall}`, width, height: tall, role: "img", class: "net"});
  svg.append(make("svg:title", {}, say("topology")));
  const links = DATA.links.filter((l) => l.ends.every((n) => place.has(n)));
  svg.append(...links.map((l) => linkElement(l, place, two)));
  const packets = make("svg:g"), marks = make("svg:g");
  svg.append(marks, packets, ...nodes.map((n) => nodeElement(n, place.get(n), roomy)));
  const hints = [DATA.events.some((e) => e.port) ? say("silentPort") : "",
    DATA.events.some((e) => e.link) ? say("brokenLink") : ""].filter(Boolean);
  fillIn(box, svg, hints.length ? make("p", {class: "none"}, hints.join(" · ")) : null,
    nodes.length < DATA.hosts.length ? make("p", {class: "none"}, say("tooMany", {n: DATA.hosts.length})) : null);
  return (t) => {
    const rows = conversation ? conversation.rows.filter((r) => (r.k === KIND.SEGMENT || r.k === KIND.DROPPED ||
      r.k === KIND.DEPARTED) && r.a !== undefined && r.d <= t && t < r.a) : [];
    fillIn(marks, ...marksAt(links, place, t));
    fillIn(packets, ...rows.slice(-24).map((r) => flyingElement(r, conversation, place, t)));
  };
}
