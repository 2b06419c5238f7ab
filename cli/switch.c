/* SPDX-License-Identifier: BSD-2-Clause */
/* seven switch: a switch between any devices. */
#define _GNU_SOURCE
#include "cli/switch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/addr.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/entropy.h"
#include "port/memory.h"

#define POOL_BUFS 16384u
#define POOL_SLABS 32768u
#define TRACE_RECORDS 65536u
#define TRACE_CAPTURE 524288u /* frames lie in it until the round is over */

#define AT(member) offsetof(struct switch_options, member)
static const struct cli_option switch_options[] = {
    {'i', "port", CLI_TEXTS, "DEVICE[,OPTION...]",
     "a port: tap:NAME, packet:IFNAME, unix:PATH or cable:NAME,CODE; may be repeated; its options are told below",
     AT(ports), NULL, 0, 0},
    {0, "stp", CLI_FLAG, NULL, "rapid spanning tree (802.1D-2004): loops are opened", AT(stp), NULL, 0, 0},
    {0, "stp-old", CLI_FLAG, NULL, "the spanning tree of 1998, without handshakes", AT(stp_old), NULL, 0, 0},
    {0, "priority", CLI_NUMBER, "N", "of this switch to be the root, a multiple of 4096 (default 32768)", AT(priority),
     NULL, 0, 61440},
    {0, "hello", CLI_DURATION, "TIME", "between BPDUs (default 2s)", AT(hello_ns), NULL, SV_S, 10 * SV_S},
    {0, "max-age", CLI_DURATION, "TIME", "what was heard of the root holds so long (default 20s)", AT(max_age_ns), NULL,
     6 * SV_S, 40 * SV_S},
    {0, "forward-delay", CLI_DURATION, "TIME", "a port waits so long, twice, where nobody agrees (default 15s)",
     AT(forward_delay_ns), NULL, 4 * SV_S, 30 * SV_S},
    {0, "age", CLI_DURATION, "TIME", "forget a station not heard for so long (default 300s)", AT(age_ns), NULL, SV_S,
     1000000 * SV_S},
    {0, "table", CLI_NUMBER, "N", "stations that can be known at once (default 8192)", AT(table), NULL, 1, 1u << 20},
    {0, "overflow", CLI_CHOICE, "POLICY",
     "when the table is full: flood to who is not known, evict the oldest, refuse who is new (default flood)",
     AT(overflow), "flood evict refuse", 0, 0},
    {0, "snooping", CLI_FLAG, NULL, "multicast only to who joined, by IGMP and MLD", AT(snooping), NULL, 0, 0},
    {0, "strict", CLI_FLAG, NULL, "with --snooping: groups nobody joined go to routers only", AT(strict), NULL, 0, 0},
    {0, "querier", CLI_FLAG, NULL,
     "ask hosts which groups they want while no router does; without it and without a router all is flooded",
     AT(querier), NULL, 0, 0},
    {0, "querier-address", CLI_ADDRESS, "ADDR",
     "ask under this IPv4 address; of two that ask the lower goes on (default 0.0.0.0, which gives way to any)",
     AT(querier_address), NULL, 0, 0},
    {0, "storm", CLI_NUMBER, "N",
     "frames a second of broadcast, multicast and unknown unicast each that a port may send", AT(storm), NULL, 0,
     1000000000},
    {0, "arp", CLI_NUMBER, "N", "ARP frames a second that a port may send", AT(arp), NULL, 0, 1000000000},
    {0, "proxy-arp", CLI_FLAG, NULL, "answer ARP for stations that were heard of", AT(proxy_arp), NULL, 0, 0},
    {0, "lldp", CLI_FLAG, NULL, "tell the neighbours who we are, and remember them (802.1AB)", AT(lldp), NULL, 0, 0},
    {0, "name", CLI_TEXT, "NAME", "of this switch, for LLDP (default the host's)", AT(name), NULL, 0, 0},
    {0, "mac", CLI_MAC, "MAC", "of the switch itself", AT(mac), NULL, 0, 0},
    {0, "mtu", CLI_SIZE, "BYTES", "of new TAPs and of sockets; jumbo frames: 9000 or 9216", AT(mtu), NULL, 68, 65535},
    {0, "seed", CLI_NUMBER, "N", "of its hash, for a run that can be repeated", AT(seed), NULL, 1, 0},
    {'w', "capture", CLI_FILE, "FILE", "write every frame at every port as pcapng", AT(capture), NULL, 0, 0},
    {'v', "verbose", CLI_COUNT, NULL, "drops too; twice: what becomes of each frame", AT(verbose), NULL, 0, 0},
    {'q', "quiet", CLI_FLAG, NULL, "no lines about what happens", AT(quiet), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static uint32_t seconds(uint64_t ns)
{
    return ns ? (uint32_t)((ns + SV_S - 1) / SV_S) : 0;
}

static bool bridge_config(struct seven_switch *w, struct sv_bridge_config *c)
{
    const struct switch_options *o = &w->options;
    *c = (struct sv_bridge_config){.size = sizeof *c, .host = 1, .cpu = sv_cpu_detect(), .overflow = o->overflow};
    c->flags = (o->stp || o->stp_old ? SV_BRIDGE_STP : 0u) | (o->stp_old ? SV_BRIDGE_STP_LEGACY : 0u) |
               (o->snooping || o->querier ? SV_BRIDGE_SNOOPING : 0u) | (o->querier ? SV_BRIDGE_QUERIER : 0u) |
               (o->strict ? SV_BRIDGE_STRICT_GROUPS : 0u) | (o->proxy_arp ? SV_BRIDGE_PROXY_ARP : 0u) |
               (o->lldp ? SV_BRIDGE_LLDP : 0u);
    for (uint32_t i = 0; i < o->ports.n; i++)
        c->flags |= w->spec[i].vlans ? SV_BRIDGE_VLAN_AWARE : 0u;
    c->ports = SV_BRIDGE_PORTS;
    c->stations = (uint32_t)o->table;
    c->age_s = seconds(o->age_ns);
    c->priority = (uint16_t)o->priority;
    c->priority_given = 1;
    c->hello_s = seconds(o->hello_ns);
    c->max_age_s = seconds(o->max_age_ns);
    c->forward_delay_s = seconds(o->forward_delay_ns);
    if (o->name)
        snprintf(c->name, sizeof c->name, "%s", o->name);
    else
        (void)gethostname(c->name, sizeof c->name - 1);
    if (o->mac.given)
        memcpy(c->mac, o->mac.byte, 6);
    else
        sv_device_random_mac(c->mac);
    c->querier = o->querier_address;
    c->seed = o->seed;
    if (o->seed || (sv_entropy(&c->seed, sizeof c->seed) && sv_entropy(c->secret, sizeof c->secret)))
        return true;
    return cli_fail("switch", "the kernel gives no random numbers, and without them nothing may start") < 0;
}

static bool make_bridge(struct seven_switch *w)
{
    struct sv_bridge_config c;
    const uint32_t records = w->options.capture ? TRACE_CAPTURE : TRACE_RECORDS;
    if (!bridge_config(w, &c))
        return false;
    w->memory_bytes = sv_pool_bytes(POOL_BUFS, POOL_SLABS) + sv_bridge_bytes(&c) + sv_trace_bytes(records) + (1u << 20);
    w->memory = sv_memory_map(w->memory_bytes, false);
    w->arena = w->memory ? sv_arena_create(w->memory, w->memory_bytes) : NULL;
    w->pool = w->arena ? sv_pool_create(w->arena, POOL_BUFS, POOL_SLABS) : NULL;
    w->trace = w->pool ? sv_trace_create(w->arena, records) : NULL;
    if (!w->trace)
        return cli_fail("switch", "%llu bytes of memory are not to be had", (unsigned long long)w->memory_bytes) < 0;
    uint64_t kinds = (uint64_t)1 << SV_TRACE_BRIDGE | (uint64_t)1 << SV_TRACE_STP | (uint64_t)1 << SV_TRACE_SNOOP |
                     (uint64_t)1 << SV_TRACE_LLDP;
    if (w->options.capture)
        kinds |= (uint64_t)1 << SV_TRACE_FRAME_IN | (uint64_t)1 << SV_TRACE_FRAME_OUT;
    if (w->options.verbose)
        kinds |= (uint64_t)1 << SV_TRACE_DROP;
    if (w->options.verbose > 1)
        kinds |= (uint64_t)1 << SV_TRACE_SWITCHED;
    sv_trace_select(w->trace, kinds);
    c.trace = w->trace;
    w->began = sv_clock();
    w->bridge = sv_bridge_create(w->arena, w->pool, &c, w->began);
    if (w->bridge)
        return true;
    return cli_usage("switch",
                     "--hello, --max-age, --forward-delay: of their seconds 2 (forward delay - 1) >= max age >= "
                     "2 (hello + 1) must hold") < 0;
}

static sv_time each_round(void *self, struct sv_loop *loop, sv_time now)
{
    struct seven_switch *w = self;
    (void)loop;
    const sv_time again = switch_ports_look(w, now);
    switch_events_drain(w);
    return again;
}

static int open_all(struct seven_switch *w)
{
    char error[SV_DEVICE_TEXT];
    if (!make_bridge(w) || !switch_capture_open(w))
        return cli_said();
    w->loop_open = sv_loop_open(&w->loop);
    if (!w->loop_open || !sv_loop_take_signals(&w->loop) || !sv_loop_add_hook(&w->loop, each_round, w))
        return cli_fail("switch", "no event loop: %s", strerror(errno));
    w->party = sv_loop_add_node(&w->loop, sv_bridge_node(w->bridge), w->pool, 0);
    if (switch_ports_open(w) != 0)
        return cli_said();
    w->control_open = sv_control_open(&w->control, &w->loop, "seven switch", switch_request, w, error);
    if (!w->control_open)
        (void)fprintf(stderr, "seven switch: seven bridge will not see this process: %s\n", error);
    return 0;
}

static void tell_summary(const struct seven_switch *w)
{
    uint64_t forwarded, flooded, dropped = 0;
    sv_bridge_counts(w->bridge, &forwarded, &flooded);
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++)
        dropped += sv_bridge_drops(w->bridge, (enum sv_drop)d);
    (void)fprintf(stderr, "seven switch: %llu frames forwarded, %llu flooded, %llu dropped\n",
                  (unsigned long long)forwarded, (unsigned long long)flooded, (unsigned long long)dropped);
}

static int run(struct seven_switch *w)
{
    int r = open_all(w);
    if (r == 0) {
        if (!w->options.quiet)
            (void)fprintf(stderr, "seven switch: %u port%s; ends with SIGINT\n", w->ports, w->ports == 1 ? "" : "s");
        r = sv_loop_run(&w->loop, SV_NEVER);
        r = w->loop.signal ? 0 : r;
        sv_bridge_end(w->bridge, sv_clock());
        (void)sv_loop_round(&w->loop); /* what waits at the ports leaves */
        switch_events_drain(w);
        if (!w->options.quiet)
            tell_summary(w);
    }
    if (w->control_open)
        sv_control_close(&w->control);
    switch_ports_close(w);
    if (w->trace)
        switch_capture_close(w);
    if (w->loop_open)
        sv_loop_close(&w->loop);
    if (w->memory)
        sv_memory_unmap(w->memory, w->memory_bytes);
    return r;
}

static int switch_run(int argc, char **argv)
{
    struct seven_switch *w = calloc(1, sizeof *w);
    if (!w)
        return cli_fail("switch", "out of memory");
    w->options.priority = 32768;
    w->links = -1;
    struct cli_parse parse = {.command = &cli_command_switch, .config = &w->options, .output = &w->options.output};
    int r = cli_parse(&parse, argc, argv);
    if (r == CLI_PARSED && parse.words.n)
        r = cli_usage("switch", "%s: takes no words; ports are given with -i", parse.words.word[0]);
    if (r == CLI_PARSED && w->options.ports.n == 0)
        r = cli_usage("switch", "no port; give at least one, such as -i tap:sw0 -i tap:sw1");
    if (r == CLI_PARSED && w->options.priority % 4096)
        r = cli_usage("switch", "--priority: \"%u\" is no multiple of 4096", (unsigned)w->options.priority);
    if (r == CLI_PARSED && w->options.strict && !w->options.snooping && !w->options.querier)
        r = cli_usage("switch", "--strict: without --snooping every group goes to all ports");
    const struct sv_addr *asks = &w->options.querier_address;
    if (r == CLI_PARSED && !sv_addr_is_zero(asks) && !w->options.querier)
        r = cli_usage("switch", "--querier-address: without --querier nobody asks under it");
    if (r == CLI_PARSED && !sv_addr_is_zero(asks) && (!sv_addr_is_v4(asks) || !sv_addr_is_unicast(asks)))
        r = cli_usage("switch", "--querier-address: an IPv4 address of one host, such as 10.0.0.1");
    for (uint32_t i = 0; r == CLI_PARSED && i < w->options.ports.n; i++)
        r = switch_spec_parse(&w->spec[i], w->options.ports.text[i]);
    if (r == CLI_PARSED)
        r = run(w);
    free(w);
    return r;
}

const struct cli_command cli_command_switch = {
    .name = "switch",
    .summary = "a switch between any devices",
    .usage = "-i DEVICE[,OPTION...] -i DEVICE[,OPTION...] ...",
    .examples = "seven switch -i tap:sw0 -i tap:sw1 -i packet:eth1\tthree ports, one LAN\n"
                "seven switch -i tap:sw0,access=10 -i packet:eth1,trunk=10,20\tVLANs\n"
                "seven switch --stp -i unix:/run/a -i unix:/run/b\tloops are opened; other switches and QEMU plug in\n"
                "seven switch -i tap:sw0 -i tap:sw1 -i tap:mon,mirror\tmon sees what passes at every other port\n"
                "seven bridge fdb\twho is behind which port\n",
    .detail =
        "A port is a device and options after commas. VLANs: access=VID (untagged, one VLAN), trunk=VID,VID-VID,... or "
        "trunk=all (tagged), native=VID (untagged on a trunk), tunnel=VID (QinQ: whatever tags come, the frame belongs "
        "to VID), tpid=88a8 (the tag this port speaks). Spanning tree: cost=N, priority=N, edge, no-edge, shared, "
        "guard (a BPDU shuts it down), no-stp. Also isolated, max=N (stations), storm=N and arp=N (frames a second), "
        "queue=N, mtu=N, fast-leave, router, no-learning, name=NAME; mirror[=A+B] (and mirror-in, mirror-out): gets "
        "copies of what passes at ports A and B.\n\n"
        "unix:PATH listens, with QEMU's stream framing, and each of up to peers=N that connect is a port; where "
        "somebody listens already it is connected to. unix:PATH,dgram[,peer=PATH] has QEMU's datagrams.\n\n"
        "QEMU: -netdev stream,id=n0,server=off,addr.type=unix,addr.path=PATH.",
    .exit_codes = "0\tended by a signal\n1\ta device could not be had\n2\tusage\n",
    .options = switch_options,
    .output = true,
    .run = switch_run,
};
