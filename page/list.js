/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of topics: chapters, one card a topic, a field that finds. */
const LIST = JSON.parse(byId("data").textContent);
const OUTCOME = ["notRun", "holds", "fails"];

function badgeOf(topic) {
  if (topic.needs)
    return make("span", {class: "badge"}, say("needs", {what: both(topic.needs)}));
  const mark = ["", "✓ ", "✕ "][topic.outcome];
  return make("span", {class: "badge " + ["", "good", "bad"][topic.outcome]}, mark + say(OUTCOME[topic.outcome]));
}

function cardOf(topic) {
  const title = both(topic.title) || topic.name;
  return make("li", {class: "card"}, make("h3", {}, topic.href ? make("a", {href: topic.href}, title) : title),
    make("p", {}, both(topic.claim)), make("p", {class: "facts"}, badgeOf(topic), " ", make("code", {}, topic.name)));
}

function drawList() {
  const asked = byId("find").value.trim().toLowerCase();
  const found = LIST.topics.filter((t) => [t.name, ...(t.title || []), ...(t.claim || [])].join("\n").toLowerCase()
    .includes(asked));
  document.documentElement.lang = lang ? "zh-CN" : "en";
  document.title = both(LIST.title) || "Seven";
  byId("title").textContent = document.title;
  paragraphs(byId("claim"), both(LIST.preface));
  byId("find").placeholder = say("find");
  byId("find").setAttribute("aria-label", say("find"));
  byId("made").textContent = say("made");
  fillIn(byId("links"), languageButton(drawList));
  const parts = [];
  let chapter = null, list = null;
  for (const topic of found) {
    const name = both(topic.chapter);
    if (!list || name !== chapter) {
      chapter = name;
      list = make("ul", {class: "cards"});
      parts.push(name ? make("h2", {}, name) : null, list);
    }
    list.append(cardOf(topic));
  }
  fillIn(byId("topics"), ...parts);
  document.body.dataset.found = found.length;
}

lang = LIST.lang;
byId("find").addEventListener("input", drawList);
drawList();
document.body.dataset.ready = "yes";
