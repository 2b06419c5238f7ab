/* SPDX-License-Identifier: BSD-2-Clause */
/* A router of two interfaces that translates, for tests/interop: nat_box [OPTIONS] INSIDE ADDR/LEN[,ADDR/LEN]
 * OUTSIDE ADDR/LEN[,ADDR/LEN] GATEWAY. The options are those of cli/router_nat.h. At SIGINT or SIGTERM it prints what it holds. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli/router_nat.h"
#include "port/clock.h"
#include "port/cpu.h"
#include "port/entropy.h"
#include "port/loop.h"
#include "port/memory.h"

#define BUFS 16384u
#define SLABS 32768u

struct box {
    struct router_nat_options nat;
    struct sv_device device[2];
    struct sv_loop loop;
    struct sv_host host;
    struct sv_pool *pool;
};

#define AT(member) offsetof(struct box, nat.member)
static const struct cli_option options[] = {
    ROUTER_NAT_OPTIONS(AT),
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};
static const struct cli_command command = {.name = "nat_box",
                                           .summary = "a router for tests",
                                           .usage = "DEV ADDRS DEV ADDRS GATEWAY",
                                           .examples = "",
                                           .options = options};

static bool add_interface(struct box *b, uint32_t party, uint32_t which, char *device, char *addresses)
{
    struct sv_device_options o;
    char error[SV_DEVICE_TEXT];
    sv_device_defaults(&o);
    o.kernel_addresses = 0;
    if (!sv_device_open(&b->device[which], device, &o, error))
        return cli_fail("nat_box", "%s: %s", device, error) < 0;
    struct sv_interface_config f = {.size = sizeof f,
                                    .flags = b->device[which].flags | (uint32_t)SV_IF_NO_ARP_PROBE,
                                    .mtu = b->device[which].mtu,
                                    .queue = 1024};
    memcpy(f.mac, b->device[which].mac, 6);
    sv_port port;
    if (sv_interface_add(b->host.stack, &f, &port, sv_clock()) != SV_OK || port != which)
        return false;
    for (char *one = strsep(&addresses, ","); one; one = strsep(&addresses, ",")) {
        struct sv_addr a;
        uint32_t length;
        if (!cli_parse_prefix(one, &a, &length) || sv_address_add(b->host.stack, port, &a, length, sv_clock()) != SV_OK)
            return cli_fail("nat_box", "%s: no address", one) < 0;
    }
    sv_interface_set_up(b->host.stack, port, true, sv_clock());
    return sv_loop_add_device(&b->loop, &b->device[which], party, port);
}

static bool add_gateway(struct box *b, const char *word)
{
    static const struct sv_addr any4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    struct sv_addr gateway;
    if (!cli_parse_addr(word, &gateway) || sv_route_add(b->host.stack, &any4, 0, &gateway, 1, sv_clock()) != SV_OK)
        return cli_fail("nat_box", "%s: no gateway", word) < 0;
    return true;
}

static void put(void *self, const char *text, size_t n)
{
    (void)fwrite(text, 1, n, self);
}

static int run(struct box *b, char **word)
{
    struct sv_stack_config config = {.size = sizeof config,
                                     .host = 1,
                                     .cpu = sv_cpu_detect(),
                                     .forward = 1,
                                     .nat_sessions = (uint32_t)b->nat.sessions};
    if (!sv_entropy(&config.seed, sizeof config.seed))
        return 1;
    const uint64_t bytes = sv_pool_bytes(BUFS, SLABS) + sv_stack_bytes(&config) + (1u << 20);
    void *memory = sv_memory_map(bytes, false);
    struct sv_arena *arena = memory ? sv_arena_create(memory, bytes) : NULL;
    b->pool = arena ? sv_pool_create(arena, BUFS, SLABS) : NULL;
    b->host.stack = b->pool ? sv_stack_create(arena, b->pool, &config, sv_clock()) : NULL;
    if (!b->host.stack || !sv_loop_open(&b->loop) || !sv_loop_take_signals(&b->loop))
        return cli_fail("nat_box", "no memory or no loop");
    const uint32_t party = sv_loop_add_host(&b->loop, &b->host, b->pool, 0);
    if (!add_interface(b, party, 0, word[0], word[1]) || !add_interface(b, party, 1, word[2], word[3]) ||
        !add_gateway(b, word[4]) || !router_nat_start("nat_box", b->host.stack, &b->nat, 1, sv_clock()))
        return 1;
    (void)sv_loop_run(&b->loop, SV_NEVER);
    router_nat_show(b->host.stack, true, sv_clock(), put, stdout);
    sv_loop_close(&b->loop);
    sv_device_close(&b->device[0]);
    sv_device_close(&b->device[1]);
    sv_memory_unmap(memory, bytes);
    return 0;
}

int main(int argc, char **argv)
{
    struct box *b = calloc(1, sizeof *b);
    struct cli_parse parse = {.command = &command, .config = b};
    if (!b)
        return 1;
    b->nat.sessions = 4096;
    int status = cli_parse(&parse, argc, argv);
    if (status == CLI_PARSED)
        status = parse.words.n == 5 ? router_nat_check("nat_box", &b->nat) : cli_usage("nat_box", "five words");
    if (status == CLI_PARSED)
        status = run(b, parse.words.word);
    free(b);
    return status;
}
