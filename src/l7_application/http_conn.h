/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's inside.
 *
 * Theory of operation. A connection is in one of four states, and drive() goes round while bytes move:
 *
 *     READ     collects one head, and not a byte more: what is pipelined behind it waits in the stream, so a
 *              peer's unread requests cost it its own window, and answers come in order without a queue
 *     DISCARD  reads a request's body and throws it away, checking its framing to the end, before anything
 *              is answered: no byte of a body can be taken for the next request
 *     SEND     hands `out` (heads, small bodies, listings) and then the file's bytes to the stream
 *     LINGER   finished our side; reads on until the peer ends too, so that a late byte of its does not turn
 *              our last response into a reset (RFC 9112 §9.6)
 *
 * Timers: one deadline, whose meaning is the state's. Limits: http_head.h, http_chunked.h, the configuration.
 * Absent on purpose: content negotiation, compression on the fly, virtual hosts, PUT (this serves files). */
#ifndef SV_L7_HTTP_CONN_H
#define SV_L7_HTTP_CONN_H

#include "l7_application/http_chunked.h"
#include "l7_application/http_head.h"
#include "l7_application/http_select.h"
#include "l7_application/http_target.h"
#include "seven/http.h"

#define SV_HTTP_STAGE_BYTES 65536u
#define SV_HTTP_OUT_BYTES 8192u
#define SV_HTTP_TURN_REQUESTS 64u
#define SV_HTTP_TURN_BYTES (4u << 20)
#define SV_HTTP_ETAG_BYTES 64u

struct sv_http_server {
    struct sv_http_server_config config;
    uint64_t boundaries; /* drawn so far */
    uint8_t stage[SV_HTTP_STAGE_BYTES];
};

enum sv_http_state { SV_HTTP_READ, SV_HTTP_DISCARD, SV_HTTP_SEND, SV_HTTP_LINGER, SV_HTTP_OVER };

enum sv_http_source { SV_HTTP_NOTHING, SV_HTTP_FILE, SV_HTTP_PARTS, SV_HTTP_LISTING };

enum sv_http_method { SV_HTTP_GET, SV_HTTP_HEAD, SV_HTTP_OPTIONS, SV_HTTP_OTHER, SV_HTTP_UNKNOWN };

struct sv_http_conn {
    struct sv_http_server *server;
    struct sv_stream stream;
    uint64_t tag;
    sv_time deadline;
    uint32_t state;
    uint32_t requests;     /* heads read */
    bool again;            /* drive() stopped with work left */
    bool closing;          /* no request after this one */
    bool keep_alive_field; /* say so: the peer speaks 1.0 and asked for it */
    bool http10;
    bool request; /* a request is being answered: the log is owed an entry */
    bool open;    /* `handle` is */
    bool chunked;
    uint32_t method; /* enum sv_http_method */
    uint32_t status;
    struct sv_text method_text, target_text;
    uint64_t request_left; /* of its body */
    uint64_t request_seen;
    struct sv_http_chunked chunks;

    uint32_t source; /* enum sv_http_source: what follows `out` */
    uint32_t part;   /* of PARTS: the next one; of LISTING: the next entry */
    uint64_t handle;
    struct sv_file_info info;
    uint64_t offset, left; /* of the file's piece that is being sent */
    uint64_t body_sent;
    uint64_t head_left; /* bytes of `out` that are still head */
    uint64_t boundary;
    const char *type;
    struct sv_http_ranges ranges;
    char etag[SV_HTTP_ETAG_BYTES];
    uint32_t out_at, out_n;
    char out[SV_HTTP_OUT_BYTES];
    struct sv_http_target target;
    struct sv_http_head head;
};

/* http_request.c: a whole head came; decides what happens, and leaves the connection in DISCARD or SEND. */
void sv_http_request_read(struct sv_http_conn *c, sv_time now);
/* The body is over: answers. */
void sv_http_request_answer(struct sv_http_conn *c, sv_time now);

/* http_reply.c: responses without a file, and the heads of those with one. All leave the state SEND. */
void sv_http_reply_error(struct sv_http_conn *c, uint32_t status, sv_time now);
void sv_http_reply_redirect(struct sv_http_conn *c, sv_time now);
void sv_http_reply_options(struct sv_http_conn *c, sv_time now);
void sv_http_reply_file(struct sv_http_conn *c, uint32_t status, const struct sv_http_validators *v, sv_time now);
void sv_http_reply_listing(struct sv_http_conn *c, sv_time now);
void sv_http_reply_continue(struct sv_http_conn *c, sv_time now);
const char *sv_http_reason(uint32_t status);
int64_t sv_http_wall_s(const struct sv_http_conn *c, sv_time now);
/* printf into out's free room; false (and nothing added): it did not fit. */
__attribute__((format(printf, 2, 3))) bool sv_http_put(struct sv_http_conn *c, const char *format, ...);

/* http_body.c: true while bytes move. Sets source to NOTHING when all was produced. */
bool sv_http_body_produce(struct sv_http_conn *c, uint64_t *budget, sv_time now);
uint64_t sv_http_parts_bytes(struct sv_http_conn *c);   /* length of the multipart body */
uint64_t sv_http_listing_bytes(struct sv_http_conn *c); /* length of the listing */

/* http_server.c */
void sv_http_conn_log(struct sv_http_conn *c, bool complete, sv_time now);
void sv_http_conn_give_up(struct sv_http_conn *c, sv_time now); /* abort, over */
void sv_http_conn_close_file(struct sv_http_conn *c);

#endif
