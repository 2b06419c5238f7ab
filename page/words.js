/* SPDX-License-Identifier: BSD-2-Clause */
/* What the page itself says, in both languages, and small helpers that all parts use. */
const WORDS = {
  watch: ["What to watch", "看什么"],
  ladder: ["Ladder", "梯形图"],
  topology: ["Topology", "拓扑"],
  machines: ["State machines", "状态机"],
  sequence: ["Sequence space", "序号空间"],
  plots: ["Congestion window and round-trip time", "拥塞窗口与往返时间"],
  expectations: ["Expectations", "检验"],
  events: ["All moments", "全部时刻"],
  try: ["Try", "试一试"],
  holds: ["holds", "成立"],
  fails: ["fails", "不成立"],
  caught: ["caught: what must fail has failed", "已发现：该不成立的都不成立了"],
  uncaught: ["not caught", "没有发现"],
  passed: ["passed", "通过"],
  failed: ["failed", "失败"],
  open: ["open", "未定"],
  decisive: ["decisive", "关键"],
  seed: ["seed", "种子"],
  ended: ["ends at", "结束于"],
  steps: ["{n} steps", "{n} 步"],
  packets: ["{n} packets", "{n} 个包"],
  mutant: ["mutant {name}: one thing is broken on purpose", "变体 {name}：故意改坏一处"],
  again: ["This page again:", "重新生成本页："],
  slider: ["moment", "时刻"],
  moment: ["moment {i} of {n}", "第 {i} / {n} 个时刻"],
  first: ["first moment (Home)", "第一个时刻（Home）"],
  last: ["last moment (End)", "最后一个时刻（End）"],
  back: ["one moment back (←)", "后退一个时刻（←）"],
  step: ["one moment on (→)", "前进一个时刻（→）"],
  play: ["play (space)", "播放（空格）"],
  pause: ["pause (space)", "暂停（空格）"],
  keys: ["Keys: ← → one moment, Page Up and Page Down ten, Home and End, space plays.",
    "按键：← → 一个时刻，Page Up、Page Down 十个，Home、End 到两端，空格播放。"],
  made: ["Made by seven from a run of the real stack on virtual time. Nothing on this page is fetched.",
    "由 seven 从真实协议栈在虚拟时间里的一次运行生成。本页不联网。"],
  lost: ["lost", "丢失"],
  underway: ["under way", "在途"],
  arrived: ["arrives", "到达"],
  fault: ["fault {id}", "故障 {id}"],
  folded: ["{n} segments, {b} bytes", "{n} 个报文段，{b} 字节"],
  foldedMore: ["{n} segments, {b} bytes: left out of this page", "{n} 个报文段，{b} 字节：本页未列出"],
  foldedPackets: ["{n} packets, {b} bytes", "{n} 个包，{b} 字节"],
  foldedMorePackets: ["{n} packets, {b} bytes: left out of this page", "{n} 个包，{b} 字节：本页未列出"],
  foldedRows: ["{n} rows like these: show", "{n} 行同类：展开"],
  conversation: ["conversation", "会话"],
  story: ["all that passes between {a} and {b}", "{a} 与 {b} 之间的全部往来"],
  forgedBy: ["forged by {name}", "由 {name} 伪造"],
  actsAs: ["{name} (in {as}'s name)", "{name}（冒充 {as}）"],
  noTcp: ["No TCP conversation in this run: these are its moments.", "本次运行没有 TCP 会话：以下是全部时刻。"],
  notDrawn: ["{n} more conversations are not drawn.", "另有 {n} 个会话未画出。"],
  leftOut: ["{n} more events are left out.", "另有 {n} 个事件未列出。"],
  thinned: ["Long run: of routine samples of {name} one in {n} is kept.",
    "运行较长：{name} 的常规采样每 {n} 个留一个。"],
  sender: ["{name} sends", "{name} 发送"],
  receiver: ["{name} receives", "{name} 接收"],
  acked: ["acknowledged", "已确认"],
  flying: ["sent, not acknowledged", "已发未确认"],
  waiting: ["written, not sent", "已写未发"],
  window: ["window", "窗口"],
  read: ["read by the application", "应用已读"],
  inorder: ["in order, not read", "按序未读"],
  outoforder: ["out of order", "乱序"],
  noRecord: ["no connection record at this moment", "此刻没有连接记录"],
  otherLife: ["the two ends are of different incarnations", "两端不属于同一次连接"],
  nothingSent: ["{name} sends no data here.", "{name} 在此不发数据。"],
  delivered: ["read", "已读"],
  cwnd: ["cwnd", "cwnd 拥塞窗口"],
  ssthresh: ["ssthresh", "ssthresh 慢启动门限"],
  flight: ["in flight", "在途"],
  srtt: ["smoothed RTT", "平滑 RTT"],
  rto: ["RTO", "RTO 重传超时"],
  resent: ["sent again", "重传"],
  bytes: ["bytes", "字节"],
  unset: ["not set", "未设"],
  noPlot: ["No connection had a congestion window here.", "此处没有连接有过拥塞窗口。"],
  tooMany: ["{n} nodes: those of the conversations and their neighbours are drawn.",
    "共 {n} 个节点：只画出会话双方和它们的邻居。"],
  relative: ["numbers count from the ISNs", "序号从 ISN 数起"],
  discarding: ["discarding", "静默（discarding）"],
  silentPort: ["a bar: this port of a switch keeps silent (spanning tree)", "横杠：交换机的这个端口静默（生成树）"],
  brokenLink: ["✕ on a link: it is down", "链路上的 ✕：已断"],
  set_rate: ["rate", "速率"],
  set_delay: ["delay", "单程时延"],
  set_mtu: ["MTU", "MTU"],
  set_kind: ["kind", "种类"],
  set_code: ["line code", "线路编码"],
  set_length: ["length", "长度"],
  set_snr: ["SNR", "信噪比"],
  set_loss: ["loss", "丢包率"],
  set_jitter: ["jitter", "抖动"],
  set_queue: ["queue", "队列"],
  set_arp: ["ARP", "ARP"],
  now: ["now", "当前"],
  home: ["All topics", "全部主题"],
  previous: ["Previous", "上一个"],
  next: ["Next", "下一个"],
  find: ["find a topic", "查找主题"],
  needs: ["needs {what}", "需要：{what}"],
  notRun: ["not run", "未运行"],
  stranger: ["not known from this side", "从这一侧看不到"],
  rto_fired: ["RTO", "RTO"],
  persist: ["persist", "坚持定时器"],
  due: ["", " 到时"],
  nextIn: ["; next {t}", "；下次 {t}"],
  over: ["2 MSL{t} over", "2 MSL{t} 结束"],
  delack: ["delayed ACK due", "延迟确认到时"],
  keepalive: ["keepalive due", "保活定时器到时"],
  user: ["user timeout", "用户超时"],
  tlp: ["tail loss probe due", "尾部探测到时"],
  reorder: ["reordering timer due", "乱序等待到时"],
  "passive open": ["passive open", "被动打开"],
  "active open": ["active open", "主动打开"],
  "ACK of SYN": ["ACK of SYN", "SYN 得到确认"],
  "ACK of FIN": ["ACK of FIN", "FIN 得到确认"],
  close: ["close", "关闭"],
  reset: ["reset", "复位"],
  abort: ["abort", "中止"],
  timeout: ["timeout", "超时"],
};

let lang = 0;

/* A word of the page, its {gaps} filled. What is not in the list is a term of the field and stays. */
function say(key, gaps = {}) {
  const text = WORDS[key] ? WORDS[key][lang] : key;
  return text.replace(/\{(\w+)\}/g, (all, gap) => (gap in gaps ? gaps[gap] : all));
}

function both(pair) {
  return pair ? pair[lang] : "";
}

function byId(id) {
  return document.getElementById(id);
}

/* An element with a class, attributes and children; text is never read as markup. */
function make(tag, attributes = {}, ...children) {
  const svg = tag.startsWith("svg:");
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick")
      e.addEventListener("click", value);
    else if (value !== undefined && value !== null && value !== false)
      e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return e;
}

function fillIn(e, ...children) {
  e.replaceChildren(...children.filter((c) => c !== null && c !== undefined));
}

/* Sentences may stand on several lines. */
function paragraphs(e, text) {
  fillIn(e, ...text.split("\n").map((line, i) => (i ? make("span", {class: "line"}, line) : line)));
}

function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

function seconds(ns, digits = 3) {
  return (ns / 1e9).toFixed(digits) + " s";
}

/* The button that changes over to the other language, and what it calls. */
function languageButton(then) {
  const button = make("button", {type: "button", id: "lang", lang: lang ? "en" : "zh-CN",
    onclick: () => { lang = 1 - lang; then(); }}, lang ? "English" : "中文");
  return button;
}
