/* SPDX-License-Identifier: BSD-2-Clause */
/* -a auto: addresses that the network and the host agree on by themselves, and the key that keeps them the same on each
 * network (RFC 7217) without a file of our own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "cli/network_private.h"
#include "port/clock.h"

#define MACHINE_ID "/etc/machine-id"
#define SETTLE (5 * SV_S)    /* for a router to answer, after our own address is ours */
#define PATIENCE (20 * SV_S) /* for everything: a few conflicts among it */

void cli_auto_secret(uint64_t secret[2])
{
    /* The machine's identity is not to be told as it is (machine-id(5)): hashed, with a word of ours and the user. */
    char text[128] = "seven addresses RFC 7217 ";
    const size_t head = strlen(text);
    const int fd = open(MACHINE_ID, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : read(fd, text + head, 64);
    uint8_t sum[EVP_MAX_MD_SIZE];
    if (fd >= 0)
        (void)close(fd);
    if (n < 32)
        return; /* none: the stack's own secret serves, and the addresses change with each start */
    const unsigned user = (unsigned)getuid();
    memcpy(text + head + n, &user, sizeof user);
    if (EVP_Digest(text, head + (size_t)n + sizeof user, sum, NULL, EVP_sha256(), NULL) == 1)
        memcpy(secret, sum, 2 * sizeof *secret);
}

void cli_auto_mac(const char *device, uint8_t mac[6])
{
    uint64_t secret[2] = {0, 0};
    cli_auto_secret(secret);
    for (const char *c = device; *c; c++) /* FNV-1a: only to tell this machine's devices apart */
        secret[0] = (secret[0] ^ (uint8_t)*c) * 0x100000001b3u;
    memcpy(mac, &secret[0], 6);
    mac[0] = 2;
    mac[1] = 7;
}

/* What there is: addresses still being probed, and those that reach beyond the link. */
static void look(const struct cli_network *n, bool *waiting, bool *wide)
{
    struct sv_address_info info = {.size = sizeof info};
    uint32_t at = 0;
    *waiting = *wide = false;
    while (sv_address_each(n->stack, &at, &info)) {
        *waiting |= info.state == 0;
        *wide |= info.state == 1 && !(info.flags & SV_ADDRESS_IS_LINK_LOCAL);
    }
}

/* The first that reaches far, else the first. */
static bool choose(struct cli_network *n)
{
    struct sv_address_info info = {.size = sizeof info};
    bool any = false;
    for (int local = 0; local < 2 && !any; local++) {
        uint32_t at = 0;
        while (!any && sv_address_each(n->stack, &at, &info)) {
            if (info.state != 1 || ((info.flags & SV_ADDRESS_IS_LINK_LOCAL) != 0) != local)
                continue;
            n->address = info.addr;
            any = true;
        }
    }
    return any;
}

bool cli_auto_wait(struct cli_network *n)
{
    const sv_time start = sv_clock();
    if (!n->quiet)
        (void)fprintf(stderr, "seven %s: looking for a router, and for an address of 169.254/16...\n", n->command);
    for (;;) {
        const sv_time now = sv_clock();
        bool waiting, wide;
        look(n, &waiting, &wide);
        if (!waiting && (wide || now > start + SETTLE) && choose(n))
            return true;
        if (now > start + PATIENCE)
            return cli_fail(n->command, "no address: %s takes no frames, or every one tried is taken", n->device.name) <
                   0;
        (void)sv_loop_run(n->loop, now + 50 * SV_MS);
        if (n->loop->signal)
            return false;
    }
}
