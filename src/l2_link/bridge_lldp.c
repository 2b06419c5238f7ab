/* SPDX-License-Identifier: BSD-2-Clause */
/* LLDP (IEEE 802.1AB): each port says every 30 s who it belongs to, and remembers what the other end says, for as long
 * as that says. A full table refuses who is new (9.2.7.7.5): who is known stays known. */
#include "l2_link/bridge.h"

#define SV_LLDP_EVERY_S 30u
#define SV_LLDP_TTL_S 121u  /* four times that, and one */
#define SV_LLDP_BYTES 1500u /* of a frame that are looked at; no longer one is legal on a standard link */

static const uint8_t sv_mac_lldp[SV_MAC_BYTES] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e};

bool sv_lldp_init(struct sv_bridge *br, struct sv_arena *arena, uint32_t ceiling)
{
    struct sv_lldp_entry *array = sv_arena_take(arena, (uint64_t)ceiling * sizeof *array, 64);
    if (!array)
        return false;
    br->lldp_at = (int64_t)((intptr_t)array - (intptr_t)br);
    br->lldp_max = ceiling;
    for (uint32_t i = 0; i < ceiling; i++)
        array[i].port = SV_NO_PORT;
    return true;
}

static void sv_lldp_event(struct sv_bridge *br, enum sv_lldp_event event, const struct sv_lldp_entry *e)
{
    const uint32_t arg[] = {e->port};
    uint32_t n = 0;
    while (n < SV_LLDP_TEXT && e->told.system[n])
        n++;
    if (sv_core_traced(&br->core))
        sv_trace_event(&br->core, SV_TRACE_LLDP, (uint16_t)event, 0, 0, arg, 1, e->told.system, n);
}

static void sv_lldp_forget(struct sv_bridge *br, struct sv_lldp_entry *e)
{
    sv_lldp_event(br, SV_LLDP_GONE, e);
    e->port = SV_NO_PORT;
}

/* Each neighbour is its chassis and port (MSAP identifier, 3.1). */
static struct sv_lldp_entry *sv_lldp_entry(struct sv_bridge *br, sv_port port, const struct sv_lldp_told *t)
{
    struct sv_lldp_entry *room = NULL;
    for (uint32_t i = 0; i < br->lldp_max; i++) {
        struct sv_lldp_entry *e = sv_lldp_entry_of(br, i);
        if (e->port == SV_NO_PORT) {
            room = room ? room : e;
            continue;
        }
        if (e->port == port && e->told.chassis_bytes == t->chassis_bytes && e->told.port_id_bytes == t->port_id_bytes &&
            sv_memcmp(e->told.chassis, t->chassis, t->chassis_bytes) == 0 &&
            sv_memcmp(e->told.port_id, t->port_id, t->port_id_bytes) == 0)
            return e;
    }
    return room;
}

void sv_bridge_lldp(struct sv_bridge *br, struct sv_bframe *f)
{
    uint8_t bytes[SV_LLDP_BYTES];
    struct sv_lldp_told told;
    struct sv_lldp_entry *e = NULL;
    const uint32_t n = sv_min_u32(f->b->length - f->header_bytes, sizeof bytes);
    const bool read = sv_buf_read(f->b, f->header_bytes, bytes, n);
    SV_ASSERT(read);
    enum sv_drop why = sv_lldp_parse(bytes, n, &told);
    if (why == SV_DROP_NONE) {
        e = sv_lldp_entry(br, f->in, &told);
        if (!e && told.ttl_s)
            why = SV_DROP_LLDP_TABLE_FULL;
    }
    if (why != SV_DROP_NONE) {
        sv_bridge_drop(br, why, f->b, f->in);
        return;
    }
    sv_buf_free(f->b);
    if (!e || (!told.ttl_s && e->port == SV_NO_PORT))
        return;
    if (!told.ttl_s) { /* 9.2.7.7.4: it says good-bye */
        sv_lldp_forget(br, e);
        return;
    }
    const bool is_new = e->port == SV_NO_PORT;
    const bool changed = !is_new && sv_memcmp(&e->told, &told, sizeof told) != 0;
    e->told = told;
    e->port = f->in;
    e->until_s = sv_bridge_second(br) + told.ttl_s;
    if (is_new || changed)
        sv_lldp_event(br, is_new ? SV_LLDP_NEW : SV_LLDP_CHANGED, e);
    sv_bridge_tick_soon(br);
}

/* ttl_s 0: a good-bye. */
static void sv_lldp_send(struct sv_bridge *br, sv_port port, uint16_t ttl_s)
{
    static const char about[] = "Seven, a switch in software";
    const struct sv_bport *p = sv_bport_of(br, port);
    struct sv_lldp_told t = {.ttl_s = ttl_s, .capabilities = ttl_s ? SV_LLDP_BRIDGE : 0};
    uint8_t frame[256] = {0};
    t.chassis[0] = SV_LLDP_SUBTYPE_MAC;
    sv_memcpy(t.chassis + 1, br->mac, SV_MAC_BYTES);
    t.chassis_bytes = 1 + SV_MAC_BYTES;
    uint32_t n = 0;
    while (n < sizeof p->config.name && p->config.name[n])
        n++;
    t.port_id[0] = n ? SV_LLDP_SUBTYPE_NAME : 7; /* 7: assigned locally */
    sv_memcpy(t.port_id + 1, p->config.name, n);
    if (!n)
        t.port_id[1 + n++] = (uint8_t)('0' + port % 10u);
    t.port_id_bytes = (uint8_t)(1u + n);
    if (ttl_s) { /* a good-bye is chassis, port and time only (9.1.3) */
        sv_memcpy(t.system, br->name, sizeof br->name);
        sv_memcpy(t.description, about, sizeof about);
    }
    struct sv_buf *b = sv_buf_alloc_slab(sv_core_pool(&br->core), SV_WANT_CONTROL, br->core.account, 0);
    if (!b) {
        sv_bridge_drop(br, SV_DROP_NO_MEMORY, NULL, port);
        return;
    }
    struct sv_wr w = sv_wr_of(frame, sizeof frame);
    sv_wr_copy(&w, sv_mac_lldp, SV_MAC_BYTES);
    sv_wr_copy(&w, br->mac, SV_MAC_BYTES);
    sv_wr_u16(&w, SV_ETHERTYPE_LLDP);
    n = sv_lldp_emit(&t, frame + SV_ETH_HDR_LEN, (uint32_t)sizeof frame - SV_ETH_HDR_LEN);
    SV_ASSERT(n != 0);
    const bool room = sv_buf_append(b, frame, sv_max_u32(SV_ETH_HDR_LEN + n, 60), SV_WANT_CONTROL);
    SV_ASSERT(room);
    b->l2 = b->head;
    b->segments = 1;
    b->id = ++br->core.packet_id;
    sv_bridge_enqueue(br, port, b);
}

void sv_lldp_tick(struct sv_bridge *br)
{
    const uint32_t now = sv_bridge_second(br);
    for (uint32_t i = 0; i < br->lldp_max; i++) {
        struct sv_lldp_entry *e = sv_lldp_entry_of(br, i);
        if (e->port != SV_NO_PORT && e->until_s <= now)
            sv_lldp_forget(br, e);
    }
    if (now < br->lldp_due_s)
        return;
    br->lldp_due_s = now + SV_LLDP_EVERY_S;
    for (uint64_t set = br->up & ~br->mirrors; set; set &= set - 1u)
        sv_lldp_send(br, sv_port_first(set), SV_LLDP_TTL_S);
}

void sv_bridge_end(struct sv_bridge *br, sv_time now)
{
    (void)sv_core_clock(&br->core, now);
    for (uint64_t set = br->flags & SV_BRIDGE_LLDP ? br->up & ~br->mirrors : 0; set; set &= set - 1u)
        sv_lldp_send(br, sv_port_first(set), 0);
    br->flags &= ~(uint32_t)SV_BRIDGE_LLDP;
}

void sv_lldp_port_changed(struct sv_bridge *br, sv_port port)
{
    br->lldp_due_s = 0; /* whoever is new at the other end hears it with the next tick */
    for (uint32_t i = 0; i < br->lldp_max; i++) {
        struct sv_lldp_entry *e = sv_lldp_entry_of(br, i);
        if (e->port == port && !sv_bport_of(br, port)->up)
            sv_lldp_forget(br, e);
    }
}

bool sv_bridge_lldp_each(const struct sv_bridge *br, uint32_t *at, struct sv_lldp_info *info)
{
    const uint32_t now = sv_bridge_second(br);
    while (*at < br->lldp_max) {
        const struct sv_lldp_entry *e = sv_lldp_entry_of(br, (*at)++);
        if (e->port == SV_NO_PORT)
            continue;
        sv_memset(info, 0, sizeof *info);
        info->size = sizeof *info;
        info->port = e->port;
        sv_memcpy(info->chassis, e->told.chassis, sizeof info->chassis);
        sv_memcpy(info->port_id, e->told.port_id, sizeof info->port_id);
        info->chassis_bytes = e->told.chassis_bytes;
        info->port_id_bytes = e->told.port_id_bytes;
        info->capabilities = e->told.capabilities;
        info->ttl_s = e->until_s > now ? e->until_s - now : 0;
        sv_memcpy(info->system, e->told.system, sizeof info->system);
        sv_memcpy(info->description, e->told.description, sizeof info->description);
        sv_memcpy(info->port_text, e->told.port_text, sizeof info->port_text);
        return true;
    }
    return false;
}
