/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP server as an application of a host: listens, accepts, drives a pool of connections. When the pool
 * is used up, connections wait in the listener's backlog. */
#ifndef SV_L7_HTTP_APP_H
#define SV_L7_HTTP_APP_H

#include "seven/host.h"
#include "seven/http.h"

struct sv_http_app;

/* Memory for `connections` at once; aligned to 16. */
SV_API size_t sv_http_app_bytes(uint32_t connections);

/* NULL: too little memory, or misaligned. Log and line entries carry the socket's flow number as tag. */
SV_API struct sv_http_app *sv_http_app_init(void *memory, size_t bytes, uint32_t connections,
                                            struct sv_http_server *server);

/* Give both to sv_host_add(); then tell the app its number and open one listener or more (up to 8). Errors
 * as sv_listen(); SV_ERR_NO_MEMORY also for a ninth listener. */
SV_API extern const struct sv_app sv_http_app_ops;
/* From the next listener on: at IPv6's any address, nothing of IPv4. */
SV_API void sv_http_app_only_ip6(struct sv_http_app *a);
SV_API SV_MUST_CHECK enum sv_err sv_http_app_listen(struct sv_http_app *a, struct sv_stack *stack, uint32_t app,
                                                    const struct sv_endpoint *local, uint32_t backlog, sv_time now);

/* Stops listening and ends every connection in order, each after its response. */
SV_API void sv_http_app_close(struct sv_http_app *a, struct sv_stack *stack, sv_time now);

SV_API uint32_t sv_http_app_connections(const struct sv_http_app *a); /* now */
SV_API uint64_t sv_http_app_accepted(const struct sv_http_app *a);    /* ever */

#endif
