/* SPDX-License-Identifier: BSD-2-Clause */
/* Where seven dump's packets come from, and which of them are wanted. Filters and live capture are libpcap's:
 * everyone knows its language, and a second one would help nobody. */
#define _GNU_SOURCE
#include <pcap/pcap.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/dump.h"
#include "port/capture_file.h"

struct dump_filter {
    char *text;
    pcap_t *handle; /* for the link type compiled last */
    uint32_t link_type;
    bool compiled;
    struct bpf_program program;
};

static void forget(struct dump_filter *f)
{
    if (f->compiled)
        pcap_freecode(&f->program);
    f->compiled = false;
    if (f->handle)
        pcap_close(f->handle);
    f->handle = NULL;
}

bool dump_filter_prepare(struct dump_filter *f, uint32_t link_type, const char **why)
{
    static char error[PCAP_ERRBUF_SIZE];
    if (!*f->text || (f->compiled && f->link_type == link_type))
        return true;
    forget(f);
    f->link_type = link_type;
    f->handle = pcap_open_dead((int)link_type, 262144);
    if (f->handle && pcap_compile(f->handle, &f->program, f->text, 1, PCAP_NETMASK_UNKNOWN) == 0) {
        f->compiled = true;
        return true;
    }
    (void)snprintf(error, sizeof error, "%s", f->handle ? pcap_geterr(f->handle) : "out of memory");
    *why = error;
    return false;
}

struct dump_filter *dump_filter_create(const char *text, const char **why)
{
    struct dump_filter *f = calloc(1, sizeof *f);
    *why = "out of memory";
    if (!f || !(f->text = strdup(text))) {
        free(f);
        return NULL;
    }
    if (dump_filter_prepare(f, DLT_EN10MB, why))
        return f;
    dump_filter_free(f);
    return NULL;
}

bool dump_filter_matches(struct dump_filter *f, uint32_t link_type, const uint8_t *bytes, uint32_t captured,
                         uint32_t wire)
{
    const struct pcap_pkthdr head = {.caplen = captured, .len = wire};
    const char *why;
    if (!*f->text)
        return true;
    return dump_filter_prepare(f, link_type, &why) && pcap_offline_filter(&f->program, &head, bytes) != 0;
}

void dump_filter_free(struct dump_filter *f)
{
    if (!f)
        return;
    forget(f);
    free(f->text);
    free(f);
}

/* --- a file ---- */

int dump_from_file(struct dump *d, const char *path)
{
    static struct sv_capture_in in;
    char error[SV_DEVICE_TEXT];
    if (!sv_capture_open(&in, path, error))
        return cli_fail("dump", "-r %s", error);
    int status = 0;
    for (;;) {
        struct sv_capture_packet p;
        const enum sv_capture_verdict v = sv_capture_next(&in.reader, &p);
        if (v == SV_CAPTURE_SECRETS)
            continue;
        if (v == SV_CAPTURE_CUT || v == SV_CAPTURE_BAD)
            status = cli_fail("dump", "-r %s: byte %llu: %s", path, (unsigned long long)in.reader.offset,
                              in.reader.error ? in.reader.error : "damaged");
        if (v != SV_CAPTURE_PACKET)
            break;
        const struct dump_packet packet = {.time_ns = p.time_ns,
                                           .link_type = p.link_type,
                                           .bytes = p.bytes,
                                           .captured = p.captured,
                                           .wire = p.length,
                                           .direction = (uint32_t)p.direction,
                                           .comment = p.comment,
                                           .comment_bytes = p.comment_bytes};
        if (!dump_take(d, &packet))
            break;
    }
    sv_capture_close(&in);
    return status;
}

/* --- an interface ---- */

static pcap_t *live;

static void on_signal(int number)
{
    (void)number;
    pcap_breakloop(live);
}

struct live {
    struct dump *d;
    uint32_t link_type;
    bool nanoseconds;
};

static void on_packet(u_char *self, const struct pcap_pkthdr *head, const u_char *bytes)
{
    struct live *l = (struct live *)(void *)self;
    const uint64_t part = (uint64_t)head->ts.tv_usec * (l->nanoseconds ? 1u : 1000u);
    const struct dump_packet packet = {.time_ns = (uint64_t)head->ts.tv_sec * SV_S + part,
                                       .link_type = l->link_type,
                                       .bytes = bytes,
                                       .captured = head->caplen,
                                       .wire = head->len};
    if (!dump_take(l->d, &packet))
        pcap_breakloop(live);
}

static int activate(const char *name, const struct dump_config *config, bool *nanoseconds)
{
    char error[PCAP_ERRBUF_SIZE];
    live = pcap_create(name, error);
    if (!live)
        return cli_fail("dump", "-i %s: %s", name, error);
    (void)pcap_set_snaplen(live, (int)config->snaplen);
    (void)pcap_set_promisc(live, !config->no_promiscuous);
    (void)pcap_set_immediate_mode(live, 1);
    *nanoseconds = pcap_set_tstamp_precision(live, PCAP_TSTAMP_PRECISION_NANO) == 0;
    const int r = pcap_activate(live);
    if (r >= 0)
        return CLI_PARSED;
    const char *hint = r == PCAP_ERROR_PERM_DENIED      ? "; it needs the right to capture (root, or CAP_NET_RAW)"
                       : r == PCAP_ERROR_NO_SUCH_DEVICE ? "; ip link lists the interfaces"
                                                        : "";
    const char *text = r == PCAP_ERROR ? pcap_geterr(live) : pcap_statustostr(r);
    const int status = cli_fail("dump", "-i %s: %s%s", name, text, hint);
    pcap_close(live);
    live = NULL;
    return status;
}

int dump_from_interface(struct dump *d, const char *name, const struct dump_config *config)
{
    struct live l = {.d = d};
    const struct sigaction action = {.sa_handler = on_signal};
    const int r = activate(name, config, &l.nanoseconds);
    if (r != CLI_PARSED)
        return r;
    /* libpcap's numbers for some link types differ from those in files. */
    const int type = pcap_datalink(live);
    l.link_type = type == DLT_RAW ? 101u : (uint32_t)type;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)fprintf(stderr, "seven dump: listening on %s\n", name);
    const int end = pcap_loop(live, -1, on_packet, (u_char *)(void *)&l);
    struct pcap_stat stat;
    int status = 0;
    if (end == PCAP_ERROR)
        status = cli_fail("dump", "-i %s: %s", name, pcap_geterr(live));
    else if (pcap_stats(live, &stat) == 0)
        (void)fprintf(stderr, "%u packets received, %u dropped by the kernel\n", stat.ps_recv, stat.ps_drop);
    pcap_close(live);
    live = NULL;
    return status;
}
