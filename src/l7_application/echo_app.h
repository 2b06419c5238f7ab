/* SPDX-License-Identifier: BSD-2-Clause */
/* Echo (RFC 862) over TCP and UDP, as an application of a host. Over TCP it holds no byte of its own: what
 * arrived stays in the socket until the answer fits, so a peer that does not read stops being read. */
#ifndef SV_L7_ECHO_APP_H
#define SV_L7_ECHO_APP_H

#include "seven/host.h"

struct sv_echo_app;

struct sv_echo_config {
    uint32_t size;
    uint32_t connections;  /* at once [64] */
    uint32_t delay_ms;     /* from the arrival of the first unanswered byte to the answer */
    uint32_t fin_delay_ms; /* from the peer's end (and the last answer) to ours */
    uint32_t v6_only;      /* 1: at IPv6's any address, nothing of IPv4 */
};

SV_API size_t sv_echo_app_bytes(const struct sv_echo_config *config);

/* Memory aligned to 16. NULL: too little. */
SV_API struct sv_echo_app *sv_echo_app_init(void *memory, size_t bytes, const struct sv_echo_config *config);

SV_API extern const struct sv_app sv_echo_app_ops;

/* One TCP listener, one UDP socket; `app` is what sv_host_add() gave. Errors as sv_listen(), sv_udp_open(). */
SV_API SV_MUST_CHECK enum sv_err sv_echo_app_listen(struct sv_echo_app *a, struct sv_stack *stack, uint32_t app,
                                                    const struct sv_endpoint *local, sv_time now);
SV_API SV_MUST_CHECK enum sv_err sv_echo_app_udp(struct sv_echo_app *a, struct sv_stack *stack, uint32_t app,
                                                 const struct sv_endpoint *local, sv_time now);

SV_API uint64_t sv_echo_app_bytes_echoed(const struct sv_echo_app *a);
SV_API uint32_t sv_echo_app_connections(const struct sv_echo_app *a);

#endif
