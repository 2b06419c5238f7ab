/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams with words in them. `write: "GET / HTTP/1.1"` is what it says. `app: http`: as much of a web server as a
 * program from outside wants to see. Whatever is asked for, it answers 200 with so many bytes of its pattern and keeps
 * the connection; requests have no bodies. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scenario/run.h"

#define HEAD 160u

static uint32_t head_of(const struct sc_conn *c, char head[HEAD])
{
    return (uint32_t)snprintf(head, HEAD,
                              "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                              "Content-Length: %" PRIu64 "\r\n\r\n",
                              c->serve.bytes);
}

/* A request ends with an empty line, wherever reads cut it. */
void sc_http_read(struct sc_conn *c, const uint8_t *bytes, size_t n)
{
    static const char end[4] = {'\r', '\n', '\r', '\n'};
    char head[HEAD];
    for (size_t i = 0; i < n; i++) {
        c->line_end = bytes[i] == (uint8_t)end[c->line_end] ? c->line_end + 1u : bytes[i] == '\r';
        if (c->line_end < sizeof end)
            continue;
        c->line_end = 0;
        c->to_write += head_of(c, head) + c->serve.bytes;
        c->told_sent = false;
    }
}

/* What it writes from offset `at` on is the pattern, but for the heads. */
static void heads(const struct sc_conn *c, uint64_t at, uint8_t *to, size_t n)
{
    char head[HEAD];
    const uint32_t length = head_of(c, head);
    for (size_t i = 0; i < n; i++) {
        const uint64_t within = (at + i) % (length + c->serve.bytes);
        if (within < length)
            to[i] = (uint8_t)head[within];
        else
            i += (size_t)(length + c->serve.bytes - within - 1u); /* to the next head */
    }
}

/* The text of a `write`. */
static void text(const struct sc_conn *c, uint64_t at, uint8_t *to, size_t n)
{
    const uint64_t end = c->text_at + strlen(c->text);
    for (size_t i = 0; i < n; i++) {
        if (at + i >= c->text_at && at + i < end)
            to[i] = (uint8_t)c->text[at + i - c->text_at];
    }
}

void sc_words(const struct sc_conn *c, uint64_t at, uint8_t *to, size_t n)
{
    if (c->server && c->serve.app == SC_HTTP)
        heads(c, at, to, n);
    if (c->text)
        text(c, at, to, n);
}
