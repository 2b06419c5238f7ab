/* SPDX-License-Identifier: BSD-2-Clause */
/* cwnd, ssthresh and bytes in flight over time, and below them the smoothed round-trip time and the RTO, a panel for
 * each side that sent data. A line marks the present moment. */
const PLOT = {left: 54, right: 10, top: 20, height: 118, gap: 40};

function niceStep(most) {
  const raw = most / 3, ten = 10 ** Math.floor(Math.log10(raw || 1));
  return [1, 2, 5, 10].map((f) => f * ten).find((s) => s >= raw) || 1;
}

function short(n, unit) {
  if (unit === "s")
    return n >= 1 ? String(+n.toFixed(2)) : String(+n.toFixed(3));
  return n >= 1e6 ? +(n / 1e6).toFixed(1) + " M" : n >= 1e4 ? +(n / 1e3).toFixed(0) + " k" : String(Math.round(n));
}

/* Values stand until the next sample: a staircase. */
function staircase(samples, value, x, y, most) {
  let d = "", pen = false;
  for (const s of samples) {
    const v = value(s);
    if (v === null || v > most) {
      pen = false;
      continue;
    }
    d += pen ? `H${x(s.t).toFixed(1)}V${y(v).toFixed(1)}` : `M${x(s.t).toFixed(1)} ${y(v).toFixed(1)}`;
    pen = true;
  }
  return d;
}

function axes(svg, {x, y, top, most, unit, width, range, bottom}) {
  const step = niceStep(most);
  for (let v = 0; v <= most; v += step) {
    svg.append(make("svg:path", {class: "grid", d: `M${PLOT.left} ${y(v)}H${width - PLOT.right}`}),
      make("svg:text", {class: "tick", x: PLOT.left - 6, y: y(v) + 4, "text-anchor": "end"}, short(v, unit)));
  }
  svg.append(make("svg:text", {class: "tick unit", x: 2, y: top - 8}, unit === "s" ? "s" : say("bytes")));
  if (!bottom)
    return;
  const long = (range[1] - range[0]) / 1e9, every = niceStep(long * (width < 500 ? 1 : 0.6));
  for (let s = Math.ceil(range[0] / 1e9 / every) * every; s <= range[1] / 1e9 + 1e-9; s += every)
    svg.append(make("svg:text", {class: "tick", x: x(s * 1e9), y: top + PLOT.height + 15, "text-anchor": "middle"},
      short(s, "s") + " s"));
}

function plotOne(side, conversation, range, width) {
  const samples = side.samples;
  const height = 2 * (PLOT.height + PLOT.gap) + PLOT.top;
  const svg = make("svg:svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", class: "plot"});
  const x = (t) => PLOT.left + (t - range[0]) / (range[1] - range[0] || 1) * (width - PLOT.left - PLOT.right);
  const mostOf = (...values) => Math.max(1, ...samples.map((s) => Math.max(...values.map((v) => v(s) || 0)))) * 1.08;
  const ceiling = mostOf((s) => s.cwnd, (s) => s.flight);
  const ssthresh = (s) => (s.ssthresh && s.ssthresh <= ceiling * 1.5 ? s.ssthresh : null);
  const window = Math.max(ceiling, mostOf(ssthresh));
  const rtt = (s) => (s.srtt ? s.srtt / 1e6 : null), rto = (s) => (s.rto ? s.rto / 1e6 : null);
  const slow = mostOf(rtt, rto);
  const tops = [PLOT.top, PLOT.top + PLOT.height + PLOT.gap];
  const ys = [(v) => tops[0] + PLOT.height * (1 - v / window), (v) => tops[1] + PLOT.height * (1 - v / slow)];
  svg.append(make("svg:title", {}, say("plots") + ": " + side.name));
  axes(svg, {x, y: ys[0], top: tops[0], most: window, unit: "B", width, range, bottom: false});
  axes(svg, {x, y: ys[1], top: tops[1], most: slow, unit: "s", width, range, bottom: true});
  const line = (name, value, y, most) => svg.append(make("svg:path", {class: "curve " + name,
    d: staircase(samples, value, x, y, most)}));
  line("flight", (s) => s.flight, ys[0], window);
  line("ssthresh", ssthresh, ys[0], window);
  line("cwnd", (s) => s.cwnd || null, ys[0], window);
  line("rto", rto, ys[1], slow);
  line("srtt", rtt, ys[1], slow);
  const number = conversation.sides.indexOf(side);
  for (const row of conversation.rows) {
    if (row.s === number && row.re && row.re !== 6 && row.k <= KIND.DEPARTED && departs(row) <= range[1])
      svg.append(make("svg:path", {class: "mark", d: `M${x(departs(row))} ${ys[0](0)}l-3.5 7h7z`}));
  }
  const cursor = make("svg:path", {class: "cursor"});
  svg.append(cursor);
  return {svg, x, height, cursor};
}

function plotLegend() {
  return make("p", {class: "legend"}, ...["cwnd", "ssthresh", "flight", "srtt", "rto"].flatMap((k) =>
    [make("i", {class: "swatch curve " + k}), say(k), " "]), make("i", {class: "swatch tri"}), say("resent"));
}

/* Draws the panels; returns what moves the present moment. */
function drawPlots(conversation) {
  const box = byId("plots");
  const sending = conversation.sides.filter((side) => side.samples.some((s) => s.cwnd) &&
    conversation.rows.some((r) => r.s === conversation.sides.indexOf(side) && (r.l || r.fb)));
  const two = sending.length > 1 && window.innerWidth >= 1100;
  const room = (box.clientWidth || 340) - 4;
  const width = Math.max(260, Math.min(two ? room / 2 - 5 : room, 900));
  box.classList.toggle("two", two);
  if (!sending.length) {
    fillIn(box, make("p", {class: "none"}, say("noPlot")));
    return () => {};
  }
  const panels = sending.map((side) => {
    const own = side.samples;
    const busy = own.filter((s, i) => i === 0 || s.flight || own[i - 1].flight || s.una !== own[i - 1].una);
    const range = [own[0].t, Math.max(own[0].t + 1, busy.length ? busy[busy.length - 1].t : own[own.length - 1].t)];
    const plot = plotOne(side, conversation, [range[0], range[1] + (range[1] - range[0]) * 0.02], width);
    const numbers = make("div");
    const caption = make("figcaption", {}, make("b", {}, side.name));
    const figure = make("figure", {class: "plots"}, caption, plot.svg, numbers);
    return {side, plot, numbers, figure, range};
  });
  const silent = conversation.sides.filter((s) => !sending.includes(s) && s.host !== undefined);
  fillIn(box, ...panels.map((p) => p.figure), plotLegend(),
    ...silent.map((s) => make("p", {class: "none"}, say("nothingSent", {name: s.name}))));
  return (t) => {
    for (const {side, plot, numbers, range} of panels) {
      const inside = Math.min(Math.max(t, range[0]), range[1] + (range[1] - range[0]) * 0.02);
      const at = plot.x(inside);
      plot.cursor.setAttribute("d", `M${at} 0V${plot.height - PLOT.gap + 2}`);
      const s = sampleAt(side, t);
      fillIn(numbers, s ? numbersOf([["cwnd", count(s.cwnd)],
        ["ssthresh", s.ssthresh >= 2 ** 30 ? say("unset") : count(s.ssthresh)], [say("flight"), count(s.flight)],
        ["SRTT", s.srtt ? (s.srtt / 1e3).toFixed(1) + " ms" : "–"], ["RTO", (s.rto / 1e6).toFixed(3) + " s"]]) :
        make("p", {class: "none"}, say("noRecord")));
    }
  };
}
