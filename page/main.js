/* SPDX-License-Identifier: BSD-2-Clause */
/* The slider and what it moves. One moment is a time at which something happens; everything on the page shows what was
 * true just after it. */
const page = {conversation: 0, moments: [], at: 0, playing: null, shows: []};

function chosen() {
  return DATA.conversations[page.conversation] || null;
}

function words() {
  document.documentElement.lang = lang ? "zh-CN" : "en";
  document.title = both(DATA.title) || DATA.name;
  byId("title").textContent = both(DATA.title) || DATA.name;
  paragraphs(byId("claim"), both(DATA.claim));
  paragraphs(byId("watch"), both(DATA.watch));
  byId("watchbox").hidden = !DATA.watch;
  for (const e of document.querySelectorAll("[data-w]"))
    e.textContent = say(e.dataset.w);
  for (const id of ["first", "back", "step", "last"]) {
    byId(id).title = say(id);
    byId(id).setAttribute("aria-label", say(id));
  }
  byId("slider").setAttribute("aria-label", say("slider"));
  byId("keys").textContent = say("keys");
  byId("made").textContent = say("made");
}

function headLines() {
  const failed = DATA.expect.filter((x) => x.verdict !== "passed").map((x) => x.id);
  const good = DATA.mutant ? (DATA.must_fail || []).every((id) => failed.includes(id)) :
    !failed.length && !DATA.problem;
  const key = DATA.mutant ? (good ? "caught" : "uncaught") : good ? "holds" : "fails";
  fillIn(byId("verdict"), make("span", {class: "badge " + (good ? "good" : "bad")}, (good ? "✓ " : "✕ ") + say(key)),
    DATA.mutant ? make("span", {class: "warn"}, " " + say("mutant", {name: DATA.mutant})) : null,
    DATA.said ? make("span", {}, " " + both(DATA.said)) : null,
    DATA.problem ? make("p", {class: "warn"}, DATA.problem) : null);
  const link = (href, key, before, after) => (href ? make("a", {href}, before + say(key) + after) : null);
  fillIn(byId("links"), link(DATA.home, "home", "", ""), link(DATA.previous, "previous", "← ", ""),
    link(DATA.next, "next", "", " →"), languageButton(start));
  fillIn(byId("facts"), [DATA.name, say("seed") + " " + DATA.seed, say("ended") + " " + seconds(DATA.ended),
    say("steps", {n: count(DATA.steps)}), say("packets", {n: count(DATA.packets)}), ...DATA.see].join(" · "));
}

function tryLines() {
  const box = byId("try");
  const parts = [];
  if (DATA.try)
    parts.push(make("p", {}, both(DATA.try)));
  if (DATA.try_command)
    parts.push(make("pre", {}, both(DATA.try_command)));
  if (DATA.replay)
    parts.push(make("p", {class: "none"}, say("again")), make("pre", {}, DATA.replay));
  fillIn(box, ...parts);
  byId("trybox").hidden = !parts.length;
}

function expectations() {
  const told = DATA.expect.some((x) => x.say); /* then what has no sentence is said only when it fails */
  const list = DATA.expect.filter((x) => !told || x.say || x.verdict !== "passed");
  fillIn(byId("expect"), ...list.map((x) => make("li", {class: x.verdict, title: x.say ? x.words : null},
    make("span", {class: "badge " + (x.verdict === "passed" ? "good" : "bad")},
      (x.verdict === "passed" ? "✓ " : "✕ ") + say(x.verdict)),
    make("b", {}, " " + x.id), x.decisive ? make("span", {class: "star"}, " ★ " + say("decisive")) : null,
    x.say ? make("div", {}, both(x.say)) : make("div", {class: "words"}, x.words || ""),
    make("div", {class: "why"}, make("button", {type: "button", onclick: () => goTime(x.t)}, seconds(x.t)), " ",
      x.say && x.verdict === "passed" ? "" : x.why || ""))));
}

function chooser() {
  const box = byId("choose");
  if (DATA.conversations.length < 2) {
    box.textContent = chosen() ? conversationName(chosen()) : "";
    return;
  }
  const select = make("select", {"aria-label": say("conversation")},
    ...DATA.conversations.map((c, i) => make("option", {value: i, selected: i === page.conversation},
      conversationName(c))));
  select.addEventListener("change", () => {
    const t = page.moments[page.at].t;
    page.conversation = Number(select.value);
    draw();
    goTime(t);
  });
  fillIn(box, select);
}

function sentences(moment) {
  const c = chosen();
  const host = (e) => (e.host === undefined ? "" : DATA.hosts[e.host].name + ": ");
  return [...moment.events.filter((e) => e.text).map((e) => host(e) + e.text),
    ...moment.rows.map((r) => sentenceOf(r, c)),
    ...moment.ends.map((r) => [c.sides[1 - r.s].name, "←", ...(r.lb ? [r.lb] : [flagsOf(r.f),
      "seq=" + numberOf(r.q, c.sides[r.s])]), "", say("arrived")].join(" "))];
}

/* The list of all moments, made when it is opened: it may be long. */
function eventList() {
  const list = byId("events"), details = list.parentElement;
  const fill = () => {
    if (!details.open)
      return;
    fillIn(list, ...page.moments.map((m, i) => make("li", {"data-i": i, onclick: () => go(i)},
      make("span", {class: "time"}, (m.t / 1e9).toFixed(6)),
      make("div", {}, ...sentences(m).map((line) => make("div", {}, line))))));
    markEvent();
  };
  details.ontoggle = fill;
  fill();
}

function markEvent() {
  const list = byId("events"), before = list.querySelector("li.now"), here = list.children[page.at];
  if (before)
    before.classList.remove("now");
  if (!here)
    return;
  here.classList.add("now");
  const above = here.offsetTop - list.scrollTop;
  if (above < 0 || above + here.offsetHeight > list.clientHeight)
    list.scrollTop = here.offsetTop - list.clientHeight / 3;
}

function remarks() {
  const c = chosen();
  const lines = c ? [] : [say("noTcp")];
  if (DATA.not_drawn)
    lines.push(say("notDrawn", {n: DATA.not_drawn}));
  if (DATA.events_left_out)
    lines.push(say("leftOut", {n: count(DATA.events_left_out)}));
  for (const side of (detailsOf(c) || {sides: []}).sides)
    if (side.stride)
      lines.push(say("thinned", {name: side.name, n: side.stride}));
  return lines;
}

/* Long initial numbers are hard to read: where one life is shown, they may be counted from. */
function numbersChoice(c) {
  const label = byId("numbers"), box = label.querySelector("input");
  label.hidden = !c || !oneLife(c);
  numbers.relative = !label.hidden && (page.relative ?? c.sides.some((s) => s.isn > 1e6));
  box.checked = numbers.relative;
  box.onchange = () => {
    page.relative = box.checked;
    const t = page.moments[page.at].t;
    draw();
    goTime(t);
  };
}

function draw() {
  const c = chosen();
  numbersChoice(c);
  page.moments = momentsOf(c);
  byId("slider").max = page.moments.length - 1;
  chooser();
  page.shows = [drawTopology(c)];
  const details = detailsOf(c);
  byId("ladderbox").hidden = !c;
  for (const id of ["machinebox", "sequencebox", "plotbox"])
    byId(id).hidden = !details;
  if (c)
    page.shows.push(drawLadder(c, (row) => goTime(departs(row))));
  if (details)
    page.shows.push(drawPlots(details), (t) => drawMachines(details, t), (t) => drawSequence(details, t));
  if (!c) {
    document.body.classList.add("quiet"); /* no conversation: the moments take the ladder's place */
    byId("events").parentElement.open = true;
  }
  fillIn(byId("remarks"), ...remarks().map((line) => make("p", {class: "none"}, line)));
  eventList();
}

function go(i) {
  page.at = Math.max(0, Math.min(page.moments.length - 1, i));
  const moment = page.moments[page.at];
  const slider = byId("slider");
  slider.value = page.at;
  const time = seconds(moment.t, 6);
  slider.setAttribute("aria-valuetext", time);
  fillIn(byId("now"), make("b", {}, time), " ", make("span", {}, say("moment",
    {i: count(page.at + 1), n: count(page.moments.length)})));
  byId("said").textContent = sentences(moment).join("; ");
  document.body.dataset.moment = page.at;
  document.body.dataset.time = moment.t;
  for (const show of page.shows)
    show(moment.t);
  markEvent();
}

/* The last moment at or before t. */
function goTime(t) {
  go(upTo(page.moments, t, (m) => m.t) - 1);
}

function play(on) {
  clearInterval(page.playing);
  page.playing = null;
  if (on) {
    if (page.at === page.moments.length - 1)
      go(0);
    page.playing = setInterval(() => {
      if (page.at === page.moments.length - 1)
        play(false);
      else
        go(page.at + 1);
    }, 700);
  }
  const button = byId("play"), key = on ? "pause" : "play";
  button.querySelector("path").setAttribute("d", on ? "M4 3h3v10H4z M9 3h3v10H9z" : "M2 3v10l6-5z M8 3v10l6-5z");
  button.title = say(key);
  button.setAttribute("aria-label", say(key));
}

function onKey(e) {
  const steps = {ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10};
  const other = e.target.closest("select, summary") || e.key === " " && e.target.closest("input");
  if (e.altKey || e.ctrlKey || e.metaKey || other)
    return;
  if (e.key in steps)
    go(page.at + steps[e.key]);
  else if (e.key === "Home")
    go(0);
  else if (e.key === "End")
    go(page.moments.length - 1);
  else if (e.key === " " && !e.target.closest("button"))
    play(!page.playing);
  else
    return;
  e.preventDefault();
}

/* Where a page opens: at the time in its address (#t=3.45), at the decisive row, else at the end. */
function opening() {
  const asked = /^#t=([0-9.]+)$/.exec(location.hash);
  if (asked)
    return Number(asked[1]) * 1e9 + 5e5; /* as people write it: to the millisecond */
  const row = chosen() && chosen().rows.find((r) => r.x);
  return row ? finishes(row) : Infinity;
}

/* All words anew, at the same moment. */
function start() {
  const t = page.moments.length ? page.moments[page.at].t : opening();
  words();
  headLines();
  expectations();
  tryLines();
  draw();
  goTime(t);
  play(false);
}

lang = DATA.lang;
const decided = DATA.conversations.findIndex((c) => c.rows.some((r) => r.x));
page.conversation = DATA.conversations.some((c) => c.story) ? 0 : Math.max(0, decided);
byId("slider").addEventListener("input", () => go(Number(byId("slider").value)));
byId("first").addEventListener("click", () => go(0));
byId("back").addEventListener("click", () => go(page.at - 1));
byId("step").addEventListener("click", () => go(page.at + 1));
byId("last").addEventListener("click", () => go(page.moments.length - 1));
byId("play").addEventListener("click", () => play(!page.playing));
document.addEventListener("keydown", onKey);
window.addEventListener("hashchange", () => goTime(opening()));
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width)
    return;
  width = window.innerWidth;
  const t = page.moments[page.at].t;
  draw();
  goTime(t);
});
start();
document.body.dataset.ready = "yes";
