/* SPDX-License-Identifier: BSD-2-Clause */
/* Selectors: "second FIN from b", "every 7th data of c", "first retransmitted data from a covering byte 1000000". A
 * mapping says the same in keys; it is turned into words first, so that there is one meaning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

#define WORDS 40u

struct words {
    struct sc_reader *r;
    const struct sc_node *at;
    char text[512];
    char *word[WORDS];
    uint32_t n, i;
};

static const char *const kinds[] = {"segment",  "data",     "SYN",  "SYN,ACK", "ACK", "FIN",  "RST", "packet",
                                    "fragment", "datagram", "ICMP", "frame",   "ARP", "BPDU", NULL};
static const char *const filters[] = {"from", "to", "of", "on", "covering", "acknowledging", "with", "longer", NULL};
const char *const sc_fields[] = {"-",
                                 "seq",
                                 "ack",
                                 "window",
                                 "length",
                                 "ttl",
                                 "mss",
                                 "source_port",
                                 "destination_port",
                                 "tos",
                                 "number",
                                 "urgent",
                                 "FIN",
                                 "SYN",
                                 "RST",
                                 "PSH",
                                 "ACK",
                                 "URG",
                                 "ECE",
                                 "CWR",
                                 "AE",
                                 "ip_destination",
                                 "source_mac",
                                 "destination_mac",
                                 NULL};

static const struct {
    const char *name;
    int16_t type, code;
} icmp_names[] = {
    {"echo-request", 8, -1},        {"echo-reply", 0, -1},      {"unreachable", 3, -1},
    {"net-unreachable", 3, 0},      {"host-unreachable", 3, 1}, {"port-unreachable", 3, 3},
    {"fragmentation-needed", 3, 4}, {"time-exceeded", 11, -1},  {"redirect", 5, -1},
};

bool sc_icmp_named(const char *word, int16_t *type, int16_t *code)
{
    for (uint32_t k = 0; k < sizeof icmp_names / sizeof *icmp_names; k++) {
        if (strcmp(icmp_names[k].name, word) != 0)
            continue;
        *type = icmp_names[k].type;
        *code = icmp_names[k].code;
        return true;
    }
    return false;
}

static bool split(struct words *w, const char *text)
{
    if (strlen(text) >= sizeof w->text) {
        sc_error(w->r->e, w->at, "too long for a selector");
        return false;
    }
    snprintf(w->text, sizeof w->text, "%s", text);
    w->n = w->i = 0;
    for (char *p = strtok(w->text, " \"'"); p; p = strtok(NULL, " \"'")) {
        if (w->n == WORDS) {
            sc_error(w->r->e, w->at, "too many words for a selector");
            return false;
        }
        w->word[w->n++] = p;
    }
    return true;
}

static const char *peek(const struct words *w)
{
    return w->i < w->n ? w->word[w->i] : NULL;
}

static bool eat(struct words *w, const char *word)
{
    if (!peek(w) || strcmp(peek(w), word) != 0)
        return false;
    w->i++;
    return true;
}

/* "7th", "2nd", "21st"; 0: it is none, or there is no word. */
static uint32_t ordinal(const char *word)
{
    if (!word)
        return 0;
    static const char *const names[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};
    for (uint32_t i = 0; i < 10; i++) {
        if (strcmp(names[i], word) == 0)
            return i + 1u;
    }
    char *end;
    const unsigned long n = strtoul(word, &end, 10);
    const bool tail =
        strcmp(end, "th") == 0 || strcmp(end, "st") == 0 || strcmp(end, "nd") == 0 || strcmp(end, "rd") == 0;
    return end != word && tail && n > 0 && n < 1u << 30 ? (uint32_t)n : 0;
}

static bool which(struct words *w, struct sc_selector *s)
{
    s->which = SC_EACH;
    if (!peek(w))
        return true;
    if (eat(w, "last")) {
        s->which = SC_LAST;
    } else if (eat(w, "every")) {
        s->n = ordinal(peek(w));
        if (!s->n) {
            sc_error(w->r->e, w->at, "\"every\" wants a number: every 7th");
            return false;
        }
        w->i++;
        s->which = SC_EVERY;
    } else if (ordinal(peek(w))) {
        s->n = ordinal(peek(w));
        s->which = SC_NTH;
        w->i++;
    }
    s->again = -1;
    if (eat(w, "original"))
        s->again = 0;
    else if (eat(w, "retransmitted"))
        s->again = 1;
    return true;
}

static bool kind(struct words *w, struct sc_selector *s)
{
    const char *word = peek(w);
    char hint[64];
    s->icmp_type = s->icmp_code = s->arp_op = -1;
    for (uint32_t i = 0; word && kinds[i]; i++) {
        if (strcmp(kinds[i], word) != 0)
            continue;
        s->kind = i;
        w->i++;
        if (i == SC_ICMP && peek(w) && sc_icmp_named(peek(w), &s->icmp_type, &s->icmp_code))
            w->i++;
        if (i == SC_ARP)
            s->arp_op = eat(w, "request") ? 1 : eat(w, "reply") ? 2 : -1;
        return true;
    }
    sc_error(w->r->e, w->at,
             "a selector names a kind of packet (segment, data, SYN, \"SYN,ACK\", ACK, FIN, RST, packet, fragment, "
             "datagram, ICMP, frame, ARP, BPDU), not \"%s\"%s",
             word ? word : "", word ? sc_hint(word, kinds, hint, sizeof hint) : "");
    return false;
}

/* "02:00:00:00:00:01": the first byte is the highest. */
static bool mac_number(struct words *w, uint64_t *value, const char *of)
{
    uint8_t byte[6];
    const char *word = peek(w);
    if (!word || !sc_mac_read(word, byte)) {
        sc_error(w->r->e, w->at, "\"%s\" wants an address: 02:00:00:00:00:01", of);
        return false;
    }
    *value = 0;
    for (uint32_t i = 0; i < 6; i++)
        *value = *value << 8 | byte[i];
    w->i++;
    return true;
}

static bool number(struct words *w, uint64_t *value, const char *of)
{
    char *end;
    const char *word = peek(w);
    *value = word && word[0] >= '0' && word[0] <= '9' ? strtoull(word, &end, 10) : 0;
    if (word && word[0] >= '0' && word[0] <= '9' && !*end) {
        w->i++;
        return true;
    }
    uint32_t isn;
    if (word && sc_isn_number(w->r->model, word, &isn)) {
        *value = isn;
        w->i++;
        return true;
    }
    sc_error(w->r->e, w->at, "\"%s\" wants a number (301, or a.isn+1 of a host with isn:), not \"%s\"", of,
             word ? word : "");
    return false;
}

static bool field(struct words *w, struct sc_selector *s)
{
    char hint[64];
    const char *word = peek(w);
    for (uint32_t i = 1; word && sc_fields[i]; i++) {
        if (strcmp(sc_fields[i], word) != 0)
            continue;
        if (s->fields == 4) {
            sc_error(w->r->e, w->at, "four fields at most");
            return false;
        }
        w->i++;
        s->field[s->fields].field = i;
        if (i == SC_FIELD_SOURCE_MAC || i == SC_FIELD_DESTINATION_MAC)
            return mac_number(w, &s->field[s->fields++].value, word);
        return number(w, &s->field[s->fields++].value, word);
    }
    sc_error(w->r->e, w->at,
             "\"with\" names a field (seq, ack, window, length, ttl, mss, tos, number, urgent, "
             "source_port, destination_port), or a flag "
             "(FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE) and 0 or 1, not \"%s\"%s",
             word ? word : "", word ? sc_hint(word, sc_fields + 1, hint, sizeof hint) : "");
    return false;
}

static bool name_after(struct words *w, const char *filter,
                       uint32_t (*need)(struct sc_reader *, const struct sc_node *, const char *), uint32_t *to)
{
    if (!peek(w)) {
        sc_error(w->r->e, w->at, "\"%s\" wants a name", filter);
        return false;
    }
    *to = need(w->r, w->at, w->word[w->i++]);
    return *to != SV_NONE;
}

static bool filter(struct words *w, struct sc_selector *s)
{
    char unit[8];
    if (eat(w, "from"))
        return name_after(w, "from", sc_need_host, &s->from);
    if (eat(w, "to"))
        return name_after(w, "to", sc_need_host, &s->to);
    if (eat(w, "of")) {
        s->socket = peek(w) ? sc_socket_named(w->r->model, peek(w)) : SV_NONE;
        if (s->socket != SV_NONE && !w->r->model->socket[s->socket].tcp)
            return w->i++, true;
        s->socket = SV_NONE;
        return name_after(w, "of", sc_need_attempt, &s->attempt);
    }
    if (eat(w, "on"))
        return name_after(w, "on", sc_need_link, &s->link);
    if (eat(w, "covering"))
        return (void)eat(w, "byte"), number(w, &s->covering, "covering byte");
    if (eat(w, "acknowledging"))
        return (void)eat(w, "byte"), number(w, &s->acknowledging, "acknowledging byte");
    if (eat(w, "with"))
        return field(w, s);
    if (eat(w, "longer")) {
        (void)eat(w, "than");
        if (peek(w) && sc_quantity(peek(w), &s->longer, unit) && (!unit[0] || strcmp(unit, "B") == 0)) {
            w->i++;
            return true;
        }
        sc_error(w->r->e, w->at, "\"longer than\" wants a size: longer than 1400B");
        return false;
    }
    char hint[64];
    sc_error(w->r->e, w->at, "\"%s\" is not understood%s", peek(w), sc_hint(peek(w), filters, hint, sizeof hint));
    return false;
}

bool sc_selector_words(struct sc_reader *r, const struct sc_node *at, const char *words, struct sc_selector *s)
{
    struct words w = {.r = r, .at = at};
    *s = (struct sc_selector){.from = SV_NONE,
                              .to = SV_NONE,
                              .attempt = SV_NONE,
                              .socket = SV_NONE,
                              .link = SV_NONE,
                              .again = -1,
                              .covering = SC_OFF,
                              .acknowledging = SC_OFF,
                              .longer = SC_OFF};
    s->words = sc_take_text(r->m, words, strlen(words));
    if (!split(&w, words) || !which(&w, s) || !kind(&w, s))
        return false;
    while (peek(&w)) {
        if (!filter(&w, s))
            return false;
    }
    return true;
}

static void add(char *to, size_t room, const char *before, const struct sc_node *value)
{
    const size_t n = strlen(to);
    if (value && value->kind == SC_SCALAR && n < room)
        snprintf(to + n, room - n, "%s%s%s", n ? " " : "", before, value->text);
}

static bool mapping(struct sc_reader *r, const struct sc_node *n, char *to, size_t room)
{
    static const char *const keys[] = {"which", "again",    "kind",          "from", "to",     "of",
                                       "on",    "covering", "acknowledging", "with", "longer", NULL};
    if (!sc_keys(r, n, keys, "a selector"))
        return false;
    const struct sc_node *which_node = sc_member(n, "which"), *with = sc_member(n, "with");
    const bool counts = which_node && which_node->kind == SC_SCALAR &&
                        strspn(which_node->text, "0123456789") == strlen(which_node->text);
    to[0] = 0;
    add(to, room, "", which_node);
    if (counts)
        snprintf(to + strlen(to), room - strlen(to), "th");
    add(to, room, "", sc_member(n, "again"));
    add(to, room, "", sc_member(n, "kind"));
    add(to, room, "from ", sc_member(n, "from"));
    add(to, room, "to ", sc_member(n, "to"));
    add(to, room, "of ", sc_member(n, "of"));
    add(to, room, "on ", sc_member(n, "on"));
    add(to, room, "covering byte ", sc_member(n, "covering"));
    add(to, room, "acknowledging byte ", sc_member(n, "acknowledging"));
    add(to, room, "longer than ", sc_member(n, "longer"));
    for (const struct sc_node *c = with && with->kind == SC_MAP ? with->child : NULL; c; c = c->next) {
        char before[64];
        snprintf(before, sizeof before, "with %s ", c->key);
        add(to, room, before, c);
    }
    return true;
}

bool sc_selector_read(struct sc_reader *r, const struct sc_node *n, struct sc_selector *s)
{
    char words[512];
    if (n->kind == SC_SCALAR)
        return sc_selector_words(r, n, n->text, s);
    return mapping(r, n, words, sizeof words) && sc_selector_words(r, n, words, s);
}
