/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stacks joined by a modelled 10BASE-T pair whose noise is at the margin: every frame is voltage. A file arrives
 * whole, what the pair did to frames is told and adds up, and the trace leads from the sample decided wrongly to the
 * drop and to the segment sent again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seven/seven.h"
#include "sim/cable.h"
#include "sim/world.h"

#define MEMORY (16u << 20)
#define FILE_BYTES (192u * 1024u)
#define RECORDS 8192u
#define LOST_MAX 256u
#define DEADLINE_S 120u

struct lost {
    uint32_t packet, outcome, port, seq, length;
    uint64_t sample;
    bool dropped, again;
};

struct wired {
    void *memory;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_sim sim;
    struct sv_stack *stack[2];
    struct sv_cable_link *cable;
    sv_sock listener, from, to;
    uint8_t *file, *got;
    uint32_t sent, received;
    struct lost lost[LOST_MAX];
    uint32_t losts, outcome[SV_PHY_OUTCOMES], again;
    struct {
        uint32_t packet, seq, length;
    } segment[4096]; /* by packet number, what TCP said of it */
};

static void open_stack(struct wired *w, uint8_t h)
{
    const struct sv_stack_config c = {
        .size = sizeof c,
        .host = h + 1u,
        .seed = 5,
        .trace = w->trace,
        .connections = 4,
        .half_open = 4,
        .time_waits = 4,
        .neighbours = 4,
        .send_buffer = 65536,
        .recv_buffer = 65536,
    };
    const struct sv_interface_config i = {
        .size = sizeof i, .flags = SV_IF_NO_ARP_PROBE, .mac = {2, 0, 0, 0, 0, (uint8_t)(h + 1)}, .mtu = 1500};
    const struct sv_addr addr = sv_addr_v4(10, 0, 0, (uint8_t)(h + 1u));
    sv_port port;
    w->stack[h] = sv_stack_create(w->arena, w->pool, &c, SV_S);
    assert_non_null(w->stack[h]);
    assert_int_equal(sv_interface_add(w->stack[h], &i, &port, SV_S), SV_OK);
    assert_int_equal(sv_address_add(w->stack[h], port, &addr, 24, SV_S), SV_OK);
    assert_int_equal(sv_world_add(w->sim.world, sv_stack_node(w->stack[h])), h);
}

static struct wired *build_with(int32_t snr_centi_db, uint64_t seed, uint32_t autoneg, uint32_t theirs)
{
    struct wired *w = calloc(1, sizeof *w);
    const struct sv_phy_link_config pair = {
        .channel = {.code = SV_PHY_10BASE_T, .cable = SV_CABLE_CAT5E, .length_m = 90, .snr_centi_db = snr_centi_db}};
    w->memory = aligned_alloc(4096, MEMORY);
    memset(w->memory, 0, MEMORY);
    w->arena = sv_arena_create(w->memory, MEMORY);
    w->pool = sv_pool_create(w->arena, 512, 512);
    w->trace = sv_trace_create(w->arena, RECORDS);
    w->sim.world = sv_world_create(w->arena, NULL, SV_S);
    open_stack(w, 0);
    open_stack(w, 1);
    const struct sv_cable_config c = {.size = sizeof c,
                                      .number = 3,
                                      .seed = seed,
                                      .trace = w->trace,
                                      .ceiling = 128,
                                      .autoneg = autoneg,
                                      .ability = {0, theirs},
                                      .way = {pair, pair}};
    w->cable = sv_cable_create(w->arena, w->pool, &c, SV_S);
    assert_non_null(w->cable);
    assert_int_equal(sv_world_add(w->sim.world, sv_cable_node(w->cable)), 2);
    sv_world_wire(w->sim.world, 0, 0, 2, 0);
    sv_world_wire(w->sim.world, 1, 0, 2, 1);
    w->file = malloc(FILE_BYTES);
    w->got = malloc(FILE_BYTES);
    for (uint32_t i = 0; i < FILE_BYTES; i++)
        w->file[i] = (uint8_t)(i * 7u + (i >> 8) * 13u);
    return w;
}

static struct wired *build(int32_t snr_centi_db, uint64_t seed)
{
    return build_with(snr_centi_db, seed, 0, 0);
}

static void destroy(struct wired *w)
{
    free(w->file);
    free(w->got);
    free(w->memory);
    free(w);
}

/* --- the trace --- */

static void segment_sent(struct wired *w, const struct sv_trace_record *r)
{
    const uint32_t slot = r->packet % (uint32_t)(sizeof w->segment / sizeof w->segment[0]);
    w->again +=
        r->detail == SV_SENT_RTO || r->detail == SV_SENT_FAST || r->detail == SV_SENT_SACK || r->detail == SV_SENT_TLP;
    for (uint32_t i = 0; i < w->losts; i++)
        if (w->lost[i].length > 0 && r->host == w->lost[i].port + 1 && r->packet != w->lost[i].packet &&
            r->arg[0] - w->lost[i].seq < w->lost[i].length)
            w->lost[i].again = true;
    w->segment[slot].packet = r->packet;
    w->segment[slot].seq = r->arg[0];
    w->segment[slot].length = r->arg[2];
}

static void read_trace(struct wired *w)
{
    struct sv_trace_record r;
    while (sv_trace_read(w->trace, &r, NULL, 0)) {
        const uint32_t slot = r.packet % (uint32_t)(sizeof w->segment / sizeof w->segment[0]);
        if (r.kind == SV_TRACE_TCP_SENT)
            segment_sent(w, &r);
        if (r.kind == SV_TRACE_SIGNAL) {
            w->outcome[r.detail]++;
            assert_int_equal(r.arg[5], 40000); /* two samples a half-bit */
            if (r.detail == SV_PHY_ARRIVED || w->losts == LOST_MAX)
                continue;
            struct lost *l = &w->lost[w->losts++];
            *l = (struct lost){.packet = r.packet,
                               .outcome = r.detail,
                               .port = r.arg[0],
                               .sample = r.arg[3] | (uint64_t)r.arg[4] << 32};
            if (w->segment[slot].packet == r.packet) {
                l->seq = w->segment[slot].seq;
                l->length = w->segment[slot].length;
            }
        }
        for (uint32_t i = 0; r.kind == SV_TRACE_DROP && r.host == 3 && i < w->losts; i++)
            w->lost[i].dropped |= w->lost[i].packet == r.packet;
    }
    assert_int_equal(sv_trace_lost(w->trace), 0);
}

/* --- the transfer --- */

static void turn(struct wired *w, sv_time until)
{
    size_t n;
    (void)sv_sim_run(&w->sim, until, 100000);
    const sv_time now = sv_world_now(w->sim.world);
    if (w->to.index == SV_NONE && sv_accept(w->stack[1], w->listener, &w->to, now) != SV_OK)
        w->to = SV_NO_SOCK;
    if (w->sent < FILE_BYTES &&
        sv_send(w->stack[0], w->from, w->file + w->sent, FILE_BYTES - w->sent, &n, now) == SV_OK)
        w->sent += (uint32_t)n;
    while (w->to.index != SV_NONE && w->received < FILE_BYTES &&
           sv_recv(w->stack[1], w->to, w->got + w->received, FILE_BYTES - w->received, &n, now) == SV_OK && n > 0)
        w->received += (uint32_t)n;
    sv_world_touch(w->sim.world, 0);
    sv_world_touch(w->sim.world, 1);
    read_trace(w);
}

static void transfer(struct wired *w)
{
    const struct sv_endpoint any = {sv_addr_v4(0, 0, 0, 0), 80};
    const struct sv_endpoint there = {sv_addr_v4(10, 0, 0, 2), 80};
    w->to = SV_NO_SOCK;
    assert_int_equal(sv_listen(w->stack[1], &any, NULL, &w->listener, SV_S), SV_OK);
    assert_int_equal(sv_connect(w->stack[0], &there, NULL, &w->from, SV_S), SV_OK);
    sv_world_touch(w->sim.world, 0);
    for (sv_time at = SV_S; w->received < FILE_BYTES && at < DEADLINE_S * SV_S; at += SV_MS)
        turn(w, at);
    assert_int_equal(w->received, FILE_BYTES);
    assert_memory_equal(w->got, w->file, FILE_BYTES);
    for (uint32_t i = 0; i < 500; i++) /* the last acknowledgements */
        turn(w, sv_world_now(w->sim.world) + SV_MS);
}

static void told(struct wired *w)
{
    const double seconds = (double)(sv_world_now(w->sim.world) - SV_S) / 1e9;
    for (sv_port port = 0; port < 2; port++) {
        const struct sv_phy_link_counts *c = sv_cable_counts(w->cable, port);
        uint64_t sum = 0;
        print_message("way %u: %llu frames sent:", port, (unsigned long long)c->sent);
        for (uint32_t k = 0; k < SV_PHY_OUTCOMES; k++) {
            print_message(" %llu %s%s", (unsigned long long)c->of[k], sv_phy_outcome_name(k),
                          k + 1 < SV_PHY_OUTCOMES ? "," : "\n");
            sum += c->of[k];
        }
        assert_int_equal(sum, c->sent);
    }
    print_message("%u bytes arrived whole in %.3f s; %u segments sent again\n", w->received, seconds, w->again);
}

static void a_file_at_margin_snr(void **state)
{
    (void)state;
    struct wired *w = build(1300, 7);
    transfer(w);
    told(w);
    const struct sv_phy_link_counts *c[2] = {sv_cable_counts(w->cable, 0), sv_cable_counts(w->cable, 1)};
    const uint64_t lost = c[0]->sent - c[0]->of[SV_PHY_ARRIVED] + c[1]->sent - c[1]->of[SV_PHY_ARRIVED];
    assert_true(lost > 0);
    assert_int_equal(lost, w->losts);
    assert_true(w->again > 0);
    /* From the sample to the drop to the segment sent again. */
    uint32_t data = 0;
    for (uint32_t i = 0; i < w->losts; i++) {
        const struct lost *l = &w->lost[i];
        assert_true(l->dropped);
        if (l->port != 0 || l->length == 0)
            continue;
        assert_true(l->again);
        if (data++ == 0)
            print_message(
                "sample %llu was decided wrongly: %s, packet %u dropped, its %u bytes from %u on sent again\n",
                (unsigned long long)l->sample, sv_phy_outcome_name(l->outcome), l->packet, l->length, l->seq);
    }
    assert_true(data > 0);
    destroy(w);
}

static void a_good_pair_loses_nothing(void **state)
{
    (void)state;
    struct wired *w = build(SV_CHANNEL_QUIET, 1);
    transfer(w);
    told(w);
    assert_int_equal(w->losts, 0);
    assert_int_equal(w->again, 0);
    destroy(w);
}

/* Two seconds of fast link pulses first; what TCP sends meanwhile is lost, and sent again. */
static void a_link_that_negotiates(void **state)
{
    (void)state;
    struct wired *w = build_with(SV_CHANNEL_QUIET, 1, 1, 0);
    assert_false(sv_cable_up(w->cable));
    transfer(w);
    assert_true(sv_cable_up(w->cable));
    assert_int_equal(sv_cable_why(w->cable), SV_AN_WHY_NONE);
    assert_true(sv_cable_drops(w->cable, SV_DROP_LINK_DOWN) > 0);
    destroy(w);
}

static void half_duplex_stays_down(void **state)
{
    (void)state;
    struct wired *w = build_with(SV_CHANNEL_QUIET, 1, 1, SV_AN_10T);
    (void)sv_sim_run(&w->sim, 10 * SV_S, 10000000);
    assert_false(sv_cable_up(w->cable));
    assert_int_equal(sv_cable_why(w->cable), SV_AN_WHY_HALF_DUPLEX);
    destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_pair_loses_nothing),
        cmocka_unit_test(a_file_at_margin_snr),
        cmocka_unit_test(a_link_that_negotiates),
        cmocka_unit_test(half_duplex_stays_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
