/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of pcapng. Every block is little-endian and its size is known before its first byte, so it
 * goes out piece by piece and no packet is copied. Layout of a block (draft-ietf-opsawg-pcapng §3.1): type,
 * total length, body padded to 4, total length again. */
#include "trace/pcapng.h"

#include <string.h>

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_INTERFACE 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET 6u
#define BLOCK_SECRETS 10u
#define SECRETS_TLS 0x544c534bu /* "TLSK" */

#define OPTION_END 0u
#define OPTION_COMMENT 1u

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v & 0xffffu);
    put16(p + 2, v >> 16);
}

static uint32_t padded(uint32_t n)
{
    return (n + 3u) & ~3u;
}

static void out(struct sv_pcapng_writer *w, const void *bytes, size_t n)
{
    if (w->failed || n == 0)
        return;
    if (w->write(w->self, bytes, n))
        w->bytes += n;
    else
        w->failed = true;
}

static void out32(struct sv_pcapng_writer *w, uint32_t v)
{
    uint8_t b[4];
    put32(b, v);
    out(w, b, 4);
}

static void out_padding(struct sv_pcapng_writer *w, uint32_t n)
{
    static const uint8_t zero[4] = {0};
    out(w, zero, padded(n) - n);
}

/* An option's text, NULL counting as absent; longer than its 16-bit length field can say is cut. */
static uint32_t text_bytes(const char *text)
{
    const size_t n = text ? strlen(text) : 0;
    return n > 65535u ? 65535u : (uint32_t)n;
}

static uint32_t option_bytes(uint32_t n)
{
    return n ? 4u + padded(n) : 0;
}

static void out_option(struct sv_pcapng_writer *w, uint32_t code, const void *bytes, uint32_t n)
{
    uint8_t head[4];
    if (n == 0)
        return;
    put16(head, code);
    put16(head + 2, n);
    out(w, head, 4);
    out(w, bytes, n);
    out_padding(w, n);
}

bool sv_pcapng_begin(struct sv_pcapng_writer *w, sv_pcapng_write *write, void *self,
                     const struct sv_pcapng_about *about)
{
    static const struct sv_pcapng_about nothing = {0};
    const struct sv_pcapng_about *a = about ? about : &nothing;
    /* comment, shb_hardware, shb_os, shb_userappl: §4.1 */
    const char *const text[4] = {a->comment, a->hardware, a->os, a->application};
    uint32_t total = 28u + 4u;
    uint8_t head[24];

    memset(w, 0, sizeof *w);
    w->write = write;
    w->self = self;
    for (uint32_t i = 0; i < 4; i++)
        total += option_bytes(text_bytes(text[i]));
    put32(head, BLOCK_SECTION);
    put32(head + 4, total);
    put32(head + 8, 0x1a2b3c4du);
    put16(head + 12, 1);
    put16(head + 14, 0);
    memset(head + 16, 0xff, 8); /* the section's length: not known, it ends with the file */
    out(w, head, sizeof head);
    for (uint32_t i = 0; i < 4; i++)
        out_option(w, OPTION_COMMENT + i, text[i], text_bytes(text[i]));
    out32(w, OPTION_END);
    out32(w, total);
    return !w->failed;
}

uint32_t sv_pcapng_interface(struct sv_pcapng_writer *w, const char *name, uint16_t link_type, uint32_t snaplen)
{
    static const uint8_t nanoseconds = 9;
    const uint32_t name_bytes = text_bytes(name);
    const uint32_t total = 20u + option_bytes(name_bytes) + option_bytes(1) + 4u;
    uint8_t head[16];

    put32(head, BLOCK_INTERFACE);
    put32(head + 4, total);
    put16(head + 8, link_type);
    put16(head + 10, 0);
    put32(head + 12, snaplen);
    out(w, head, sizeof head);
    out_option(w, 2, name, name_bytes); /* if_name */
    out_option(w, 9, &nanoseconds, 1);  /* if_tsresol: 10^-9 s */
    out32(w, OPTION_END);
    out32(w, total);
    return w->failed ? SV_NONE : w->interfaces++;
}

bool sv_pcapng_packet(struct sv_pcapng_writer *w, const struct sv_pcapng_packet *p)
{
    uint64_t captured = 0, options = 8u + 4u; /* epb_flags and the end */
    uint8_t head[28], flags[4];

    for (uint32_t i = 0; i < p->pieces; i++)
        captured += p->piece[i].n;
    for (uint32_t i = 0; i < p->comments; i++)
        options += option_bytes(text_bytes(p->comment[i]));
    const uint64_t total = 32u + ((captured + 3u) & ~(uint64_t)3u) + options;
    if (p->interface >= w->interfaces || total > 0x7fffffffu)
        return false;

    put32(head, BLOCK_PACKET);
    put32(head + 4, (uint32_t)total);
    put32(head + 8, p->interface);
    put32(head + 12, (uint32_t)(p->time_ns >> 32));
    put32(head + 16, (uint32_t)p->time_ns);
    put32(head + 20, (uint32_t)captured);
    put32(head + 24, p->wire_length ? p->wire_length : (uint32_t)captured);
    out(w, head, sizeof head);
    for (uint32_t i = 0; i < p->pieces; i++)
        out(w, p->piece[i].bytes, p->piece[i].n);
    out_padding(w, (uint32_t)captured);
    for (uint32_t i = 0; i < p->comments; i++)
        out_option(w, OPTION_COMMENT, p->comment[i], text_bytes(p->comment[i]));
    put32(flags, (uint32_t)p->direction); /* bits 0 and 1: 01 inbound, 10 outbound (§4.3.1) */
    out_option(w, 2, flags, 4);
    out32(w, OPTION_END);
    out32(w, (uint32_t)total);
    return !w->failed;
}

bool sv_pcapng_tls_secrets(struct sv_pcapng_writer *w, const char *key_log, size_t n)
{
    uint8_t head[16];
    if (n > 0x7ffffff0u)
        return false;
    const uint32_t total = 20u + padded((uint32_t)n);

    put32(head, BLOCK_SECRETS);
    put32(head + 4, total);
    put32(head + 8, SECRETS_TLS);
    put32(head + 12, (uint32_t)n);
    out(w, head, sizeof head);
    out(w, key_log, n);
    out_padding(w, (uint32_t)n);
    out32(w, total);
    return !w->failed;
}

bool sv_pcapng_statistics(struct sv_pcapng_writer *w, uint32_t interface, uint64_t time_ns, uint64_t received,
                          uint64_t lost)
{
    const uint32_t total = 24u + 2u * option_bytes(8) + 4u;
    uint8_t head[20], count[8];

    if (interface >= w->interfaces)
        return false;
    put32(head, BLOCK_STATISTICS);
    put32(head + 4, total);
    put32(head + 8, interface);
    put32(head + 12, (uint32_t)(time_ns >> 32));
    put32(head + 16, (uint32_t)time_ns);
    out(w, head, sizeof head);
    put32(count, (uint32_t)received);
    put32(count + 4, (uint32_t)(received >> 32));
    out_option(w, 4, count, 8); /* isb_ifrecv */
    put32(count, (uint32_t)lost);
    put32(count + 4, (uint32_t)(lost >> 32));
    out_option(w, 5, count, 8); /* isb_ifdrop */
    out32(w, OPTION_END);
    out32(w, total);
    return !w->failed;
}
