/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP/1.1 (RFC 9110, RFC 9112): a server of files and a client, as engines over `struct sv_stream`. They
 * never block, read no clock and allocate nothing: the caller gives memory once, calls drive() when the
 * stream may have moved or a deadline has come, and asks for the next deadline. */
#ifndef SEVEN_HTTP_H
#define SEVEN_HTTP_H

#include "seven/files.h"
#include "seven/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- server ---------------------------------------------------------------------------------------- */

/* One answered request, for the access log. Texts are borrowed during the call, as the peer wrote them
 * (any byte but controls): escape what a terminal or a log reader would take amiss. */
struct sv_http_entry {
    uint64_t tag;          /* of sv_http_conn_init() */
    struct sv_text method; /* empty when the request could not be read */
    struct sv_text target;
    struct sv_text referer, user_agent; /* empty: not sent */
    uint32_t status;
    uint32_t complete;   /* 1: the whole response was handed to the stream */
    uint64_t body_bytes; /* of the response's body, handed to the stream */
};

struct sv_http_server_config {
    uint32_t size;  /* sizeof(struct sv_http_server_config) */
    uint32_t flags; /* enum sv_http_server_flag */
    struct sv_files files;
    uint64_t seed; /* of multipart boundaries; any number */
    void *self;    /* passed to the three functions below */
    /* Seconds since 1970 at `now`: what the Date field says. NULL: the second 0, and no Date field. */
    int64_t (*wall_s)(void *self, sv_time now);
    /* May be NULL. Called once for every response. */
    void (*log)(void *self, const struct sv_http_entry *entry, sv_time now);
    /* May be NULL. Called for every line of a head, in (`out` false) and out, without its line end. */
    void (*line)(void *self, uint64_t tag, bool out, struct sv_text line, sv_time now);
    uint32_t header_timeout_ms; /* from a head's first byte to its last; also for the first request [10,000] */
    uint32_t idle_timeout_ms;   /* between requests [60,000] */
    uint32_t stall_timeout_ms;  /* without any byte of a body moving [60,000] */
    uint32_t linger_ms;         /* reading on after we finished, for the peer's end [2,000] */
    uint32_t requests_max;      /* on one connection [10,000] */
    uint32_t spare;
    uint64_t body_max_bytes; /* of a request's body, which is read and thrown away [1 MiB] */
};

enum sv_http_server_flag {
    SV_HTTP_NO_LISTING = 1u << 0, /* 403 for a directory without index.html */
};

struct sv_http_server;
struct sv_http_conn;

/* Bytes each takes; memory aligned to 16. A server also holds the 64 KiB through which files that cannot be
 * viewed in place are read. */
SV_API size_t sv_http_server_bytes(void);
SV_API size_t sv_http_conn_bytes(void);

/* NULL: too little memory, misaligned, no files, or an unknown size field. One server serves any number of
 * connections of one thread. It keeps a copy of the configuration. */
SV_API struct sv_http_server *sv_http_server_init(void *memory, size_t bytes,
                                                  const struct sv_http_server_config *config);

/* A new connection over `stream`, which the caller keeps alive until sv_http_conn_done(). `tag` comes back
 * in log and line. NULL: too little memory. */
SV_API struct sv_http_conn *sv_http_conn_init(void *memory, size_t bytes, struct sv_http_server *server,
                                              struct sv_stream stream, uint64_t tag, sv_time now);

/* Reads, answers and writes as far as the stream allows (and at most 64 requests: the deadline is then
 * `now`). Harmless at any time. */
SV_API void sv_http_conn_drive(struct sv_http_conn *c, sv_time now);
/* When drive() has something to do at the latest, whatever the stream does; SV_NEVER. */
SV_API sv_time sv_http_conn_deadline(const struct sv_http_conn *c);

/* True: both directions are over (or were given up); close the stream and reuse the memory. */
SV_API bool sv_http_conn_done(const struct sv_http_conn *c);

/* Asks for an orderly end: after the response in progress, at once when idle. Then drive() to done. */
SV_API void sv_http_conn_close(struct sv_http_conn *c, sv_time now);

/* Gives its open file back; for a caller that drops the connection before it is done. */
SV_API void sv_http_conn_release(struct sv_http_conn *c, sv_time now);

SV_API uint32_t sv_http_conn_requests(const struct sv_http_conn *c); /* answered so far */

/* ---- client ---------------------------------------------------------------------------------------- */

struct sv_http_field {
    struct sv_text name, value;
};

#define SV_HTTP_CHUNKED UINT64_MAX /* body_bytes: not known beforehand */

struct sv_http_request {
    uint32_t size;                     /* sizeof(struct sv_http_request) */
    uint32_t flags;                    /* enum sv_http_request_flag */
    struct sv_text method;             /* "GET", "HEAD", "PUT", "POST", ... */
    struct sv_text target;             /* "/a?b": as it goes on the line */
    struct sv_text authority;          /* "host:port": the Host field */
    const struct sv_http_field *field; /* more fields */
    uint32_t fields;
    uint32_t spare;
    uint64_t body_bytes; /* of the body, or SV_HTTP_CHUNKED */
    /* Gives up to n bytes of the body. 0 with *end false: none now, drive again later. NULL: no body. */
    size_t (*body)(void *self, void *to, size_t n, bool *end);
    void *body_self;
};

enum sv_http_request_flag {
    SV_HTTP_CLOSE = 1u << 0,           /* send Connection: close */
    SV_HTTP_EXPECT_CONTINUE = 1u << 1, /* wait up to a second for 100 before the body (RFC 9110 §10.1.1) */
};

enum sv_http_result {
    SV_HTTP_IDLE, /* nothing asked yet */
    SV_HTTP_RUNNING,
    SV_HTTP_DONE,         /* the whole response came */
    SV_HTTP_BAD_RESPONSE, /* not HTTP/1, or its framing contradicts itself */
    SV_HTTP_TOO_LARGE,    /* the head exceeds the limits */
    SV_HTTP_UNSUPPORTED,  /* a transfer coding other than chunked */
    SV_HTTP_EMPTY,        /* the connection ended before any byte of a response */
    SV_HTTP_TRUNCATED,    /* it ended in the middle of the response */
    SV_HTTP_FAILED,       /* the stream died: sv_stream_error() says why */
    SV_HTTP_TIMED_OUT,    /* nothing moved for stall_timeout_ms */
};

struct sv_http_client;

struct sv_http_client_config {
    uint32_t size;             /* sizeof(struct sv_http_client_config) */
    uint32_t stall_timeout_ms; /* [60,000] */
    void *self;
    /* The final response's head is here: ask status, fields. May be NULL. */
    void (*head)(void *self, const struct sv_http_client *client, sv_time now);
    /* A piece of the body, borrowed during the call; the count taken. Less than n: drive again when there
     * is room (nothing times out meanwhile). NULL: the body is thrown away. */
    size_t (*data)(void *self, const uint8_t *bytes, size_t n, sv_time now);
    /* Every line of a head, as the server's. May be NULL. */
    void (*line)(void *self, bool out, struct sv_text line, sv_time now);
};

/* Bytes it takes; memory aligned to 16, the caller's. */
SV_API size_t sv_http_client_bytes(void);
/* A client over `stream`, which the caller keeps alive as long. It keeps a copy of the configuration. NULL: too little
 * memory, misaligned, or an unknown size field. */
SV_API struct sv_http_client *sv_http_client_init(void *memory, size_t bytes,
                                                  const struct sv_http_client_config *config, struct sv_stream stream,
                                                  sv_time now);

/* Begins a request; its texts and fields may go when this returns, body() stays until the end. The
 * connection is used again for the next when sv_http_client_reusable(). SV_ERR_STATE: one is running, or
 * the connection cannot be used again. SV_ERR_INVALID: a byte that may not stand there (a line end in a
 * value, say). SV_ERR_TOO_BIG: the head exceeds 16 KiB. */
SV_API SV_MUST_CHECK enum sv_err sv_http_client_request(struct sv_http_client *client,
                                                        const struct sv_http_request *request, sv_time now);

/* Sends and reads as far as the stream allows; RUNNING: call again when it may have moved, or at the deadline. */
SV_API enum sv_http_result sv_http_client_drive(struct sv_http_client *client, sv_time now);
/* When that has something to do at the latest; SV_NEVER. */
SV_API sv_time sv_http_client_deadline(const struct sv_http_client *client);
/* The last response is over, and neither side has said that the connection ends with it. */
SV_API bool sv_http_client_reusable(const struct sv_http_client *client);

/* Of the final response, once its head is here (0, empty before). Borrowed until the next request. */
SV_API uint32_t sv_http_client_status(const struct sv_http_client *client);
SV_API struct sv_text sv_http_client_reason(const struct sv_http_client *client);
/* The value of the first field of that name; false: there is none. */
SV_API bool sv_http_client_field(const struct sv_http_client *client, struct sv_text name, struct sv_text *value);
/* All fields in order: false past the last. */
SV_API bool sv_http_client_field_at(const struct sv_http_client *client, uint32_t index, struct sv_http_field *field);
/* The body's length as announced, or UINT64_MAX when it was not; the bytes given to data() so far. */
SV_API uint64_t sv_http_client_length(const struct sv_http_client *client);
SV_API uint64_t sv_http_client_received(const struct sv_http_client *client);
SV_API uint64_t sv_http_client_sent(const struct sv_http_client *client); /* bytes of the request's body so far */

/* "TRUNCATED" and its sentence; static, never NULL. */
SV_API const char *sv_http_result_name(enum sv_http_result result);
SV_API const char *sv_http_result_text(enum sv_http_result result);

#ifdef __cplusplus
}
#endif
#endif
