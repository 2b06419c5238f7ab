/* SPDX-License-Identifier: BSD-2-Clause */
/* Our lines against tcpdump's own, packet by packet, on the captures beside the project (../shared/data/pcaps, or the
 * folder that SV_PCAPS names). Skipped, visibly, without them or without tcpdump.
 *
 * Counted are the packets of which sv_text_packet() says that it knows every protocol. SV_TEXT_SHOW=1 prints the
 * lines that differ. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "trace/text.h"

struct tally {
    unsigned long packets, known, equal;
};

static struct sv_text_flow flow_store[4096];

static uint32_t word(const uint8_t *p, int swapped)
{
    return swapped ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                   : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* The next line that begins a packet; lines that continue one are passed over (or joined with `whole`). */
static int next_line(FILE *f, char *line, size_t room, char *ahead, size_t ahead_room, int whole)
{
    if (!ahead[0] && !fgets(ahead, (int)ahead_room, f))
        return 0;
    snprintf(line, room, "%s", ahead);
    ahead[0] = 0;
    while (fgets(ahead, (int)ahead_room, f) && (ahead[0] == '\t' || ahead[0] == ' ')) {
        const size_t n = strlen(line);
        if (whole && n < room)
            snprintf(line + n, room - n, "%s", ahead);
        ahead[0] = 0;
    }
    return 1;
}

static void compare_file(const char *path, const char *flags, const struct sv_text_options *o, struct tally *t)
{
    static uint8_t bytes[300000];
    static char line[70000], ahead[70000], ours[70000];
    FILE *f = fopen(path, "rb");
    uint8_t head[24];
    if (!f)
        return;
    if (fread(head, 1, 24, f) != 24) {
        fclose(f);
        return;
    }
    const uint32_t magic = word(head, 0);
    const int swapped = magic == 0xd4c3b2a1u || magic == 0x4d3cb2a1u;
    const int nano = word(head, swapped) == 0xa1b23c4du;
    const uint32_t link = word(head + 20, swapped) & 0xffffu;
    char command[900];
    snprintf(command, sizeof command, "TZ=UTC tcpdump -n %s -r '%s' 2>/dev/null", flags, path);
    FILE *theirs = (word(head, swapped) == 0xa1b2c3d4u || nano) && !strchr(path, '\'') ? popen(command, "r") : NULL;
    if (!theirs) {
        fclose(f);
        return;
    }
    memset(flow_store, 0, sizeof flow_store);
    struct sv_text_flows flows = {flow_store, 4096, 0};
    ahead[0] = 0;
    uint8_t record[16];
    while (fread(record, 1, 16, f) == 16) {
        const uint32_t captured = word(record + 8, swapped), wire = word(record + 12, swapped);
        if (captured > sizeof bytes || fread(bytes, 1, captured, f) != captured ||
            !next_line(theirs, line, sizeof line, ahead, sizeof ahead, o->verbose || o->hex))
            break;
        const sv_time when = (sv_time)word(record, swapped) * SV_S + word(record + 4, swapped) * (nano ? 1u : 1000u);
        struct sv_line_text page = sv_text_of(ours, sizeof ours);
        const struct sv_sink sink = {sv_text_put, &page};
        const bool known = sv_text_packet(o, &flows, when, (enum sv_link_type)link, bytes, captured, wire, &sink);
        t->packets++;
        if (!known)
            continue;
        t->known++;
        if (strcmp(line, ours) == 0)
            t->equal++;
        else if (getenv("SV_TEXT_SHOW"))
            printf("%s\n  tcpdump %s  ours    %s", path, line, ours);
    }
    fclose(f);
    pclose(theirs);
}

static const char *folder(void)
{
    const char *given = getenv("SV_PCAPS");
    static const char *const tries[] = {"../shared/data/pcaps", "../../shared/data/pcaps",
                                        "../../../shared/data/pcaps"};
    struct stat s;
    if (given)
        return stat(given, &s) == 0 ? given : NULL;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
        if (stat(tries[i], &s) == 0)
            return tries[i];
    return NULL;
}

/* Every `step`th capture: a tcpdump is started for each. */
static void compare_all(const char *flags, const struct sv_text_options *o, unsigned step, double least)
{
    const char *root = folder();
    if (!root || system("tcpdump --version >/dev/null 2>&1") != 0) {
        printf("skipped: no captures beside the project (or no tcpdump)\n");
        skip();
    }
    struct tally t = {0, 0, 0};
    unsigned seen = 0;
    static const char *const parts[] = {"tcpdump", "zeek"};
    for (size_t i = 0; i < 2; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", root, parts[i]);
        DIR *d = opendir(path);
        for (struct dirent *e; d && (e = readdir(d));) {
            const size_t n = strlen(e->d_name);
            if (n < 6 || strcmp(e->d_name + n - 5, ".pcap") != 0 || seen++ % step != 0)
                continue;
            snprintf(path, sizeof path, "%s/%s/%s", root, parts[i], e->d_name);
            compare_file(path, flags, o, &t);
        }
        if (d)
            closedir(d);
    }
    const double share = t.known ? 100.0 * (double)t.equal / (double)t.known : 0;
    printf("tcpdump -n %s: %lu packets, %lu known, %lu lines equal (%.3f %%)\n", flags, t.packets, t.known, t.equal,
           share);
    assert_true(t.known > 10000 / step / 2);
    assert_true(share >= least);
}

static void test_plain(void **state)
{
    (void)state;
    const struct sv_text_options o = {0};
    compare_all("", &o, 1, 99.5);
}

static void test_link(void **state)
{
    (void)state;
    const struct sv_text_options o = {.link = 1};
    compare_all("-e", &o, 4, 99.0);
}

static void test_verbose(void **state)
{
    (void)state;
    const struct sv_text_options o = {.verbose = 1};
    compare_all("-v", &o, 2, 99.5);
}

static void test_hex(void **state)
{
    (void)state;
    const struct sv_text_options o = {.hex = 1};
    compare_all("-X", &o, 4, 99.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_verbose),
        cmocka_unit_test(test_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
