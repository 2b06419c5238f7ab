/* SPDX-License-Identifier: BSD-2-Clause */
/* A run by hand: forwards and backwards by event, packet and time, and another way from here.
 *
 * A moment that can be come back to is a process: before some turns the run forks, the child goes on, and the parent
 * waits with everything as it was. Going back ends the children down to the last parent before the goal, which forks
 * again and goes on to it. So a snapshot is whole whatever the run consists of, is taken in a millisecond, and shares
 * what has not changed since. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/sim.h"
#include "cli/sinks.h"
#include "scenario/outside.h"
#include "trace/events.h"
#include "trace/ss_text.h"

#define LINES 12u /* of events, shown after a step */
#define LINE 240u
#define SNAPSHOTS 40u
#define SNAPSHOT_LEAST 64u /* turns between two */
#define SOCKETS 64u

enum measure { BY_EVENT, BY_PACKET, BY_TIME, TO_END };

/* What the processes of a session share. */
struct common {
    enum measure by;
    uint64_t goal;
    bool back; /* the parents are to take over; else all end */
    int status;
};

struct stepper {
    struct common *common;
    struct sim_file *file;
    struct sim_config config; /* with what branches changed */
    const struct cli_output_options *output;
    struct sc_run *run;
    uint64_t seed, turns, kept; /* kept: when the last snapshot was taken */
    sv_time clock;              /* where moves by time begin: the run's time, or what it was moved to */
    uint32_t depth;
    bool over, terminal;
    /* events of the step */
    uint64_t lines;
    char line[LINES][LINE];
    size_t used;
};

static void put_stdout(void *ctx, const char *text, size_t n)
{
    fwrite(text, 1, n, ctx);
}

/* --- what is seen --- */

static void put_line(void *ctx, const char *text, size_t n)
{
    struct stepper *s = ctx;
    char *line = s->line[s->lines % LINES];
    for (size_t i = 0; i < n && s->used + 1u < LINE && text[i] != '\n'; i++)
        line[s->used++] = text[i];
    line[s->used] = 0;
}

static const char *place_name(const struct sc_model *m, uint32_t number)
{
    if (number && number <= m->hosts)
        return m->host[number - 1u].name;
    return number > m->hosts && number <= m->hosts + m->links ? m->link[number - m->hosts - 1u].name : "";
}

static void on_record(void *ctx, const struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes)
{
    struct stepper *s = ctx;
    const struct sv_events_options options = {0};
    const struct sv_sink to = {put_line, s};
    char name[48];
    s->used = 0;
    const int n = snprintf(name, sizeof name, "%-8s ", place_name(run->model, r->host));
    put_line(s, name, (size_t)n);
    sv_events_text(r, bytes, &options, &to);
    s->lines++;
}

static uint64_t measured(const struct stepper *s, enum measure by)
{
    return by == BY_EVENT ? s->turns : by == BY_PACKET ? sv_world_passed(s->run->sim->world) : s->run->now;
}

static void say_where(const struct stepper *s)
{
    printf("= event %" PRIu64 ", packet %" PRIu64 ", %.9f s%s\n", s->turns, measured(s, BY_PACKET),
           (double)s->clock / 1e9, s->over ? ", the end" : "");
}

static void say_events(const struct stepper *s)
{
    const uint64_t first = s->lines > LINES ? s->lines - LINES : 0;
    if (first)
        printf("  ... %" PRIu64 " event%s before\n", first, first == 1 ? "" : "s");
    for (uint64_t i = first; i < s->lines; i++)
        printf("  %s\n", s->line[i % LINES]);
}

static void say_sockets(const struct stepper *s)
{
    const struct sv_sink to = {put_stdout, stdout};
    const struct sv_ss_options options = {.info = 1, .rfc_names = 1};
    static struct sv_sock_info all[SOCKETS];
    for (uint32_t h = 0; h < s->run->model->hosts; h++) {
        uint32_t at = 0, n = 0;
        if (!s->run->stack[h])
            continue;
        memset(all, 0, sizeof all);
        for (all[0].size = sizeof all[0]; n < SOCKETS && sv_stack_each(s->run->stack[h], &at, &all[n]);) {
            if (++n < SOCKETS)
                all[n].size = sizeof all[n];
        }
        printf("%s%s\n", s->run->model->host[h].name, s->run->down[h] ? " (crashed)" : n ? "" : ": no sockets");
        if (n)
            sv_ss_table(all, n, &options, &to);
    }
}

/* --- forwards, and snapshots --- */

static bool reached(const struct stepper *s)
{
    const struct common *c = s->common;
    if (s->over)
        return true;
    if (c->by == TO_END)
        return false;
    return c->by == BY_TIME ? sc_run_next(s->run) > c->goal : measured(s, c->by) >= c->goal;
}

/* Is the goal surely not before this moment? */
static bool may_reach(const struct stepper *s)
{
    const struct common *c = s->common;
    if (c->by == BY_PACKET) /* its turn may be before this one */
        return measured(s, BY_PACKET) < c->goal;
    return measured(s, c->by) <= c->goal;
}

/* Returns in the child; the parent waits here, until it is to go on again. */
static void keep(struct stepper *s)
{
    int status = 0;
    for (;;) {
        fflush(NULL);
        const pid_t pid = fork();
        if (pid == 0) {
            s->depth++;
            return;
        }
        if (pid < 0)
            return; /* it goes on without */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(status)) {
            s->common->back = false;
            s->common->status = 1;
        }
        if (!s->common->back || (s->depth && !may_reach(s)))
            _exit(s->common->status);
    }
}

static void forward(struct stepper *s)
{
    while (!reached(s)) {
        const uint64_t since = s->turns - s->kept;
        if (!s->turns || (since >= SNAPSHOT_LEAST && since >= s->turns / 4u && s->depth < SNAPSHOTS)) {
            s->kept = s->turns;
            keep(s);
            if (reached(s))
                break;
        }
        if (s->common->back)
            s->lines = 0; /* on the way to where it was: the last turn's events alone */
        s->over = !sc_run_turn(s->run);
        s->turns++;
    }
}

/* Does not return: some parent does. */
_Noreturn static void backward(struct stepper *s)
{
    fflush(NULL);
    s->common->back = true;
    _exit(0);
}

static void report(const struct stepper *s)
{
    static struct sc_result result;
    sc_result_of(s->run, NULL, &result);
    sim_show(&result, &s->config, s->output);
    s->common->status = result.expected ? 0 : 1;
}

static void arrive(struct stepper *s)
{
    const bool end = s->common->by == TO_END;
    forward(s);
    s->clock = s->common->by == BY_TIME && !s->over ? s->common->goal : s->run->now;
    s->common->back = false;
    if (!end)
        say_events(s);
    say_where(s);
    if (s->over)
        report(s);
    s->lines = 0;
}

static void go(struct stepper *s, enum measure by, uint64_t goal)
{
    const uint64_t here = by == TO_END ? 0 : measured(s, by);
    s->common->by = by;
    s->common->goal = goal;
    s->lines = 0;
    if (by != TO_END && (by == BY_TIME ? goal < here : goal < here || (goal == here && s->over)))
        backward(s);
    s->common->back = false;
    arrive(s);
}

/* --- a branch --- */

static void branch(struct stepper *s, bool set, const char *text)
{
    struct cli_texts *list = set ? &s->config.set : &s->config.drop;
    struct sim_file *f = calloc(1, sizeof *f);
    char why[160] = "", *kept = strdup(text);
    if (!f || !kept || list->n == CLI_LIST_MAX) {
        printf("no room for another change\n");
        free(kept);
        free(f);
        return;
    }
    list->text[list->n++] = kept;
    /* The file before stays: the run has what it was told there. */
    fflush(stdout);
    const bool good = sim_file_open(f, s->file->name, 0, &s->config, NULL);
    if (good && sc_run_branch(s->run, f->model, why, sizeof why)) {
        printf("from here on: %s %s\n", set ? "set" : "drop", kept);
        s->kept = s->turns; /* snapshots before this one are of the other run */
        return;
    }
    if (good)
        printf("%s\n", why);
    list->n--;
    sim_file_close(f);
    free(kept);
    free(f);
}

/* --- commands --- */

static void help(void)
{
    printf("event [N]       N events on (1; what happens in the world, and each time of the timeline); -N: back\n"
           "packet [N]      until N packets more have passed from node to node (1); -N: back\n"
           "time DURATION   so much later (100ms); -DURATION: back. e, p, t for short\n"
           "to event N, to packet N, to time T, to start, to end\n"
           "show            where the run stands, and every host's sockets\n"
           "set PATH=VALUE  a branch: from here on with that value (links.ab.loss=5%%, a.sack=false)\n"
           "drop SELECTOR   a branch: from here on what the selector names is lost, counted from here\n"
           "quit            an empty line repeats the last command; going back undoes branches made since\n");
}

static bool number(const char *text, bool *minus, uint64_t *n)
{
    char *end;
    *minus = *text == '-';
    text += *text == '-' || *text == '+';
    *n = 1;
    if (!*text)
        return true;
    *n = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static bool duration(const char *text, bool *minus, uint64_t *ns)
{
    char unit[8];
    uint64_t value;
    *minus = *text == '-';
    text += *text == '-' || *text == '+';
    return cli_parse_duration(text, SV_S, ns) && sc_quantity(text, &value, unit);
}

static bool amount(const char *text, enum measure by, bool *minus, uint64_t *n)
{
    return by == BY_TIME ? duration(text, minus, n) : number(text, minus, n);
}

static const char *const measures[] = {"event", "packet", "time"};

static bool measure_of(const char *word, enum measure *by)
{
    for (uint32_t k = 0; k < 3; k++) {
        if (strcmp(word, measures[k]) == 0 || (word[0] == measures[k][0] && !word[1])) {
            *by = (enum measure)k;
            return true;
        }
    }
    return false;
}

static void say_no(const char *word)
{
    printf("\"%s\" is none of event, packet, time, to, show, set, drop, help, quit\n", word);
}

static void to(struct stepper *s, char *rest)
{
    char *what = rest + strspn(rest, " \t"), *n = what + strcspn(what, " \t");
    enum measure by;
    uint64_t goal;
    bool minus;
    if (*n)
        *n++ = 0;
    n += strspn(n, " \t");
    if (strcmp(what, "start") == 0)
        go(s, BY_EVENT, 0);
    else if (strcmp(what, "end") == 0)
        go(s, TO_END, 0);
    else if (!measure_of(what, &by) || !*n || !amount(n, by, &minus, &goal) || minus)
        printf("to event 120, to packet 7, to time 3.5s, to start, to end\n");
    else
        go(s, by, goal);
}

static void move(struct stepper *s, enum measure by, const char *rest)
{
    uint64_t n;
    bool minus;
    if ((by == BY_TIME && !*rest) || !amount(rest, by, &minus, &n)) {
        printf("%s takes %s\n", measures[by], by == BY_TIME ? "a time: 100ms, -2s" : "a number: 1, 20, -1");
        return;
    }
    const uint64_t here = by == BY_TIME ? s->clock : measured(s, by);
    go(s, by, minus ? (n < here ? here - n : 0) : here + n);
}

/* False: it is enough. */
static bool obey(struct stepper *s, char *line)
{
    char *word = line + strspn(line, " \t"), *rest = word + strcspn(word, " \t");
    enum measure by;
    if (*rest)
        *rest++ = 0;
    rest += strspn(rest, " \t");
    if (strcmp(word, "quit") == 0 || strcmp(word, "q") == 0)
        return false;
    if (measure_of(word, &by)) {
        move(s, by, rest);
    } else if (strcmp(word, "to") == 0) {
        to(s, rest);
    } else if (strcmp(word, "run") == 0) {
        go(s, TO_END, 0);
    } else if (strcmp(word, "show") == 0) {
        say_where(s);
        say_sockets(s);
    } else if (strcmp(word, "set") == 0 || strcmp(word, "drop") == 0) {
        branch(s, word[0] == 's', rest);
    } else if (strcmp(word, "help") == 0 || strcmp(word, "?") == 0) {
        help();
    } else {
        say_no(word);
    }
    return true;
}

/* A byte at a time: whoever goes on after this process reads what it left. */
static bool read_line(char *line, size_t room)
{
    size_t n = 0;
    ssize_t got;
    char c;
    while ((got = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
        if (n + 1u < room && c != '\r')
            line[n++] = c;
    }
    line[n] = 0;
    return got == 1 || n;
}

static void session(struct stepper *s)
{
    char line[512], last[512] = "";
    for (;;) {
        if (s->terminal)
            printf("seven> ");
        fflush(stdout);
        if (!read_line(line, sizeof line))
            break;
        if (!line[strspn(line, " \t")])
            memcpy(line, last, sizeof line);
        else if (line[0] == '#')
            continue;
        memcpy(last, line, sizeof last);
        if (line[0] && !obey(s, line))
            break;
    }
}

int sim_step(struct sim_file *f, const struct sim_config *c, const struct cli_output_options *output)
{
    static struct stepper s;
    char why[256] = "no memory";
    s = (struct stepper){.file = f, .config = *c, .output = output, .terminal = isatty(STDIN_FILENO) == 1};
    s.common = mmap(NULL, sizeof *s.common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.common == MAP_FAILED)
        return cli_fail("sim", "%s", strerror(errno));
    s.run = sc_run_open(f->model, c->seeded ? c->seed : f->model->seed, why, sizeof why);
    if (!s.run)
        return cli_fail("sim", "%s", why);
    s.run->record = on_record;
    s.run->ctx = &s;
    s.run->script_stale = true;
    say_where(&s);
    fflush(NULL);
    const pid_t pid = fork(); /* the session's processes end by _exit(), this one as commands do */
    if (pid == 0) {
        session(&s);
        fflush(NULL);
        _exit(s.common->status);
    }
    int status = 1 << 8;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    sc_run_close(s.run);
    munmap(s.common, sizeof *s.common);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
