/* SPDX-License-Identifier: BSD-2-Clause */
/* A host of Seven's on a device, for what no command does: it advertises itself as a router, joins groups, says which
 * addresses it has. `link_host DEVICE [WORD...]`: advertise=PREFIX/LEN, join=GROUP, address=ADDR/LEN, auto, seconds=N.
 * It prints a line for each address when it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/clock.h"
#include "port/entropy.h"
#include "port/loop.h"
#include "port/memory.h"
#include "seven/stack.h"

static struct sv_loop loop;
static struct sv_device device;
static struct sv_host host;

static bool fail(const char *what)
{
    (void)fprintf(stderr, "link_host: %s\n", what);
    return false;
}

static bool open_stack(const char *name, bool router, bool automatic, struct sv_pool **pool, sv_port *port)
{
    struct sv_stack_config config = {.size = sizeof config, .connections = 64, .forward = router};
    struct sv_device_options options;
    char error[SV_DEVICE_TEXT];
    const uint64_t bytes = sv_pool_bytes(2048, 4096) + sv_stack_bytes(&config) + (1u << 20);
    if (!sv_entropy(&config.seed, sizeof config.seed))
        return fail("no entropy");
    void *memory = sv_memory_map(bytes, false);
    struct sv_arena *arena = memory ? sv_arena_create(memory, bytes) : NULL;
    *pool = arena ? sv_pool_create(arena, 2048, 4096) : NULL;
    host.stack = *pool ? sv_stack_create(arena, *pool, &config, sv_clock()) : NULL;
    sv_device_defaults(&options);
    if (!host.stack || !sv_device_open(&device, name, &options, error))
        return fail(host.stack ? error : "no memory");
    struct sv_interface_config interface = {
        .size = sizeof interface, .flags = device.flags | SV_IF_IP6, .mtu = device.mtu};
    if (automatic)
        interface.flags |= SV_IF_AUTOCONF;
    memcpy(interface.mac, device.mac, 6);
    return sv_interface_add(host.stack, &interface, port, sv_clock()) == SV_OK || fail("no interface");
}

static bool apply(const char *word, sv_port port)
{
    const char *value = strchr(word, '=');
    struct sv_addr addr;
    uint32_t length = 64;
    if (strcmp(word, "auto") == 0 || strncmp(word, "seconds=", 8) == 0)
        return true;
    if (!value || !sv_addr_parse(value + 1, &addr, strncmp(word, "join=", 5) == 0 ? NULL : &length))
        return fail(word);
    if (strncmp(word, "address=", 8) == 0)
        return sv_address_add(host.stack, port, &addr, length, sv_clock()) == SV_OK || fail(word);
    if (strncmp(word, "join=", 5) == 0) {
        const struct sv_endpoint any = {.port = 0};
        sv_sock u;
        return (sv_udp_open(host.stack, &any, 0, &u, sv_clock()) == SV_OK &&
                sv_udp_join(host.stack, u, port, &addr, sv_clock()) == SV_OK) ||
               fail(word);
    }
    struct sv_advertise_config config = {.size = sizeof config, .max_interval_s = 4, .min_interval_s = 3, .mtu = 1400};
    config.lifetime_s = 60;
    config.prefixes = 1;
    config.prefix[0] =
        (struct sv_advertise_prefix){.prefix = addr, .length = length, .valid_s = 3600, .preferred_s = 1800};
    config.servers = 1;
    config.server[0] = addr;
    config.server[0].byte[15] = 0x53;
    return sv_advertise(host.stack, port, &config, sv_clock()) == SV_OK || fail(word);
}

static void show(void)
{
    struct sv_address_info info;
    uint32_t at = 0;
    char text[SV_ADDR_TEXT];
    while (sv_address_each(host.stack, &at, &info))
        printf("%s state=%u flags=%u\n", sv_addr_text(&info.addr, text), info.state, info.flags);
    for (uint32_t d = 1; d < SV_DROP_COUNT; d++)
        if (sv_stack_drops(host.stack, (enum sv_drop)d))
            printf("drop %s %llu\n", sv_drop_name((enum sv_drop)d),
                   (unsigned long long)sv_stack_drops(host.stack, (enum sv_drop)d));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sv_pool *pool;
    sv_port port;
    bool router = false, automatic = false;
    sv_time seconds = 10;
    for (int i = 2; i < argc; i++) {
        router |= strncmp(argv[i], "advertise=", 10) == 0;
        automatic |= strcmp(argv[i], "auto") == 0;
        if (strncmp(argv[i], "seconds=", 8) == 0)
            seconds = (sv_time)strtoul(argv[i] + 8, NULL, 10);
    }
    if (argc < 2 || !open_stack(argv[1], router, automatic, &pool, &port))
        return 1;
    for (int i = 2; i < argc; i++)
        if (!apply(argv[i], port))
            return 1;
    if (!sv_loop_open(&loop) || !sv_loop_take_signals(&loop))
        return 1;
    const uint32_t party = sv_loop_add_host(&loop, &host, pool, 0);
    if (party == SV_NONE || !sv_loop_add_device(&loop, &device, party, port))
        return 1;
    const sv_time end = sv_clock() + seconds * SV_S;
    while (!loop.signal && sv_clock() < end)
        (void)sv_loop_run(&loop, sv_clock() + 100 * SV_MS);
    if (router) { /* the last word, three times */
        (void)!sv_advertise(host.stack, port, NULL, sv_clock());
        const sv_time until = sv_clock() + 200 * SV_MS;
        loop.stopped = false;
        loop.signal = 0;
        while (sv_clock() < until)
            (void)sv_loop_run(&loop, until);
    }
    show();
    sv_loop_close(&loop);
    device.close(&device);
    return 0;
}
