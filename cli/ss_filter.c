/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/ss_filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { AND, OR, NOT, SRC, DST, SPORT, DPORT };
enum { EQ, NE, LT, LE, GT, GE };

struct parser {
    struct ss_filter *f;
    char **word; /* brackets and operators are words of their own */
    uint32_t n, at;
    char *why;
    size_t room;
};

uint32_t ss_states(const char *word)
{
    const uint32_t all = (1u << SV_TCP_STATES) - 1;
    const uint32_t state = cli_parse_tcp_state(word);
    if (state != SV_NONE)
        return 1u << state;
    if (strcasecmp(word, "all") == 0)
        return all;
    if (strcasecmp(word, "connected") == 0)
        return all & ~(1u << SV_CLOSED | 1u << SV_LISTEN);
    if (strcasecmp(word, "synchronized") == 0)
        return all & ~(1u << SV_CLOSED | 1u << SV_LISTEN | 1u << SV_SYN_SENT);
    if (strcasecmp(word, "bucket") == 0)
        return 1u << SV_SYN_RECEIVED | 1u << SV_TIME_WAIT;
    if (strcasecmp(word, "big") == 0)
        return all & ~(1u << SV_SYN_RECEIVED | 1u << SV_TIME_WAIT);
    return 0;
}

static uint32_t wrong(struct parser *p, const char *format, const char *word)
{
    if (!*p->why)
        (void)snprintf(p->why, p->room, format, word);
    return SV_NONE;
}

static uint32_t add(struct parser *p, uint8_t kind, uint32_t left, uint32_t right)
{
    if (p->f->nodes == SS_NODES)
        return wrong(p, "%s: the filter is too long", p->at < p->n ? p->word[p->at] : "end");
    p->f->node[p->f->nodes] = (struct ss_node){.kind = kind, .left = left, .right = right};
    return p->f->nodes++;
}

static const char *peek(const struct parser *p)
{
    return p->at < p->n ? p->word[p->at] : NULL;
}

static bool accept(struct parser *p, const char *a, const char *b)
{
    const char *word = peek(p);
    if (!word || (strcasecmp(word, a) != 0 && (!b || strcmp(word, b) != 0)))
        return false;
    p->at++;
    return true;
}

static bool read_compare(struct parser *p, uint8_t *compare)
{
    static const struct {
        const char *word;
        uint8_t compare;
    } words[] = {{"=", EQ},  {"==", EQ}, {"eq", EQ}, {"!=", NE}, {"ne", NE}, {"neq", NE}, {"<", LT},
                 {"lt", LT}, {"<=", LE}, {"le", LE}, {">", GT},  {"gt", GT}, {">=", GE},  {"ge", GE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (accept(p, words[i].word, NULL)) {
            *compare = words[i].compare;
            return true;
        }
    }
    *compare = EQ;
    return false;
}

/* ADDR, ADDR/LEN, ADDR:PORT, :PORT, *:PORT, [ADDR6]:PORT; for ports also a bare number. */
static bool read_endpoint(const char *text, bool port_only, struct ss_node *n)
{
    struct sv_endpoint e;
    bool any;
    if (port_only && cli_parse_port(text + (*text == ':'), &n->port)) {
        n->has_port = true;
        return true;
    }
    if (cli_parse_endpoint(text, &e, &any)) {
        n->port = e.port;
        n->has_port = true;
        n->addr = e.addr;
        n->length = any ? 0 : 128;
        return !port_only || any;
    }
    uint32_t length;
    if (port_only || !cli_parse_prefix(text, &n->addr, &length))
        return false;
    n->length = length == SV_NONE ? 128 : cli_addr_is_v4(&n->addr) ? 96 + length : length;
    return true;
}

static uint32_t parse_or(struct parser *p);

static uint32_t parse_primary(struct parser *p)
{
    static const char *const kinds[] = {"src", "dst", "sport", "dport"};
    if (accept(p, "(", NULL)) {
        const uint32_t inner = parse_or(p);
        if (inner != SV_NONE && !accept(p, ")", NULL))
            return wrong(p, "%s: a closing bracket is missing here", peek(p) ? peek(p) : "end");
        return inner;
    }
    if (accept(p, "not", "!")) {
        const uint32_t inner = parse_primary(p);
        return inner == SV_NONE ? SV_NONE : add(p, NOT, inner, SV_NONE);
    }
    for (uint8_t k = 0; k < 4; k++) {
        if (!accept(p, kinds[k], NULL))
            continue;
        const uint32_t at = add(p, (uint8_t)(SRC + k), SV_NONE, SV_NONE);
        if (at == SV_NONE)
            return at;
        (void)read_compare(p, &p->f->node[at].compare);
        const char *value = peek(p);
        if (!value)
            return wrong(p, k < 2 ? "%s: an address is missing after it" : "%s: a port is missing after it", kinds[k]);
        if (!read_endpoint(value, k >= 2, &p->f->node[at]))
            return wrong(p,
                         k < 2 ? "%s: not an address; it takes 10.7.0.1, 10.7.0.0/24 or 10.7.0.1:80"
                               : "%s: not a port; it takes :80 or :http",
                         value);
        p->at++;
        return at;
    }
    return wrong(p, "%s: not a filter word; there are state, exclude, src, dst, sport, dport, and, or, not",
                 peek(p) ? peek(p) : "end");
}

static uint32_t parse_and(struct parser *p)
{
    uint32_t left = parse_primary(p);
    while (left != SV_NONE && peek(p) && strcmp(peek(p), ")") != 0 && strcasecmp(peek(p), "or") != 0 &&
           strcmp(peek(p), "||") != 0 && strcmp(peek(p), "|") != 0) {
        if (!accept(p, "and", "&&"))
            (void)accept(p, "&", NULL); /* and may be left away */
        const uint32_t right = parse_primary(p);
        left = right == SV_NONE ? SV_NONE : add(p, AND, left, right);
    }
    return left;
}

static uint32_t parse_or(struct parser *p)
{
    uint32_t left = parse_and(p);
    while (left != SV_NONE && (accept(p, "or", "||") || accept(p, "|", NULL))) {
        const uint32_t right = parse_and(p);
        left = right == SV_NONE ? SV_NONE : add(p, OR, left, right);
    }
    return left;
}

/* `state X` and `exclude X`, as ss has them: at the beginning, any number of them. */
static bool parse_states(struct parser *p)
{
    for (;;) {
        const bool exclude = accept(p, "exclude", NULL);
        if (!exclude && !accept(p, "state", NULL))
            return true;
        const char *word = peek(p);
        const uint32_t states = word ? ss_states(word) : 0;
        if (!states) {
            (void)wrong(p,
                        "%s: not a state; there are established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, "
                        "time-wait, close-wait, last-ack, closing, listen, closed, all, connected, synchronized",
                        word ? word : "state");
            return false;
        }
        p->at++;
        if (exclude)
            p->f->states = (p->f->states_given ? p->f->states : ss_states("all")) & ~states;
        else
            p->f->states |= states;
        p->f->states_given = true;
    }
}

/* Words cut at brackets and operators, "sport=:80" into three. The pieces live in one allocation. */
static char **cut_words(const struct cli_words *words, uint32_t *n)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < words->n; i++)
        bytes += strlen(words->word[i]) + 1;
    char **list = malloc((bytes + 1) * sizeof list[0] + 2 * bytes + 1);
    if (!list)
        return NULL;
    char *out = (char *)(list + bytes + 1);
    *n = 0;
    for (uint32_t i = 0; i < words->n; i++) {
        for (const char *p = words->word[i]; *p;) {
            size_t length;
            if (*p == ' ') {
                p++;
                continue;
            }
            if (*p == '(' || *p == ')')
                length = 1;
            else if (strchr("=!<>&|", *p))
                length = strspn(p, "=!<>&|");
            else
                length = strcspn(p, "()=!<>&| ");
            list[(*n)++] = out;
            memcpy(out, p, length);
            out[length] = '\0';
            out += length + 1;
            p += length;
        }
    }
    return list;
}

bool ss_filter_parse(struct ss_filter *f, const struct cli_words *words, char *why, size_t room)
{
    struct parser p = {.f = f, .why = why, .room = room};
    memset(f, 0, sizeof *f);
    f->root = SV_NONE;
    *why = '\0';
    p.word = cut_words(words, &p.n);
    bool ok = p.word != NULL && parse_states(&p);
    if (ok && p.at < p.n) {
        f->root = parse_or(&p);
        ok = f->root != SV_NONE;
        if (ok && p.at < p.n) {
            (void)wrong(&p, "%s: not expected here", peek(&p));
            ok = false;
        }
    }
    free(p.word);
    return ok;
}

static bool compared(uint8_t compare, uint32_t a, uint32_t b)
{
    switch (compare) {
    case NE:
        return a != b;
    case LT:
        return a < b;
    case LE:
        return a <= b;
    case GT:
        return a > b;
    case GE:
        return a >= b;
    default:
        return a == b;
    }
}

static bool covers(const struct ss_node *n, const struct sv_endpoint *e)
{
    for (uint32_t i = 0; i < n->length; i++)
        if ((n->addr.byte[i / 8] ^ e->addr.byte[i / 8]) & (0x80u >> i % 8))
            return false;
    return !n->has_port || n->port == e->port;
}

static bool matches(const struct ss_filter *f, uint32_t at, const struct ss_socket *s)
{
    const struct ss_node *n = &f->node[at];
    switch (n->kind) {
    case AND:
        return matches(f, n->left, s) && matches(f, n->right, s);
    case OR:
        return matches(f, n->left, s) || matches(f, n->right, s);
    case NOT:
        return !matches(f, n->left, s);
    case SRC:
    case DST:
        return covers(n, n->kind == SRC ? &s->local : &s->peer) == (n->compare != NE);
    default:
        return compared(n->compare, n->kind == SPORT ? s->local.port : s->peer.port, n->port);
    }
}

bool ss_filter_matches(const struct ss_filter *f, const struct ss_socket *s)
{
    return f->root == SV_NONE || matches(f, f->root, s);
}
