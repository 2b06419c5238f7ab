/* SPDX-License-Identifier: BSD-2-Clause */
/* seven drill: packet scripts against the stack, in this process, on virtual time. */
#define _GNU_SOURCE
#include "cli/drill.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/help.h"
#include "drill/python.h"

#define SCRIPT_BYTES (4u << 20)
#define PATH_DEPTH 16u

#define AT(member) offsetof(struct drill_options, member)
static const struct cli_option drill_options[] = {
    {'V', "ip-version", CLI_CHOICE, "VERSION",
     "play over ipv4, ipv6, ipv4-mapped-ipv6, or all three where a script leaves it open (default: as the script says)",
     AT(variant), "script ipv4 ipv6 ipv4-mapped-ipv6 all", 0, 0},
    {'D', "define", CLI_TEXTS, "NAME=VALUE",
     "what a name in the scripts stands for, and for #ifdef; ipv6:NAME=VALUE only over IPv6; may be repeated",
     AT(defines), NULL, 0, 0},
    {'n', "parse-only", CLI_FLAG, NULL, "read the scripts, play nothing", AT(parse_only), NULL, 0, 0},
    {0, "profile", CLI_CHOICE, "PROFILE", "habits of TCP (default linux)", AT(profile), "linux modern rfc tiny", 0, 0},
    {0, "strict", CLI_FLAG, NULL,
     "nothing may be sent that no line wants, at the end neither, and TSecr must be as written", AT(strict), NULL, 0,
     0},
    {0, "any-order", CLI_FLAG, NULL,
     "TCP options may stand in any order, and padding does not count: for scripts written for another stack",
     AT(any_order), NULL, 0, 0},
    {0, "tolerance", CLI_DURATION, "TIME",
     "how far packets may be from their time, for every distance (default: as the script says, else 4 ms or an eighth)",
     AT(tolerance_ns), NULL, 0, 0},
    {0, "local-ip", CLI_ADDRESSES, "ADDRESS", "of the stack; one for each family", AT(local), NULL, 0, 0},
    {0, "remote-ip", CLI_ADDRESSES, "ADDRESS", "of who the packets come from; one for each family", AT(remote), NULL, 0,
     0},
    {0, "mtu", CLI_NUMBER, "BYTES", "of the interface (default: as the script says, else 1500)", AT(mtu), NULL, 68,
     65535},
    {0, "seed", CLI_NUMBER, "N", "of the stack's random numbers (default 1)", AT(seed), NULL, 1, 0},
    {0, "repeat", CLI_NUMBER, "N", "play each script N times, each with a seed of its own", AT(repeat), NULL, 1,
     1000000},
    {'w', "capture", CLI_FILE, "FILE", "write every packet as pcapng, each with its script's file and line",
     AT(capture), NULL, 0, 0},
    {0, "tap", CLI_FLAG, NULL, "results as the Test Anything Protocol has them", AT(tap), NULL, 0, 0},
    {0, "no-ladder", CLI_FLAG, NULL, "do not draw the conversation of a script that fails", AT(no_ladder), NULL, 0, 0},
    {'v', "verbose", CLI_COUNT, NULL, "events as they are reached, what print() and commands say", AT(verbose), NULL, 0,
     0},
    {'q', "quiet", CLI_FLAG, NULL, "only what fails, and the last line", AT(quiet), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

/* --- one script --- */

static void capture(void *ctx, sv_time when, bool outbound, const void *bytes, size_t n, uint32_t line)
{
    struct drill *d = ctx;
    char text[1200];
    const char *const comment[1] = {text};
    const struct sv_pcapng_piece piece = {bytes, n};
    const struct sv_pcapng_packet packet = {.interface = d->interface,
                                            .time_ns = when,
                                            .direction = outbound ? SV_PCAPNG_OUT : SV_PCAPNG_IN,
                                            .piece = &piece,
                                            .pieces = 1,
                                            .comment = comment,
                                            .comments = 1};
    (void)snprintf(text, sizeof text, "%.1000s:%u", d->path, line);
    if (d->capturing && d->interface != SV_NONE)
        d->capturing = sv_pcapng_packet(&d->capture.writer, &packet);
}

static void new_interface(struct drill *d)
{
    char name[1200];
    if (!d->capturing)
        return;
    (void)snprintf(name, sizeof name, "%.1000s %s", d->path, drill_version_name(d->version));
    d->interface = sv_pcapng_interface(&d->capture.writer, name, SV_LINKTYPE_RAW_IP, 0);
}

static uint32_t columns(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60)
        return size.ws_col;
    return 80;
}

static struct sv_drill_settings settings_of(struct drill *d)
{
    static const uint32_t profiles[] = {SV_PROFILE_LINUX, SV_PROFILE_MODERN, SV_PROFILE_RFC, SV_PROFILE_TINY};
    const struct drill_options *o = &d->options;
    struct sv_drill_settings s = {.version = d->version,
                                  .path = d->path,
                                  .mtu = (uint32_t)o->mtu,
                                  .has_tolerance = o->tolerance_ns != SV_NEVER,
                                  .tolerance_us = o->tolerance_ns / SV_US,
                                  .profile = profiles[o->profile],
                                  .seed = o->seed,
                                  .strict = o->strict,
                                  .any_order = o->any_order,
                                  .ladder_columns = o->no_ladder || d->output.json ? 0 : columns(),
                                  .utf8 = cli_utf8(&d->output),
                                  .colour = cli_colored(&d->output, stdout),
                                  .packet = d->capturing ? capture : NULL,
                                  .event = o->verbose ? drill_say_event : NULL,
                                  .say = o->verbose ? drill_say_text : NULL,
                                  .ctx = d};
    for (uint32_t i = 0; i < o->local.n; i++)
        s.local[!memcmp(o->local.addr[i].byte, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) ? 0 : 1] = o->local.addr[i];
    for (uint32_t i = 0; i < o->remote.n; i++)
        s.remote[!memcmp(o->remote.addr[i].byte, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) ? 0 : 1] = o->remote.addr[i];
    return s;
}

/* NAME=VALUE of this variant, those for it alone first; `room` keeps the names. */
static void defines_of(const struct drill *d, struct sv_drill_define *to, char room[][128])
{
    const char *variant = drill_version_name(d->version ? d->version : SV_DRILL_VERSION_4);
    uint32_t n = 0;
    for (uint32_t i = 0; i < 2 * d->options.defines.n; i++) {
        const char *text = d->options.defines.text[i % d->options.defines.n];
        const char *equals = strchr(text, '='), *colon = strchr(text, ':');
        const bool own = colon && colon < equals;
        if (own != (i < d->options.defines.n))
            continue;
        if (own && (strlen(variant) != (size_t)(colon - text) || strncmp(variant, text, strlen(variant)) != 0))
            continue;
        text = own ? colon + 1 : text;
        (void)snprintf(room[n], 128, "%.*s", (int)(equals - text), text);
        to[n] = (struct sv_drill_define){room[n], equals + 1};
        n++;
    }
    to[n] = (struct sv_drill_define){NULL, NULL};
}

/* Code is read before anything is played: what is not known is named however far the script comes. */
static bool check_code(const struct sv_drill_script *script, struct sv_drill_error *error)
{
    for (const struct sv_drill_event *e = script->events; e; e = e->next) {
        if (e->kind == SV_DRILL_CODE && sv_drill_python_check(e->of.text, e->line, error) != SV_DRILL_PY_OK)
            return false;
    }
    return true;
}

/* A signal ends it between two scripts: what was played is still told. */
static volatile sig_atomic_t came;

static void note_signal(int number)
{
    came = number;
}

static void heed_signals(void)
{
    const struct sigaction once = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &once, NULL);
    (void)sigaction(SIGTERM, &once, NULL);
}

static void play_once(struct drill *d, const char *text, size_t n)
{
    struct sv_drill_define defines[DRILL_DEFINES];
    char room[DRILL_DEFINES][128];
    struct sv_drill_script script;
    struct sv_drill_error error = {.line = 0};
    struct sv_drill_report report;
    defines_of(d, defines, room);
    if (!sv_drill_parse(&script, text, n, defines, &error)) {
        drill_say_bad(d, &error);
        return;
    }
    if (!check_code(&script, &error)) {
        drill_say_bad(d, &error);
    } else if (d->options.parse_only) {
        d->parsed_events = script.count;
        drill_say_parsed(d);
    } else {
        struct sv_drill_settings settings = settings_of(d);
        d->shown = false;
        new_interface(d);
        for (uint64_t i = 0; i < d->options.repeat && !came; i++) {
            (void)sv_drill_play(&script, &settings, &report);
            drill_say_run(d, &report);
            free(report.ladder);
            settings.seed++;
        }
    }
    sv_drill_script_free(&script);
}

static bool ends_in(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The families that the script leaves open: one that names its own, or its addresses, is played over that; one whose
 * file's name ends in v4 or v6 has its reasons. */
static void play_variants(struct drill *d, const char *text, size_t n)
{
    static const uint8_t versions[] = {SV_DRILL_VERSION_4, SV_DRILL_VERSION_MAPPED, SV_DRILL_VERSION_6};
    struct sv_drill_script script;
    struct sv_drill_error error;
    enum sv_drill_version said = SV_DRILL_VERSION_SCRIPT;
    bool for_it[3] = {true, true, true};
    d->version = (enum sv_drill_version)(d->options.variant == DRILL_ALL ? 0 : d->options.variant);
    if (d->options.variant == DRILL_ALL && !d->options.parse_only) {
        d->version = SV_DRILL_VERSION_4;
        struct sv_drill_define defines[DRILL_DEFINES];
        char room[DRILL_DEFINES][128];
        defines_of(d, defines, room);
        if (sv_drill_parse(&script, text, n, defines, &error)) {
            said = sv_drill_version_of(&script);
            for (size_t i = 0; i < sizeof versions; i++)
                for_it[i] = sv_drill_is_for(&script, (enum sv_drill_version)versions[i]);
            sv_drill_script_free(&script);
        }
    }
    if (d->options.variant != DRILL_ALL || d->options.parse_only || said) {
        d->version = said ? SV_DRILL_VERSION_SCRIPT : d->version;
        play_once(d, text, n);
        return;
    }
    for (size_t i = 0; i < sizeof versions; i++) {
        const bool six = versions[i] == SV_DRILL_VERSION_6;
        if (ends_in(d->path, six ? "v4.pkt" : "v6.pkt") || !for_it[i])
            continue;
        d->version = (enum sv_drill_version)versions[i];
        play_once(d, text, n);
    }
}

/* --- files --- */

static int play_file(struct drill *d, const char *path)
{
    d->files++;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *text = file ? malloc(SCRIPT_BYTES) : NULL;
    if (!text) {
        (void)cli_fail("drill", "%s: %s", path, strerror(errno));
        if (file && file != stdin)
            (void)fclose(file);
        return CLI_USAGE;
    }
    const size_t n = fread(text, 1, SCRIPT_BYTES, file);
    const bool failed = ferror(file) != 0;
    if (file != stdin)
        (void)fclose(file);
    d->path = path;
    if (failed)
        (void)cli_fail("drill", "%s: it cannot be read", path);
    else if (n == SCRIPT_BYTES)
        (void)cli_fail("drill", "%s: more than %u bytes", path, SCRIPT_BYTES);
    else
        play_variants(d, text, n);
    d->path = NULL;
    free(text);
    return failed || n == SCRIPT_BYTES ? CLI_USAGE : 0;
}

static int is_script(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* A folder: every *.pkt in it and below, in the order of their names. */
static int play_path(struct drill *d, const char *path, uint32_t depth)
{
    struct stat st;
    struct dirent **entries = NULL;
    int status = 0;
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return depth && !ends_in(path, ".pkt") ? 0 : play_file(d, path);
    const int n = depth < PATH_DEPTH ? scandir(path, &entries, is_script, alphasort) : 0;
    if (n < 0) {
        (void)cli_fail("drill", "%s: %s", path, strerror(errno));
        return CLI_USAGE;
    }
    for (int i = 0; i < n; i++) {
        char below[4096];
        const int length = snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
        const int now = came ? 0 : length < (int)sizeof below ? play_path(d, below, depth + 1) : CLI_USAGE;
        status = now ? now : status;
        free(entries[i]);
    }
    free(entries);
    return status;
}

static int run(int argc, char **argv)
{
    struct drill d = {.options = {.repeat = 1, .tolerance_ns = SV_NEVER}};
    struct cli_parse parse = {.command = &cli_command_drill, .config = &d.options, .output = &d.output};
    const struct sv_pcapng_about about = {.application = "seven " SEVEN_VERSION, .os = "none: virtual time"};
    char error[SV_DEVICE_TEXT];
    int status = cli_parse(&parse, argc, argv);
    if (status != CLI_PARSED)
        return status;
    if (parse.words.n == 0)
        return cli_usage("drill", "a script (FILE.pkt) or a folder of scripts is wanted");
    for (uint32_t i = 0; i < d.options.defines.n; i++) {
        const char *text = d.options.defines.text[i], *equals = strchr(text, '=');
        if (!equals || equals == text || equals - text > 120)
            return cli_usage("drill", "-D %s: NAME=VALUE is wanted", text);
    }
    if (d.options.capture && !sv_capture_create(&d.capture, d.options.capture, &about, error))
        return cli_fail("drill", "-w %s", error);
    d.capturing = d.options.capture != NULL;
    if (d.options.tap && !d.output.json)
        (void)printf("TAP version 13\n");
    status = 0;
    heed_signals();
    for (uint32_t i = 0; i < parse.words.n && !came; i++) {
        const uint64_t before = d.files;
        const int now = play_path(&d, parse.words.word[i], 0);
        status = now ? now : status;
        if (!now && !came && d.files == before)
            (void)cli_fail("drill", "%s: no *.pkt in that folder, or below it", parse.words.word[i]);
    }
    if (d.options.capture && (!sv_capture_finish(&d.capture) || !d.capturing))
        status = cli_fail("drill", "-w %s: %s", d.options.capture, strerror(errno));
    drill_say_end(&d);
    return came ? 128 + came : status ? status : d.failed || !d.runs ? 1 : 0;
}

const struct cli_command cli_command_drill = {
    .name = "drill",
    .summary = "play packet scripts, packetdrill's language, on virtual time",
    .usage = "FILE.pkt|FOLDER...",
    .examples = "seven drill tests/drill/closing\tevery script below a folder\n"
                "seven drill -V all handshake.pkt\tover IPv4, IPv6 and IPv4 in IPv6 sockets\n"
                "seven drill -v loss.pkt\tline by line, with the times at which they were reached\n"
                "seven drill -w loss.pcapng loss.pkt\tthe packets, for Wireshark\n"
                "seven drill -n *.pkt\tonly read: is it a script?\n",
    .detail = "A script is packets and system calls with their times: < are packets to the stack, > those that it must "
              "send, calls are made on its sockets and their results compared. Nothing of the machine is touched: no "
              "device, no sysctl, no shell; sysctl lines and the usual preludes are understood and reach the stack. "
              "Scripts take milliseconds, however long their clocks run, and the outcome is always the same.\n"
              "A script that fails shows the line and the packet that came instead, and the conversation so far. The "
              "language, what is not understood of it, and how to play public suites: docs/DRILL.md.",
    .exit_codes =
        "0\tevery script passed\n1\ta script failed, or none was found\n2\twrong usage, or a file that cannot "
        "be read\n",
    .options = drill_options,
    .output = true,
    .run = run,
};
