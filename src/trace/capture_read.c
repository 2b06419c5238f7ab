/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of captures: pcap (microseconds, nanoseconds, and the "modified" kind with eight more bytes a
 * record) and pcapng, both byte orders. Files come from strangers: every length is checked against what is
 * there before it is believed, and a block longer than the room is walked over, not held. */
#include "trace/pcapng.h"

#include <string.h>

#include "core/cursor.h"

#define PACKET_BYTES_MAX (256u << 20) /* longer than any link's frame: a damaged length field */
#define BLOCK_SECTION 0x0a0d0d0au
#define SECRETS_TLS 0x544c534bu

static uint32_t raw32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t get16(const struct sv_capture_reader *r, const uint8_t *p)
{
    const uint32_t high = p[r->swapped ? 0 : 1], low = p[r->swapped ? 1 : 0];
    return (uint16_t)(high << 8 | low);
}

static uint32_t get32(const struct sv_capture_reader *r, const uint8_t *p)
{
    return r->swapped ? sv_get_u32(p) : raw32(p);
}

static enum sv_capture_verdict end(struct sv_capture_reader *r, enum sv_capture_verdict v, const char *error)
{
    r->error = error;
    r->read = NULL;
    return v;
}

static size_t take(struct sv_capture_reader *r, void *to, size_t n)
{
    const size_t got = r->read(r->self, to, n);
    r->offset += got;
    return got;
}

/* Reads n bytes into the room from `at`, as far as they fit, and walks over the rest. */
static bool take_block(struct sv_capture_reader *r, size_t at, uint64_t n)
{
    const size_t fits = r->room_bytes - at < n ? r->room_bytes - at : (size_t)n;
    uint8_t skip[512];

    if (take(r, r->room + at, fits) != fits)
        return false;
    for (uint64_t left = n - fits; left > 0;) {
        const size_t step = left < sizeof skip ? (size_t)left : sizeof skip;
        if (take(r, skip, step) != step)
            return false;
        left -= step;
    }
    return true;
}

/* ---- pcap ---- */

static bool pcap_begin(struct sv_capture_reader *r)
{
    struct sv_capture_interface *i = &r->interface[0];
    uint8_t *h = r->room;

    if (take(r, h + 4, 20) != 20) {
        r->error = "the file ends inside its header";
        return false;
    }
    if (get16(r, h + 4) != 2) {
        r->error = "a pcap version that is not 2";
        return false;
    }
    r->minor = get16(r, h + 6);
    i->snaplen = get32(r, h + 16);
    i->link_type = get16(r, r->swapped ? h + 22 : h + 20); /* the upper bits tell of frame check sequences */
    r->interfaces = 1;
    return true;
}

static enum sv_capture_verdict pcap_next(struct sv_capture_reader *r, struct sv_capture_packet *p)
{
    const size_t head = r->modified ? 24 : 16;
    uint8_t *h = r->room;
    const size_t got = take(r, h, head);

    if (got == 0)
        return end(r, SV_CAPTURE_END, NULL);
    if (got < head)
        return end(r, SV_CAPTURE_CUT, "the file ends inside a packet's header");
    const uint64_t seconds = get32(r, h);
    const uint64_t fraction = get32(r, h + 4);
    uint32_t captured = get32(r, h + 8);
    uint32_t length = get32(r, h + 12);
    /* Writers before 2.3 had the two lengths the other way round; of 2.3 there are both kinds. */
    if (r->minor < 3 || (r->minor == 3 && captured > length)) {
        const uint32_t t = captured;
        captured = length;
        length = t;
    }
    if (captured > PACKET_BYTES_MAX)
        return end(r, SV_CAPTURE_BAD, "a packet's length is impossible");
    if (!take_block(r, 0, captured))
        return end(r, SV_CAPTURE_CUT, "the file ends inside a packet");
    p->time_ns = seconds * 1000000000u + fraction * (r->nanoseconds ? 1u : 1000u);
    p->timed = true;
    p->link_type = r->interface[0].link_type;
    p->file_captured = captured;
    p->captured = captured < r->room_bytes ? captured : (uint32_t)r->room_bytes;
    p->length = length;
    p->bytes = r->room;
    r->packets++;
    return SV_CAPTURE_PACKET;
}

/* ---- pcapng ---- */

/* Time stamps count units of 10^-n or 2^-n seconds: to nanoseconds without leaving 64 bits. */
static uint64_t nanoseconds(uint64_t units, uint8_t resolution, int64_t offset_s)
{
    const uint32_t n = resolution & 0x7fu;
    uint64_t seconds = 0, ns = 0;

    if (resolution & 0x80u) {
        seconds = n < 64 ? units >> n : 0;
        uint64_t fraction = n < 64 ? units & (((uint64_t)1 << n) - 1) : units;
        uint32_t shift = n;
        for (; shift > 34; shift--) /* 2^34 times 10^9 still fits */
            fraction >>= 1;
        ns = fraction * 1000000000u >> shift;
    } else {
        uint64_t unit_s = 1;
        for (uint32_t i = 0; i < n && i < 19; i++)
            unit_s *= 10;
        uint64_t fraction = units % unit_s;
        uint32_t digits = n;
        seconds = n <= 19 ? units / unit_s : 0;
        if (n > 19)
            fraction = units;
        for (; digits > 9; digits--)
            fraction /= 10;
        for (; digits < 9; digits++)
            fraction *= 10;
        ns = fraction;
    }
    if (offset_s < 0 && (uint64_t)0 - (uint64_t)offset_s > seconds)
        return 0;
    if (offset_s > 0 && seconds > UINT64_MAX - (uint64_t)offset_s)
        return UINT64_MAX;
    seconds += (uint64_t)offset_s;
    if (seconds >= UINT64_MAX / 1000000000u)
        return UINT64_MAX;
    return seconds * 1000000000u + ns;
}

/* Walks options: code and value of each; false at the end or where the lengths stop making sense. */
static bool option_next(const struct sv_capture_reader *r, const uint8_t **at, const uint8_t *stop, uint16_t *code,
                        uint16_t *n, const uint8_t **value)
{
    if (stop - *at < 4)
        return false;
    *code = get16(r, *at);
    *n = get16(r, *at + 2);
    *value = *at + 4;
    const uint32_t whole = 4u + ((*n + 3u) & ~3u);
    if (*code == 0 || stop - *at < (ptrdiff_t)(4u + *n))
        return false;
    *at = stop - *at < (ptrdiff_t)whole ? stop : *at + whole;
    return true;
}

static enum sv_capture_verdict interface_block(struct sv_capture_reader *r, uint32_t n)
{
    const uint8_t *b = r->room, *at = b + 8, *value;
    uint16_t code, bytes;

    if (n < 8)
        return end(r, SV_CAPTURE_BAD, "an interface description shorter than its fields");
    if (r->interfaces >= SV_CAPTURE_INTERFACES)
        return end(r, SV_CAPTURE_BAD, "more than 256 interfaces");
    struct sv_capture_interface *i = &r->interface[r->interfaces++];
    memset(i, 0, sizeof *i);
    i->link_type = get16(r, b);
    i->snaplen = get32(r, b + 4);
    i->resolution = 6;
    while (option_next(r, &at, b + n, &code, &bytes, &value)) {
        if (code == 2) { /* if_name */
            const size_t fits = bytes < SV_CAPTURE_NAME - 1 ? bytes : SV_CAPTURE_NAME - 1;
            memcpy(i->name, value, fits);
        } else if (code == 9 && bytes >= 1) { /* if_tsresol */
            i->resolution = value[0];
        } else if (code == 14 && bytes >= 8) { /* if_tsoffset, 64 bits in the section's order */
            const uint64_t a = get32(r, value), c = get32(r, value + 4);
            i->offset_s = (int64_t)(r->swapped ? a << 32 | c : c << 32 | a);
        }
    }
    return SV_CAPTURE_PACKET; /* "go on": not seen by the caller */
}

/* The packet's bytes begin at `at` of the room; `have` bytes of the block's body (of n) are there. */
static enum sv_capture_verdict give(struct sv_capture_reader *r, struct sv_capture_packet *p, uint32_t at,
                                    uint32_t captured, uint32_t have, uint32_t n)
{
    if (captured > n - at)
        return end(r, SV_CAPTURE_BAD, "a packet longer than its block");
    if (p->interface >= r->interfaces)
        return end(r, SV_CAPTURE_BAD, "a packet of an interface that was not described");
    p->link_type = r->interface[p->interface].link_type;
    p->file_captured = captured;
    p->captured = captured < have - at ? captured : have - at;
    p->bytes = r->room + at;
    r->packets++;
    return SV_CAPTURE_PACKET;
}

/* Enhanced Packet Block, and the obsolete Packet Block whose interface has 16 bits. */
static enum sv_capture_verdict packet_block(struct sv_capture_reader *r, struct sv_capture_packet *p, uint32_t have,
                                            uint32_t n, bool obsolete)
{
    const uint8_t *b = r->room, *value;
    uint16_t code, bytes;

    if (n < 20)
        return end(r, SV_CAPTURE_BAD, "a packet block shorter than its fields");
    p->interface = obsolete ? get16(r, b) : get32(r, b);
    const uint64_t units = (uint64_t)get32(r, b + 4) << 32 | get32(r, b + 8);
    const uint32_t captured = get32(r, b + 12);
    p->length = get32(r, b + 16);
    const enum sv_capture_verdict v = give(r, p, 20, captured, have, n);
    if (v != SV_CAPTURE_PACKET)
        return v;
    const struct sv_capture_interface *i = &r->interface[p->interface];
    p->time_ns = nanoseconds(units, i->resolution, i->offset_s);
    p->timed = true;
    const uint64_t options = 20u + (((uint64_t)captured + 3u) & ~(uint64_t)3u);
    if (options >= have)
        return v;
    const uint8_t *at = b + options;
    while (option_next(r, &at, b + have, &code, &bytes, &value)) {
        if (code == 1 && p->comment == NULL) {
            p->comment = (const char *)value;
            p->comment_bytes = bytes;
        } else if (code == 2 && bytes >= 4) {
            const uint32_t direction = get32(r, value) & 3u;
            p->direction = direction == 3 ? SV_PCAPNG_UNKNOWN : (enum sv_pcapng_direction)direction;
        }
    }
    return v;
}

static enum sv_capture_verdict simple_block(struct sv_capture_reader *r, struct sv_capture_packet *p, uint32_t have,
                                            uint32_t n)
{
    if (n < 4)
        return end(r, SV_CAPTURE_BAD, "a packet block shorter than its fields");
    p->length = get32(r, r->room);
    const uint32_t snaplen = r->interfaces ? r->interface[0].snaplen : 0;
    uint32_t captured = p->length;
    if (snaplen && captured > snaplen)
        captured = snaplen;
    if (captured > n - 4)
        captured = n - 4;
    return give(r, p, 4, captured, have, n);
}

/* The byte-order magic of a section; the block's type reads the same both ways. `h` holds 12 bytes. */
static bool section_order(struct sv_capture_reader *r, const uint8_t *h)
{
    const uint32_t magic = raw32(h + 8);
    if (magic != 0x1a2b3c4du && magic != 0x4d3c2b1au)
        return false;
    r->swapped = magic == 0x4d3c2b1au;
    r->interfaces = 0;
    return true;
}

/* One block: type and body into the room. *n is the body's length, *have what of it lies in the room. */
static enum sv_capture_verdict block_take(struct sv_capture_reader *r, uint32_t *type, uint32_t *have, uint32_t *n)
{
    uint8_t h[12], tail[4];
    size_t head = 8;
    const size_t got = take(r, h, head);

    if (got == 0)
        return end(r, SV_CAPTURE_END, NULL);
    if (got < head)
        return end(r, SV_CAPTURE_CUT, "the file ends inside a block's header");
    *type = get32(r, h);
    if (*type == BLOCK_SECTION) { /* a new section may be of the other order */
        if (take(r, h + 8, 4) != 4)
            return end(r, SV_CAPTURE_CUT, "the file ends inside a section's header");
        if (!section_order(r, h))
            return end(r, SV_CAPTURE_BAD, "a section without its byte-order magic");
        head = 12;
    }
    const uint32_t total = get32(r, h + 4);
    if (total < head + 4 || total % 4 != 0 || total > PACKET_BYTES_MAX)
        return end(r, SV_CAPTURE_BAD, "a block's length is impossible");
    *n = total - (uint32_t)head - 4;
    *have = *n < r->room_bytes ? *n : (uint32_t)r->room_bytes;
    if (!take_block(r, 0, *n) || take(r, tail, 4) != 4)
        return end(r, SV_CAPTURE_CUT, "the file ends inside a block");
    if (get32(r, tail) != total)
        return end(r, SV_CAPTURE_BAD, "a block's two lengths differ");
    return SV_CAPTURE_PACKET;
}

static enum sv_capture_verdict pcapng_next(struct sv_capture_reader *r, struct sv_capture_packet *p)
{
    for (;;) {
        uint32_t type, have, n;
        enum sv_capture_verdict v = block_take(r, &type, &have, &n);
        if (v != SV_CAPTURE_PACKET)
            return v;
        switch (type) {
        case 1:
            v = interface_block(r, have);
            if (v != SV_CAPTURE_PACKET)
                return v;
            break;
        case 2:
            return packet_block(r, p, have, n, true);
        case 3:
            return simple_block(r, p, have, n);
        case 6:
            return packet_block(r, p, have, n, false);
        case 10:
            if (n >= 8 && get32(r, r->room) == SECRETS_TLS) {
                const uint32_t bytes = get32(r, r->room + 4);
                if (bytes > n - 8)
                    return end(r, SV_CAPTURE_BAD, "secrets longer than their block");
                p->bytes = r->room + 8;
                p->file_captured = bytes;
                p->captured = bytes < have - 8 ? bytes : have - 8;
                return SV_CAPTURE_SECRETS;
            }
            break;
        default: /* what a reader does not know it passes over (§3.1) */
            break;
        }
    }
}

bool sv_capture_begin(struct sv_capture_reader *r, sv_capture_read *read, void *self, void *room, size_t room_bytes)
{
    SV_ASSERT(room_bytes >= 256);
    memset(r, 0, sizeof *r);
    r->read = read;
    r->self = self;
    r->room = room;
    r->room_bytes = room_bytes;
    if (take(r, r->room, 4) != 4) {
        r->error = "too short to be a capture";
        r->read = NULL;
        return false;
    }
    const uint32_t magic = raw32(r->room);
    bool good = true;
    if (magic == BLOCK_SECTION) {
        uint8_t *h = r->room;
        r->pcapng = true;
        good = take(r, h + 4, 8) == 8 && section_order(r, h);
        const uint32_t total = good ? get32(r, h + 4) : 0;
        good = good && total >= 28 && total % 4 == 0 && total <= PACKET_BYTES_MAX && take_block(r, 0, total - 12);
        r->error = good ? NULL : "a pcapng section header that is damaged or cut";
    } else {
        const uint32_t other = sv_get_u32(r->room);
        r->swapped = other == 0xa1b2c3d4u || other == 0xa1b23c4du || other == 0xa1b2cd34u;
        const uint32_t m = r->swapped ? other : magic;
        r->nanoseconds = m == 0xa1b23c4du;
        r->modified = m == 0xa1b2cd34u;
        if (m == 0xa1b2c3d4u || r->nanoseconds || r->modified) {
            good = pcap_begin(r);
        } else {
            good = false;
            r->error = "neither pcap nor pcapng";
        }
    }
    if (!good)
        r->read = NULL;
    return good;
}

enum sv_capture_verdict sv_capture_next(struct sv_capture_reader *r, struct sv_capture_packet *p)
{
    memset(p, 0, sizeof *p);
    if (r->read == NULL)
        return SV_CAPTURE_END;
    return r->pcapng ? pcapng_next(r, p) : pcap_next(r, p);
}
