/* SPDX-License-Identifier: BSD-2-Clause */
/* seven demo: the whole journey on real parts, in a network of its own; what make run shows. */
#define _GNU_SOURCE
#include "cli/demo.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/serve.h"
#include "cli/sinks.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/private.h"

#define AT(member) offsetof(struct demo_config, member)
static const struct cli_option demo_options[] = {
    {'w', "capture", CLI_FILE, "FILE", "where every frame goes (default demo.pcapng)", AT(capture), NULL, 0, 0},
    {0, "seed", CLI_NUMBER, "N", "of every random choice, for a run that can be repeated", AT(seed), NULL, 1, 0},
    {0, "size", CLI_SIZE, "BYTES", "of the large file (default 64MiB)", AT(size), NULL, 1, 4294967296u},
    {0, "one-process", CLI_FLAG, NULL, "between two Sevens in this process, without a namespace", AT(one_process), NULL,
     0, 0},
    {0, "keep", CLI_FLAG, NULL, "keep the files that were served, and the log", AT(keep), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static const struct {
    const char *title, *pair_title;
    bool (*run)(struct demo *d);
    bool open; /* results follow on the same line */
} steps[] = {
    {"1  curl, on the kernel's TCP, fetches from a web server on Seven's TCP",
     "1  a client on one Seven fetches from a web server on the other", demo_step_page, false},
    {"2  %s each way, checked", "2  %s, checked", demo_step_bulk, false},
    {"3  ping ", "3  ping ", demo_step_small, true},
    {"4  nc sends, closes its half, and still receives (this echo takes 100 ms):\n   four segments this time",
     "4  a client closes its half, and still receives (this echo takes 100 ms):\n   four segments this time",
     demo_step_half_close, false},
};
#define STEPS (sizeof steps / sizeof steps[0])

void demo_say(struct demo *d, const char *format, ...)
{
    va_list args;
    if (d->line_open)
        (void)fputc('\n', stdout);
    d->line_open = false;
    va_start(args, format);
    (void)vfprintf(stdout, format, args);
    va_end(args);
    (void)fflush(stdout);
}

void demo_log(struct demo *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vfprintf(d->log, format, args);
    va_end(args);
    (void)fputc('\n', d->log);
    (void)fflush(d->log);
}

/* --- time: dots, and the end of patience ---- */

static void on_event(void *self, struct sv_stack *stack, const struct sv_event *event, sv_time now)
{
    (void)self;
    (void)stack;
    (void)event;
    (void)now;
}

static sv_time on_deadline(void *self)
{
    const struct demo *d = self;
    const sv_time dot = d->terminal && d->line_open ? d->next_dot : SV_NEVER;
    return dot < d->give_up_at ? dot : d->give_up_at;
}

static void on_tick(void *self, struct sv_stack *stack, sv_time now)
{
    struct demo *d = self;
    (void)stack;
    if (d->terminal && d->line_open && now >= d->next_dot) {
        (void)fputs(" .", stdout);
        (void)fflush(stdout);
        d->next_dot = now + SV_S;
    }
    if (now >= d->give_up_at) {
        d->give_up_at = SV_NEVER;
        cli_network_stop(d->seven, 124);
    }
}

static void on_record(void *self, const struct sv_trace_record *record, const uint8_t *bytes)
{
    struct demo *d = self;
    if (!d->ladder)
        return;
    sv_ladder_build_record(d->ladder, record, bytes);
    if (d->ladder_waits && sv_ladder_build_over(d->ladder))
        cli_network_stop(d->seven, 0);
}

/* --- setting up ---- */

static bool open_networks(struct demo *d, const char *why_not)
{
    const struct cli_network_wish wish = {.quiet = true, .traced = true};
    struct cli_network_options options;
    struct cli_network *pair[2];
    cli_network_defaults(&options);
    options.capture = d->config.capture;
    options.seed = d->config.seed;
    if (!why_not) {
        d->seven = cli_network_open(&cli_command_demo, &options, &d->output, &wish);
        return d->seven != NULL;
    }
    if (!cli_network_open_pair(&cli_command_demo, &options, &d->output, &wish, pair))
        return false;
    d->seven = pair[0];
    d->other = pair[1];
    d->other_name = "Seven";
    return true;
}

/* In which world it runs. *why_not: no namespace is to be had. */
static void introduce(struct demo *d, const char *why_not)
{
    if (why_not)
        demo_say(d,
                 "%s:\nrunning the same between two Sevens in one process.\n"
                 "Seven 10.7.0.1 <-- wire --> 10.7.0.2 Seven\n\n",
                 why_not);
    else
        demo_say(d, "A private network is made for this run and removed after it; your own network\n"
                    "is not touched.  This kernel 10.7.0.1 <-- TAP seven0 --> 10.7.0.2 Seven\n\n");
}

static bool make_directory(struct demo *d)
{
    const char *base = getenv("TMPDIR");
    /* Paths that are built from it have their room: a long one gives way to /tmp. */
    if (!base || !*base || strlen(base) > 40)
        base = "/tmp";
    (void)snprintf(d->directory, sizeof d->directory, "%s/seven-demo-XXXXXX", base);
    if (!mkdtemp(d->directory)) {
        d->directory[0] = '\0';
        return cli_fail("demo", "no folder for the files in %s: %s", base, strerror(errno)) < 0;
    }
    (void)snprintf(d->log_path, sizeof d->log_path, "%s/log", d->directory);
    d->log = fopen(d->log_path, "w+e");
    return d->log || cli_fail("demo", "%s: %s", d->log_path, strerror(errno)) < 0;
}

static void remove_directory(struct demo *d)
{
    static const char *const names[] = {"hello.txt", "big", "got", "page", "log"};
    char path[128];
    if (d->log)
        (void)fclose(d->log);
    if (d->config.keep) {
        (void)fprintf(stderr, "kept: %s\n", d->directory);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", d->directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(d->directory);
}

/* --- the run ---- */

/* As it was called, so that the line can be typed again: a fresh tree has no seven in the PATH. */
static const char *my_name(void)
{
    const char *name = program_invocation_name;
    return strlen(name) <= 16 ? name : "seven";
}

static void show_failure(struct demo *d)
{
    char *line = NULL, *ring[20] = {NULL};
    size_t room = 0, n = 0;
    rewind(d->log);
    while (getline(&line, &room, d->log) >= 0) {
        free(ring[n % 20]);
        ring[n++ % 20] = strdup(line);
    }
    free(line);
    demo_say(d, "\nThe last lines of the log:\n");
    for (size_t i = n > 20 ? n - 20 : 0; i < n; i++) {
        char *text = ring[i % 20];
        if (text)
            text[strcspn(text, "\n")] = '\0';
        printf("   %.76s\n", text ? text : "");
    }
    for (size_t i = 0; i < 20; i++)
        free(ring[i]);
    printf("\nThe same again:  %s demo --seed %" PRIu64 "%s\n", my_name(), d->config.seed,
           d->config.one_process ? " --one-process" : "");
}

/* While the loop turns it hears of signals; before and after that they are noted here, so that the files go in any
 * case. */
static volatile sig_atomic_t came;

static void note_signal(int number)
{
    came = number;
}

int demo_signal(void)
{
    return came;
}

static bool run_step(struct demo *d, size_t i)
{
    char title[160], size[32];
    const char *format = d->other ? steps[i].pair_title : steps[i].title;
    if (d->config.size % 1048576 == 0)
        (void)snprintf(size, sizeof size, "%" PRIu64 " MiB", d->config.size / 1048576);
    else
        (void)snprintf(size, sizeof size, "%" PRIu64 " bytes", d->config.size);
    const char *gap = strstr(format, "%s");
    if (gap)
        (void)snprintf(title, sizeof title, "%.*s%s%s", (int)(gap - format), format, size, gap + 2);
    else
        (void)snprintf(title, sizeof title, "%s", format);
    demo_log(d, "--- step %zu", i + 1);
    demo_say(d, "%s", title);
    d->line_open = !steps[i].open;
    d->next_dot = cli_network_now(d->seven) + SV_S;
    const bool ok = steps[i].run(d);
    d->line_open = false;
    if (!ok)
        demo_say(d, "%zu  %s\n", i + 1, cli_network_interrupted(d->seven) ? "interrupted" : "FAILED");
    else
        demo_say(d, "%s", i + 1 < STEPS ? "\n" : "");
    return ok;
}

static bool run_steps(struct demo *d)
{
    static const struct sv_app app = {on_event, on_deadline, on_tick};
    const struct serve_options http = {.kind = SERVE_HTTP, .port = 80, .root = d->directory, .silent = true};
    const struct serve_options echo = {
        .kind = SERVE_ECHO, .port = 7, .delay_ns = 100 * SV_MS, .fin_delay_ns = 50 * SV_MS};
    d->give_up_at = SV_NEVER;
    d->app = cli_network_add(d->seven, &app, d);
    cli_network_on_record(d->seven, on_record, d);
    struct serve_http *web = serve_http_start(d->seven, &http);
    struct serve_echo *back = serve_echo_start(d->seven, &echo);
    bool ok = web && back;
    if (!ok)
        demo_log(d, "the servers could not be started");
    for (size_t i = 0; ok && i < STEPS; i++)
        ok = run_step(d, i) && !cli_network_interrupted(d->seven);
    demo_kill_all(d);
    serve_http_end(web, cli_network_now(d->seven));
    serve_echo_end(back, cli_network_now(d->seven));
    return ok;
}

static void say_next(struct demo *d)
{
    char line[3][64];
    const char *what[3] = {"experiments, told (--lang zh)", "why two messages do not suffice",
                           "the state machine: one table"};
    (void)snprintf(line[0], sizeof line[0], "%s explain", my_name());
    (void)snprintf(line[1], sizeof line[1], "%s explain why-three", my_name());
    (void)snprintf(line[2], sizeof line[2], "less src/l4_transport/tcp_states.c");
    for (uint32_t i = 0; i < 3; i++)
        demo_say(d, "%s%-34s  %s\n", i ? "       " : "\nNext:  ", line[i], what[i]);
}

/* *ended_by: the one that ended it, 0: none did. */
static bool run(struct demo *d, int *ended_by)
{
    char error[SV_DEVICE_TEXT];
    const char *why_not = d->config.one_process ? "as asked" : NULL;
    if (!make_directory(d))
        return false;
    if (!demo_prepare(d)) {
        if (!came)
            show_failure(d);
        return false;
    }
    if (!why_not && sv_private_enter(error) != SV_PRIVATE_OK)
        why_not = error;
    introduce(d, why_not);
    if (!open_networks(d, why_not))
        return false;
    bool ok = run_steps(d);
    *ended_by = cli_network_signal(d->seven);
    cli_network_remove(d->seven, d->app);
    cli_network_on_record(d->seven, NULL, NULL);
    uint64_t packets = 0;
    cli_network_count_captured(d->seven, &packets);
    cli_network_close(d->seven, SV_S);
    cli_network_close(d->other, 0);
    ok = ok && demo_check_capture(d, packets);
    if (!ok && !*ended_by)
        show_failure(d);
    return ok;
}

static int demo_run_command(int argc, char **argv)
{
    static struct demo d;
    int ended_by = 0;
    d.config = (struct demo_config){.size = 67108864, .capture = "demo.pcapng"};
    struct cli_parse parse = {.command = &cli_command_demo, .config = &d.config, .output = &d.output};
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (parse.words.n)
        return cli_usage("demo", "%s: takes no words", parse.words.word[0]);
    if (!d.config.seed && sv_entropy(&d.config.seed, sizeof d.config.seed))
        d.config.seed = d.config.seed % 1000000 + 1;
    d.other_name = "kernel";
    d.terminal = isatty(STDOUT_FILENO) == 1;
    d.utf8 = cli_utf8(&d.output);
    d.colored = cli_colored(&d.output, stdout);
    d.started = sv_clock();
    const struct sigaction once = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &once, NULL);
    (void)sigaction(SIGTERM, &once, NULL);
    const bool ok = run(&d, &ended_by);
    ended_by = came ? came : ended_by;
    if (ok && !ended_by) {
        demo_say(&d, "done in %.1f s\n", (double)(sv_clock() - d.started) / 1e9);
        say_next(&d);
    }
    if (d.directory[0])
        remove_directory(&d);
    return ended_by ? 128 + ended_by : ok ? 0 : 1;
}

const struct cli_command cli_command_demo = {
    .name = "demo",
    .summary = "the whole journey on real parts, drawn and checked",
    .usage = "",
    .examples = "seven demo\tcurl, python3, ping and nc of this machine against Seven\n"
                "seven demo --seed 7\tthe same data and the same random choices again\n"
                "seven demo --one-process\ttwo Sevens, no namespace\n",
    .detail = "Makes a network of its own, in which this machine's kernel and Seven stand at the two ends of a TAP; "
              "needs no right and leaves nothing but the capture. Programs that are not installed are replaced by "
              "plain sockets of the kernel, and that is said.",
    .exit_codes = "0\teverything was as it should be\n1\tsomething was not: the log's end is shown\n2\tusage\n",
    .options = demo_options,
    .output = true,
    .no_json = true,
    .run = demo_run_command,
};
