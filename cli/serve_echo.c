/* SPDX-License-Identifier: BSD-2-Clause */
/* The echo server (RFC 862), TCP and UDP, with a delay when asked: l7_application's, started and ended. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "cli/serve.h"
#include "l7_application/echo_app.h"

struct serve_echo {
    struct cli_network *network;
    struct sv_echo_app *app;
    uint32_t number;
};

struct serve_echo *serve_echo_start(struct cli_network *n, const struct serve_options *options)
{
    const struct sv_echo_config config = {.size = sizeof config,
                                          .connections = 1024,
                                          .delay_ms = (uint32_t)(options->delay_ns / SV_MS),
                                          .fin_delay_ms = (uint32_t)(options->fin_delay_ns / SV_MS),
                                          .v6_only = options->only6};
    const struct sv_endpoint local = serve_anywhere(options);
    const size_t bytes = (sv_echo_app_bytes(&config) + 15) / 16 * 16;
    struct serve_echo *s = calloc(1, sizeof *s);
    void *memory = s ? aligned_alloc(16, bytes) : NULL;
    if (!memory) {
        free(s);
        (void)cli_fail("serve", "out of memory");
        return NULL;
    }
    s->network = n;
    s->app = sv_echo_app_init(memory, bytes, &config);
    s->number = cli_network_add(n, &sv_echo_app_ops, s->app);
    const sv_time now = cli_network_now(n);
    const enum sv_err tcp = sv_echo_app_listen(s->app, cli_network_stack(n), s->number, &local, now);
    const enum sv_err udp = tcp == SV_OK ? sv_echo_app_udp(s->app, cli_network_stack(n), s->number, &local, now) : tcp;
    if (udp == SV_OK)
        return s;
    (void)cli_fail("serve", "echo: port %u: %s", (unsigned)options->port, cli_network_error(udp));
    serve_echo_end(s, now);
    return NULL;
}

void serve_echo_end(struct serve_echo *s, sv_time now)
{
    (void)now; /* its sockets go with the stack */
    if (!s)
        return;
    cli_network_remove(s->network, s->number);
    free(s->app);
    free(s);
}
