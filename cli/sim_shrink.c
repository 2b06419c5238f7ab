/* SPDX-License-Identifier: BSD-2-Clause */
/* A failing scenario made small: whatever can go without the failure going is taken away, then what is left is made
 * weaker and rounder, until nothing more can. What must stay is that the same expectations fail. Each try runs in a
 * process of its own, so that one that brings it down counts as what it is. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sim.h"
#include "scenario/planted.h"

#define TRIES 4000u
#define SEEDS 3u /* others that are tried with less of a file */

struct shrinker {
    struct sim_file *f;
    uint64_t seed;
    uint64_t failing; /* set of expectations of the original, by number; bit 63: a problem or a crash */
    uint64_t way[64]; /* in which it failed: its sentence without numbers */
    char id[64][33];
    uint32_t ids, tries;
    bool passes[4]; /* by enum without: what failed does not fail so */
};

/* A file without what may be to blame. */
enum without { AS_IT_IS, WITHOUT_FAULTS, WITHOUT_SETS, WITHOUT_BUG };

static void strip(struct sc_node *map, const char *const *keys)
{
    for (; *keys; keys++) {
        const struct sc_node *n = sc_member(map, *keys);
        if (n)
            (void)sc_remove(map, n);
    }
}

static void disarm(struct sc_node *root, enum without what)
{
    static const char *const faults[] = {"faults", NULL}, *const set[] = {"set", NULL};
    static const char *const ways[] = {"loss", "burst", "duplicate", "reorder",    "corrupt", "truncate",
                                       "flap", "queue", "rate",      "black_hole", NULL};
    const struct sc_node *links = sc_member(root, "links"), *hosts = sc_member(root, "hosts");
    if (what == WITHOUT_FAULTS)
        strip(root, faults);
    for (struct sc_node *l = what == WITHOUT_FAULTS && links ? links->child : NULL; l; l = l->next) {
        if (l->kind == SC_MAP)
            strip(l, ways);
        for (struct sc_node *from = l->child; from; from = from->next) {
            if (from->kind == SC_MAP)
                strip(from, ways);
        }
    }
    for (struct sc_node *h = what == WITHOUT_SETS && hosts ? hosts->child : NULL; h; h = h->next) {
        if (h->kind == SC_MAP)
            strip(h, set);
    }
}

/* The sentence without its numbers: another number is the same failure, another sentence is another. */
static uint64_t way_of(const char *why)
{
    uint64_t h = 14695981039346656037ull;
    for (; *why; why++) {
        if (!strchr("0123456789.", *why))
            h = (h ^ (uint8_t)*why) * 1099511628211ull;
    }
    return h;
}

/* 0: it does not fail as the original does (or is no scenario). Else the set, by the original's numbers. Without
 * something, any failure counts. */
static uint64_t fails_without(struct shrinker *s, const struct sc_node *root, enum without what)
{
    int end[2];
    uint64_t set = 0;
    if (pipe(end) != 0)
        return 0;
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        static struct sc_result r;
        sim_limit_time();
        if (what == WITHOUT_BUG)
            sc_plant(0);
        struct sc_errors e = {.file = "shrink"};
        struct sc_memory m = {.ceiling = 256u << 20};
        struct sc_node *copy = sc_copy(&m, root);
        if (copy)
            disarm(copy, what);
        const struct sc_model *model = copy ? sc_model_read(&m, copy, &e) : NULL;
        if (!freopen("/dev/null", "w", stderr) || !model || !sim_run(model, s->seed, NULL, &r))
            _exit(2);
        for (uint32_t i = 0; i < r.n; i++) {
            for (uint32_t k = 0; k < s->ids && r.outcome[i].verdict != SC_PASSED; k++) {
                const uint64_t way = way_of(r.outcome[i].why);
                if (strcmp(s->id[k], r.outcome[i].id) == 0 && (!s->failing || what || s->way[k] == way))
                    set |= 1ull << k;
            }
        }
        set |= r.problem[0] ? 1ull << 63 : 0;
        _exit(write(end[1], &set, sizeof set) == (ssize_t)sizeof set ? 0 : 2);
    }
    close(end[1]);
    if (pid < 0 || read(end[0], &set, sizeof set) != (ssize_t)sizeof set)
        set = 0;
    close(end[0]);
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        set = 1ull << 63;
    s->tries++;
    return set;
}

static uint64_t fails_now(struct shrinker *s, const struct sc_node *root)
{
    return fails_without(s, root, AS_IT_IS);
}

/* Does it still fail in one of the ways it did, and of the same cause? Shrinking must not slip to another failure: a
 * file that asks for what nobody does any more fails too. */
static bool still(struct shrinker *s, const struct sc_node *root)
{
    if (s->tries >= TRIES || !(fails_now(s, root) & s->failing))
        return false;
    for (enum without w = WITHOUT_FAULTS; w <= WITHOUT_SETS; w++) {
        if (s->passes[w] && fails_without(s, root, w) & s->failing)
            return false;
    }
    return !s->passes[WITHOUT_BUG] || !fails_without(s, root, WITHOUT_BUG); /* and nothing else does */
}

/* ... or with another seed: what chance does is drawn anew when there is less of it. */
static bool still_somehow(struct shrinker *s, const struct sc_node *root, uint32_t seeds)
{
    const uint64_t seed = s->seed;
    bool fails = still(s, root);
    for (uint32_t k = 1; k <= seeds && !fails; k++) {
        s->seed = seed + k;
        fails = still(s, root);
    }
    s->seed = fails ? s->seed : seed;
    return fails;
}

/* Takes children away, from the last to the first, as long as it still fails. */
static bool take_away(struct shrinker *s, struct sc_node *parent, uint32_t least, uint32_t seeds)
{
    bool any = false;
    for (uint32_t i = sc_children(parent); i-- > 0 && sc_children(parent) > least;) {
        struct sc_node *child = sc_child(parent, i), *next = child->next;
        (void)sc_remove(parent, child);
        if (still_somehow(s, s->f->root, seeds)) {
            any = true;
            continue;
        }
        struct sc_node **at = &parent->child; /* back to its place */
        for (uint32_t k = 0; k < i; k++)
            at = &(*at)->next;
        child->next = next;
        *at = child;
    }
    return any;
}

/* Half of a number, its unit kept; false: it is none, or small already. */
static bool halved(const char *text, char *to, size_t room)
{
    char *end;
    const unsigned long long n = strtoull(text, &end, 10);
    if (end == text || n < 2 || *end == '.' ||
        strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/%") != strlen(end))
        return false;
    snprintf(to, room, "%llu%s", n / 2u, end);
    return true;
}

static bool weaken(struct shrinker *s, struct sc_node *n)
{
    bool any = false;
    char less[64];
    for (struct sc_node *c = n->child; c; c = c->next) {
        if (c->kind != SC_SCALAR) {
            any = weaken(s, c) || any;
            continue;
        }
        while (halved(c->text, less, sizeof less)) {
            const char *before = c->text;
            c->text = sc_take_text(&s->f->memory, less, strlen(less));
            if (!c->text || !still(s, s->f->root)) {
                c->text = before;
                break;
            }
            any = true;
        }
    }
    return any;
}

static void drop_words(struct sc_node *root)
{
    static const char *const words[] = {"title", "claim", "see", "watch", "try", "tell", "mutants", NULL};
    for (uint32_t i = 0; words[i]; i++) {
        const struct sc_node *n = sc_member(root, words[i]);
        if (n)
            (void)sc_remove(root, n);
    }
}

/* The host behind the first one's address, in its net, with no router in between. False: none knows how. */
static bool settle_beside(struct sc_memory *m, const struct sc_node *first, struct sc_node *second)
{
    const struct sc_node *a = sc_member(first, "addr"), *gateway = sc_member(second, "gateway");
    struct sc_node *b = sc_member(second, "addr");
    struct sv_addr at;
    uint32_t length;
    char text[40];
    if (!a || !b || a->kind != SC_SCALAR || b->kind != SC_SCALAR || !sv_addr_parse(a->text, &at, &length) ||
        !strchr(a->text, '.'))
        return false;
    const uint8_t *v4 = at.byte + 12;
    snprintf(text, sizeof text, "%u.%u.%u.%u/%u", v4[0], v4[1], v4[2], v4[3] % 100u + 1u, length);
    b->text = sc_take_text(m, text, strlen(text));
    if (gateway)
        (void)sc_remove(second, gateway);
    return b->text != NULL;
}

/* Two hosts, and of what lies between them the k-th link alone. */
static bool straighten(struct sc_memory *m, struct sc_node *root, uint32_t k)
{
    static const char *const between[] = {"switches", "routers", NULL};
    struct sc_node *hosts = sc_member(root, "hosts"), *links = sc_member(root, "links");
    struct sc_node *one = links && k < sc_children(links) ? sc_child(links, k) : NULL;
    struct sc_node *ends = one && one->kind == SC_MAP ? sc_member(one, "ends") : NULL;
    if (!hosts || sc_children(hosts) != 2 || !ends || sc_children(ends) != 2)
        return false;
    strip(root, between);
    links->child = one;
    one->next = NULL;
    const struct sc_node *gateway = sc_member(sc_child(hosts, 0), "gateway");
    if (gateway)
        (void)sc_remove(sc_child(hosts, 0), gateway);
    for (uint32_t i = 0; i < 2; i++)
        sc_child(ends, i)->text = sc_child(hosts, i)->key;
    return settle_beside(m, sc_child(hosts, 0), sc_child(hosts, 1));
}

/* The name stands there as a word of its own. */
static bool names(const char *text, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    const size_t n = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        if ((at == text || !strchr(letters, at[-1])) && (!at[n] || !strchr(letters, at[n])))
            return true;
    }
    return false;
}

static bool mentions(const struct sc_node *n, const char *name)
{
    if (n->kind == SC_SCALAR)
        return names(n->text, name);
    for (const struct sc_node *c = n->child; c; c = c->next) {
        if (mentions(c, name))
            return true;
    }
    return false;
}

/* Whatever has to do with it: the host itself, steps, faults, links. */
static void forget(struct sc_node *root, const char *name)
{
    static const char *const lists[] = {"hosts", "links", "timeline", "faults", NULL};
    for (uint32_t i = 0; lists[i]; i++) {
        struct sc_node *list = sc_member(root, lists[i]);
        for (struct sc_node *c = list ? list->child : NULL, *next; c; c = next) {
            next = c->next;
            if ((list->kind == SC_MAP && strcmp(c->key, name) == 0) || (list->kind == SC_LIST && mentions(c, name)))
                (void)sc_remove(list, c);
        }
    }
}

/* Of all hosts these two, by number. */
static void leave_two(struct sc_node *root, uint32_t one, uint32_t other)
{
    const struct sc_node *hosts = sc_member(root, "hosts");
    for (uint32_t i = hosts ? sc_children(hosts) : 0; i-- > 0;) {
        if (i != one && i != other)
            forget(root, sc_child(hosts, i)->key);
    }
}

/* Two hosts with one link between them, if it fails so too: their chances are drawn anew, so more seeds are tried. */
static bool make_straight(struct shrinker *s)
{
    struct sc_node *root = s->f->root, *was = root->child;
    const struct sc_node *hosts = sc_member(root, "hosts"), *links = sc_member(root, "links");
    const uint32_t n = hosts ? sc_children(hosts) : 0, all = links ? sc_children(links) : 0;
    if (!sc_member(root, "switches") && !sc_member(root, "routers") && n == 2)
        return false;
    for (uint32_t i = 0; i < n * n * all; i++) {
        const uint32_t one = i / all / n, other = i / all % n;
        struct sc_node *copy = one < other ? sc_copy(&s->f->memory, root) : NULL;
        if (!copy)
            continue;
        /* The link is cut out before it is forgotten with the host at its end. */
        struct sc_node *list = sc_member(copy, "links"), *kept = sc_child(list, i % all);
        (void)sc_remove(list, kept);
        leave_two(copy, one, other);
        sc_append(list, kept);
        if (!straighten(&s->f->memory, copy, sc_children(list) - 1u))
            continue;
        root->child = copy->child;
        if (still_somehow(s, root, 2u * SEEDS))
            return true;
        root->child = was;
    }
    return false;
}

/* Connections and hosts that can go only with all that is said of them. */
static bool forget_names(struct shrinker *s)
{
    struct sc_node *root = s->f->root;
    const char *name[64];
    uint32_t n = 0;
    bool any = false;
    const struct sc_node *steps = sc_member(root, "timeline"), *hosts = sc_member(root, "hosts");
    for (const struct sc_node *c = steps ? steps->child : NULL; c && n < 32; c = c->next) {
        const struct sc_node *as = c->kind == SC_MAP ? sc_member(c, "as") : NULL;
        if (as && as->kind == SC_SCALAR)
            name[n++] = as->text;
    }
    for (const struct sc_node *h = hosts ? hosts->child : NULL; h && n < 64; h = h->next)
        name[n++] = h->key;
    for (uint32_t i = 0; i < n; i++) {
        struct sc_node *was = root->child, *copy = sc_copy(&s->f->memory, root);
        if (!copy)
            return any;
        forget(copy, name[i]);
        root->child = copy->child;
        if (still_somehow(s, root, SEEDS))
            any = true;
        else
            root->child = was;
    }
    return any;
}

static bool pass(struct shrinker *s)
{
    static const char *const lists[] = {"faults", "timeline", "expect", "links", "hosts", "routers", "switches", NULL};
    struct sc_node *root = s->f->root;
    bool any = forget_names(s);
    for (uint32_t i = 0; lists[i]; i++) {
        struct sc_node *list = sc_member(root, lists[i]);
        const bool needed = strcmp(lists[i], "expect") == 0 || strcmp(lists[i], "hosts") == 0;
        if (!list)
            continue;
        any = take_away(s, list, needed ? 1 : 0, SEEDS) || any;
        for (struct sc_node *c = list->child; c; c = c->next) {
            any = (c->kind == SC_MAP && take_away(s, c, 1, 0)) || any;
            for (struct sc_node *d = c->child; d; d = d->next) {
                any = (d->kind != SC_SCALAR && take_away(s, d, 1, 0)) || any;
                for (struct sc_node *g = d->child; g && d->kind == SC_LIST; g = g->next)
                    any = (g->kind == SC_MAP && take_away(s, g, 1, 0)) || any;
            }
        }
    }
    any = make_straight(s) || any;
    any = take_away(s, root, 6, 0) || any;
    static const char *const numbers[] = {"links", "timeline", "faults", "hosts", NULL};
    for (uint32_t i = 0; numbers[i]; i++) {
        struct sc_node *list = sc_member(root, numbers[i]);
        any = (list && weaken(s, list)) || any;
    }
    return any;
}

/* The failure that says most: a wrong stream or a leak rather than something that merely did not happen. */
static uint64_t telling(uint64_t failing, const struct sc_model *m)
{
    static const uint32_t kinds[] = {SC_STREAMS, SC_POOLS, SC_NEVER, SC_ALWAYS, SC_VALUE, SC_ORDER, SC_EVENTUALLY};
    if (failing >> 63)
        return 1ull << 63;
    for (uint32_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        for (uint32_t i = 0; i < m->expects && i < 63; i++) {
            if (failing >> i & 1u && m->expect[i].kind == kinds[k])
                return 1ull << i;
        }
    }
    return failing;
}

static void put_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    fwrite(text, 1, n, stdout);
}

int sim_shrink(struct sim_file *f, const struct sim_config *c)
{
    static struct shrinker s;
    static struct sc_result whole;
    char seed[32];
    s = (struct shrinker){.f = f, .seed = c->seeded ? c->seed : f->model->seed};
    for (uint32_t i = 0; i < f->model->expects && i < 63; i++)
        snprintf(s.id[s.ids++], sizeof s.id[0], "%s", f->model->expect[i].id);
    const uint64_t failing = fails_now(&s, f->root);
    if (!(failing >> 63) && sim_run(f->model, s.seed, NULL, &whole)) { /* else it may bring this process down, too */
        for (uint32_t i = 0; i < whole.n && i < s.ids; i++)
            s.way[i] = way_of(whole.outcome[i].why);
    }
    s.failing = telling(failing, f->model);
    if (!s.failing) {
        fprintf(stderr, "seven sim: %s does not fail with seed %" PRIu64 ": there is nothing to shrink\n", f->name,
                s.seed);
        return 0;
    }
    for (enum without w = WITHOUT_FAULTS; w <= WITHOUT_SETS; w++)
        s.passes[w] = !(s.failing >> 63) && !(fails_without(&s, f->root, w) & s.failing);
    s.passes[WITHOUT_BUG] = sc_planted && !fails_without(&s, f->root, WITHOUT_BUG);
    drop_words(f->root);
    while (pass(&s) && s.tries < TRIES)
        ;
    struct sc_node *n = sc_member(f->root, "seed");
    snprintf(seed, sizeof seed, "%" PRIu64, s.seed);
    if (n)
        n->text = sc_take_text(&f->memory, seed, strlen(seed));
    else
        sc_append(f->root, sc_node_new(&f->memory, SC_SCALAR, "seed", sc_take_text(&f->memory, seed, strlen(seed))));
    printf("# shrunk from %s in %u runs; it still fails:", f->name, s.tries);
    for (uint32_t i = 0; i < s.ids; i++) {
        if (fails_now(&s, f->root) >> i & s.failing >> i & 1u)
            printf(" %s", s.id[i]);
    }
    printf("%s\n", s.failing >> 63 ? " it brings the process down, or has a problem" : "");
    sc_yaml_write(f->root, put_stdout, NULL);
    return 1;
}
