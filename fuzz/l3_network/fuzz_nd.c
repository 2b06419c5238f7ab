/* SPDX-License-Identifier: BSD-2-Clause */
/* Neighbour discovery's messages over any bytes: what is parsed can be walked to its end, and what is told of a host
 * or by a router, with any source and to any group or to us, leaves every invariant of the stack standing. Messages one
 * after another, each a byte of how (source, destination, hop limit; the first one's also what we are), a byte of what
 * follows (bits 0 to 2: how long until the next; bit 3: the link goes and comes), its length (255: all that is left)
 * and its bytes. */
#define CABLE_BUFS 64u
#include "tests/support/stack_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const uint8_t *bytes, uint32_t n)
{
    struct sv_nd_msg m;
    if (sv_nd_parse(bytes, n, &m) != SV_DROP_NONE)
        return;
    struct sv_rd r = sv_nd_options(&m);
    struct sv_nd_option o;
    uint32_t options = 0;
    while (sv_nd_next(&r, &o)) {
        options++;
        if (o.type == SV_ND_OPT_PREFIX)
            SV_ASSERT(o.prefix.bits <= 128);
        if (o.type == SV_ND_OPT_RDNSS)
            SV_ASSERT(o.bytes_length % 16 == 0);
    }
    SV_ASSERT(sv_rd_left(&r) == 0 && options <= n / 8);
}

static void open_node(struct cable_moment *m, uint32_t flags, bool router)
{
    const struct sv_advertise_config c = {.size = sizeof c};
    const struct sv_addr ours = addr_of("fe80::1");
    struct cable k;
    cable_open(&k, flags, router);
    const enum sv_err err = sv_address_add(k.stack, k.port, &ours, 64, k.now);
    SV_ASSERT(err == SV_OK);
    if (router)
        (void)!sv_advertise(k.stack, k.port, &c, k.now);
    cable_pass(&k, 2500);
    sv_stack_set_checked(k.stack, false); /* once a message is enough: it costs more than all the rest */
    cable_keep(&k, m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const sources[] = {"fe80::9", "::", "2001:db8::9", "fe80::fe"};
    static const char *const groups[] = {"ff02::1", "ff02::2", "ff02::1:ff00:1", "fe80::1"};
    static const uint32_t wait_ms[8] = {0, 5, 1000, 3000, 20000, 100000, 2000000, 8000000};
    static struct cable_moment opened[4];
    struct cable k;
    if (size < 3)
        return 0;
    struct cable_moment *m = &opened[data[0] >> 5 & 3];
    if (!m->bytes)
        open_node(m, data[0] & 0x40 ? SV_IF_NO_ARP_PROBE | SV_IF_IP6 : SV_IF_AUTOCONF, (data[0] & 0x20) != 0);
    cable_back(&k, m);
    for (uint32_t turns = 0; size >= 3 && turns < 24; turns++) {
        uint8_t bytes[1200];
        const uint8_t how = data[0], then = data[1];
        const struct sv_addr src = addr_of(sources[how & 3]), dst = addr_of(groups[how >> 2 & 3]);
        const uint32_t left = sv_min_u32((uint32_t)size - 3, (uint32_t)sizeof bytes);
        const uint32_t n = data[2] == 255 ? left : sv_min_u32(data[2], left);
        memcpy(bytes, data + 3, n);
        data += 3 + n;
        size -= 3 + n;
        walk(bytes, n);
        if (n >= 4)
            cable_in6(&k, 9, &src, &dst, how & 0x10 ? 254 : 255, false, bytes, n);
        for (uint32_t up = 0; then & 8 && up < 2; up++)
            sv_interface_set_up(k.stack, k.port, up != 0, k.now);
        sv_stack_check(k.stack);
        cable_pass(&k, wait_ms[then & 7]);
    }
    cable_pass(&k, 100000);
    sv_stack_check(k.stack);
    SV_ASSERT(cable_held(&k) == 0);
    return 0;
}
