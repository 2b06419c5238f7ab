/* SPDX-License-Identifier: BSD-2-Clause */
/* The four steps. Each prints its own lines, checks what it prints, and gives false at the first thing that
 * is not as it should be, after saying what in the log. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "cli/demo.h"
#include "cli/sinks.h"

#define HELLO "Hello from a TCP that you can read.\n"
#define DATAGRAMS 1000u

/* --- files ---- */

static void path_of(const struct demo *d, const char *name, char *to, size_t room)
{
    (void)snprintf(to, room, "%s/%s", d->directory, name);
}

/* splitmix64: the same bytes for one seed, everywhere. */
static uint64_t next_word(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

bool demo_prepare(struct demo *d)
{
    static uint64_t block[8192];
    char path[128];
    uint64_t state = d->config.seed, left = d->config.size;
    path_of(d, "hello.txt", path, sizeof path);
    FILE *file = fopen(path, "we");
    bool ok = file && fputs(HELLO, file) >= 0;
    if (file && fclose(file) != 0)
        ok = false;
    path_of(d, "big", path, sizeof path);
    file = ok ? fopen(path, "we") : NULL;
    while (file && left && ok && !demo_signal()) {
        for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
            block[i] = next_word(&state);
        const size_t n = left < sizeof block ? (size_t)left : sizeof block;
        ok = fwrite(block, 1, n, file) == n;
        left -= n;
    }
    if (file && fclose(file) != 0)
        ok = false;
    if (!ok || !file)
        demo_log(d, "%s: %s", path, strerror(errno));
    return ok && file && !demo_signal();
}

/* "" when the file cannot be read. */
static const char *sha256(const char *path, char to[65])
{
    static uint8_t bytes[262144];
    uint8_t digest[32];
    unsigned n = 0;
    FILE *file = fopen(path, "re");
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = file && context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (size_t got; ok && (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        ok = EVP_DigestUpdate(context, bytes, got) == 1;
    ok = ok && !ferror(file) && EVP_DigestFinal_ex(context, digest, &n) == 1 && n == 32;
    to[0] = '\0';
    for (size_t i = 0; ok && i < 32; i++)
        (void)snprintf(to + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(context);
    if (file)
        (void)fclose(file);
    return to;
}

/* --- ladders ---- */

static void watch_conversation(struct demo *d, struct sv_ladder_build *b, uint16_t port)
{
    struct sv_ladder_source source;
    cli_ladder_source(&source);
    source.port = port;
    source.other_name = d->other_name;
    if (d->other)
        source.other = 2;
    if (port == 7) {
        source.from_close = 1;
        source.notes = SV_NOTE_HALF_CLOSE;
        source.other_program = d->other ? "the client" : "nc";
        source.program = "the program";
    } else {
        source.notes = SV_NOTE_HTTP | SV_NOTE_THREE;
        source.other_program = d->other ? "the client" : "curl";
    }
    sv_ladder_build_open(b, &source);
    d->ladder = b;
}

/* Waits for the conversation's last segment, then draws it. */
static bool draw_conversation(struct demo *d)
{
    struct sv_ladder_build *b = d->ladder;
    if (!sv_ladder_build_over(b)) {
        d->ladder_waits = true;
        (void)demo_turn(d, 2 * SV_S);
        d->ladder_waits = false;
    }
    d->ladder = NULL;
    const bool over = sv_ladder_build_over(b);
    demo_say(d, "%s", ""); /* ends a line that dots may follow */
    const bool drawn = cli_ladder_draw(b, stdout, 80, d->utf8, d->colored);
    sv_ladder_build_free(b);
    if (!drawn)
        demo_log(d, "no segment of the conversation was seen");
    else if (!over)
        demo_log(d, "the conversation did not come to its end");
    return drawn && over;
}

/* --- 1: a page ---- */

static bool fetch_page(struct demo *d, char *out)
{
    static const char *const curl[] = {"curl", "-sS", "--max-time", "10", "http://10.7.0.2/hello.txt", NULL};
    char path[128];
    double seconds;
    if (d->other) {
        demo_say(d, "   $ seven get http://10.7.0.2/hello.txt\n");
        path_of(d, "page", path, sizeof path);
        if (!demo_stack_get(d, d->other, "http://10.7.0.2/hello.txt", path, &seconds))
            return false;
        FILE *file = fopen(path, "re");
        out[file ? fread(out, 1, DEMO_OUTPUT - 1, file) : 0] = '\0';
        if (file)
            (void)fclose(file);
        return true;
    }
    if (demo_has("curl")) {
        demo_say(d, "   $ curl http://10.7.0.2/hello.txt\n");
        return demo_run(d, curl, out, 12 * SV_S) == 0;
    }
    demo_say(d, "   (curl is not installed: a plain socket of the kernel asks in its place)\n");
    return demo_run_function(d, demo_kernel_get, out, 12 * SV_S) == 0;
}

bool demo_step_page(struct demo *d)
{
    static struct sv_ladder_build build;
    char out[DEMO_OUTPUT];
    watch_conversation(d, &build, 80);
    const bool fetched = fetch_page(d, out);
    if (!fetched || strcmp(out, HELLO) != 0) {
        demo_log(d, fetched ? "another text came than the one that is served" : "the page did not come");
        d->ladder = NULL;
        sv_ladder_build_free(&build);
        return false;
    }
    demo_say(d, "   %s\n", out);
    demo_say(d, d->other ? "   What went over the wire:\n"
                         : "   What went over the wire (right: Seven's states; the kernel keeps its own):\n");
    if (!draw_conversation(d))
        return false;
    const char *state = d->other ? NULL : demo_kernel_state();
    if (state)
        demo_say(d, "   The kernel says of its own end: %s.%s\n", state,
                 strcmp(state, "TIME-WAIT") == 0 ? " Who closes first, waits." : "");
    return true;
}

/* --- 2: bulk ---- */

static bool report_transfer(struct demo *d, const char *who, double seconds, const char *want)
{
    char path[128], got[65], bytes[28];
    path_of(d, "got", path, sizeof path);
    const bool equal = strcmp(sha256(path, got), want) == 0 && *want;
    (void)unlink(path);
    demo_say(d, "   %-23s %s bytes   %.2f s   %.1f Gbit/s   sha256 %s\n", who, cli_grouped(d->config.size, bytes),
             seconds, seconds > 0 ? (double)d->config.size * 8 / seconds / 1e9 : 0.0, equal ? "equal" : "DIFFERS");
    if (!equal)
        demo_log(d, "%s: sha256 %s, and of what was sent %s", who, got, want);
    return equal;
}

static bool from_seven(struct demo *d, const char *want)
{
    char out[DEMO_OUTPUT], path[128];
    double seconds = 0;
    path_of(d, "got", path, sizeof path);
    if (d->other)
        return demo_stack_get(d, d->other, "http://10.7.0.2/big", path, &seconds) &&
               report_transfer(d, "seven get <- Seven", seconds, want);
    const char *const curl[] = {"curl", "-sS",           "--max-time",          "30", "-o", path,
                                "-w",   "%{time_total}", "http://10.7.0.2/big", NULL};
    const bool has = demo_has("curl");
    const int status =
        has ? demo_run(d, curl, out, 32 * SV_S) : demo_run_function(d, demo_kernel_get_big, out, 32 * SV_S);
    if (status != 0) {
        demo_log(d, "the large file did not come: exit %d %s", status, out);
        return false;
    }
    return report_transfer(d, has ? "curl      <- Seven" : "kernel    <- Seven", strtod(out, NULL), want);
}

static bool to_seven(struct demo *d, const char *want)
{
    const char *const python[] = {"python3",     "-m",         "http.server", "--bind", "10.7.0.1",
                                  "--directory", d->directory, "8000",        NULL};
    char path[128];
    double seconds = 0;
    const bool has = demo_has("python3");
    if (!demo_background(d, python, has ? NULL : demo_kernel_serve)) {
        demo_log(d, "no server on the kernel's side: %s", strerror(errno));
        return false;
    }
    for (int i = 0; i < 100 && !demo_kernel_listens(8000); i++)
        (void)demo_turn(d, 50 * SV_MS);
    path_of(d, "got", path, sizeof path);
    if (!demo_stack_get(d, d->seven, "http://10.7.0.1:8000/big", path, &seconds)) {
        demo_log(d, "seven get did not get the large file");
        return false;
    }
    return report_transfer(d, has ? "seven get <- python3" : "seven get <- kernel", seconds, want);
}

bool demo_step_bulk(struct demo *d)
{
    char path[128], want[65];
    path_of(d, "big", path, sizeof path);
    (void)sha256(path, want);
    if (!from_seven(d, want))
        return false;
    return d->other || to_seven(d, want);
}

/* --- 3: ping and UDP ---- */

/* The kernel's ping, or our own raw socket: how many came back, and the mean. */
static bool kernel_pings(struct demo *d, uint32_t *received, double *milliseconds)
{
    static const char *const ping[] = {"ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "2", "10.7.0.2", NULL};
    char out[DEMO_OUTPUT];
    *received = 0;
    if (demo_has("ping") && demo_run(d, ping, out, 8 * SV_S) == 0) {
        const char *count = strstr(out, " packets transmitted, "), *rtt = strstr(out, "min/avg/max");
        const char *mean = rtt ? strchr(rtt, '/') : NULL;
        mean = rtt ? strchr(rtt, '=') : mean;
        mean = mean ? strchr(mean, '/') : NULL;
        if (count && mean) {
            *received = (uint32_t)strtoul(count + 22, NULL, 10);
            *milliseconds = strtod(mean + 1, NULL);
            return *received == 3;
        }
    }
    (void)demo_run_function(d, demo_kernel_ping, out, 8 * SV_S);
    char *end;
    *received = (uint32_t)strtoul(out, &end, 10);
    *milliseconds = strtod(end, NULL);
    return end != out && *received == 3;
}

bool demo_step_small(struct demo *d)
{
    uint32_t there = 0, back = 0, right = 0;
    double there_ms = 0, back_ms = 0;
    char out[DEMO_OUTPUT], count[28];
    bool ok =
        d->other ? demo_stack_ping(d, d->other, "10.7.0.2", 3, &there, &there_ms) : kernel_pings(d, &there, &there_ms);
    ok = demo_stack_ping(d, d->seven, "10.7.0.1", 3, &back, &back_ms) && ok;
    if (there == 3 && back == 3)
        demo_say(d, "3/3 both ways, %.2f ms", (there_ms + back_ms) / 2);
    else
        demo_say(d, "%u/3 to Seven, %u/3 from Seven", there, back);
    if (d->other) {
        ok = demo_stack_udp(d, d->other, "10.7.0.2", DATAGRAMS, &right) && ok;
    } else {
        ok = demo_run_function(d, demo_kernel_udp, out, 20 * SV_S) == 0 && ok;
        right = (uint32_t)strtoul(out, NULL, 10);
    }
    demo_say(d, "        UDP echo %s/1,000\n", cli_grouped(right, count));
    return ok && right == DATAGRAMS;
}

/* --- 4: half-close ---- */

static bool has_finishing_nc(struct demo *d)
{
    static const char *const help[] = {"sh", "-c", "nc -h 2>&1", NULL};
    char out[DEMO_OUTPUT];
    if (!demo_has("nc"))
        return false;
    (void)demo_run(d, help, out, 5 * SV_S);
    return strstr(out, "-N") != NULL;
}

bool demo_step_half_close(struct demo *d)
{
    static const char *const nc[] = {"sh", "-c", "printf 'hello\\n' | nc -N 10.7.0.2 7", NULL};
    static struct sv_ladder_build build;
    char out[DEMO_OUTPUT];
    const bool has = !d->other && has_finishing_nc(d);
    if (!d->other && !has)
        demo_say(d, "   (no nc with -N is installed: a plain socket of the kernel does it in its place)\n");
    watch_conversation(d, &build, 7);
    bool ok;
    if (d->other)
        ok = demo_stack_half_close(d, d->other, "10.7.0.2", "hello\n", out, sizeof out);
    else if (has)
        ok = demo_run(d, nc, out, 10 * SV_S) == 0;
    else
        ok = demo_run_function(d, demo_kernel_half_close, out, 10 * SV_S) == 0;
    if (!ok || strcmp(out, "hello\n") != 0) {
        demo_log(d, "what was sent did not come back: \"%.20s\"", out);
        d->ladder = NULL;
        sv_ladder_build_free(&build);
        return false;
    }
    return draw_conversation(d);
}

/* --- the capture ---- */

/* One pass over the file. The bulk is random bytes, in which a dissector of HTTP now and then sees a malformed
 * message: what ports 80 and 8000 carry is left to the checksums and sha256. Lines are the frames that are
 * not as they should be. False: it could not be read. */
static bool tshark_counts(const struct demo *d, uint64_t *malformed, uint64_t *bad)
{
    char command[768], line[256];
    (void)snprintf(command, sizeof command,
                   "tshark -n -r '%s' -d tcp.port==80,data -d tcp.port==8000,data -o tcp.check_checksum:TRUE "
                   "-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE "
                   "-o tcp.desegment_tcp_streams:FALSE -o tcp.analyze_sequence_numbers:FALSE -Y '_ws.malformed || "
                   "ip.checksum.status == \"Bad\" || tcp.checksum.status == \"Bad\" || udp.checksum.status == "
                   "\"Bad\" || icmp.checksum.status == \"Bad\"' -T fields -e frame.number -e _ws.malformed 2>>'%s'",
                   d->config.capture, d->log_path);
    FILE *pipe = popen(command, "re");
    *malformed = *bad = 0;
    while (pipe && fgets(line, sizeof line, pipe)) {
        const char *tab = strchr(line, '\t');
        if (tab && tab[1] != '\n' && tab[1] != '\0')
            ++*malformed;
        else
            ++*bad;
    }
    return pipe && pclose(pipe) == 0;
}

bool demo_check_capture(struct demo *d, uint64_t packets)
{
    uint64_t malformed, bad;
    char count[28];
    demo_say(d, "%s: %s packets", d->config.capture, cli_grouped(packets, count));
    if (!demo_has("tshark") || strchr(d->config.capture, '\'')) {
        demo_say(d, " (tshark is not installed: not looked at by others)\n");
        return true;
    }
    const bool read = tshark_counts(d, &malformed, &bad);
    demo_say(d, "; tshark: %" PRIu64 " malformed, %" PRIu64 " bad checksums\n", malformed, bad);
    if (!read)
        demo_log(d, "tshark did not read the file to its end");
    return read && malformed == 0 && bad == 0;
}
