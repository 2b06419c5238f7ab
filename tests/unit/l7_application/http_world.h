/* SPDX-License-Identifier: BSD-2-Clause */
/* A small served tree in memory and a server over it, for tests and fuzz targets. */
#ifndef SV_TEST_HTTP_WORLD_H
#define SV_TEST_HTTP_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "seven/http.h"

#define WORLD_NOW_S 1795370000 /* Sun, 22 Nov 2026 15:33:20 GMT */
#define WORLD_FILE_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define WORLD_BIG 300000u

static uint8_t world_big[WORLD_BIG];

static const struct sv_memory_file world_file[] = {
    {"hello.txt", "0123456789", 10, WORLD_FILE_S},
    {"site/index.html", "<p>index", 8, WORLD_FILE_S},
    {"sub/b.txt", "b", 1, WORLD_FILE_S},
    {"sub/a<&>.txt", "a", 1, WORLD_FILE_S},
    {"sub/deep/er/x", "x", 1, WORLD_FILE_S},
    {"sub/.dot", "dot", 3, WORLD_FILE_S},
    {"sub/bad\xff\x01", "", 0, WORLD_FILE_S},
    {"zero", "", 0, WORLD_FILE_S},
    {"big.bin", world_big, WORLD_BIG, WORLD_FILE_S},
    {"a\\b", "backslash", 9, WORLD_FILE_S},
};

struct world {
    struct sv_memory_files table;
    struct sv_http_server *server;
    struct sv_http_entry last; /* its texts are gone */
    uint32_t entries, incomplete, lines_in, lines_out;
};

static inline int64_t world_wall_s(void *self, sv_time now)
{
    (void)self;
    return WORLD_NOW_S + (int64_t)(now / SV_S);
}
static inline void world_log(void *self, const struct sv_http_entry *e, sv_time now)
{
    struct world *w = self;
    (void)now;
    w->last = *e;
    w->entries++;
    w->incomplete += !e->complete;
}
static inline void world_line(void *self, uint64_t tag, bool out, struct sv_text line, sv_time now)
{
    struct world *w = self;
    (void)tag;
    (void)now;
    (void)line;
    *(out ? &w->lines_out : &w->lines_in) += 1;
}

/* `read_only`: without view(), so that bytes go through the server's staging. */
static inline void world_open(struct world *w, bool read_only)
{
    static struct sv_files_ops plain;
    for (uint32_t i = 0; i < WORLD_BIG && world_big[WORLD_BIG - 1] == 0; i++) /* once */
        world_big[i] = (uint8_t)(i * 2654435761u >> 24);
    memset(w, 0, sizeof *w);
    w->table = (struct sv_memory_files){world_file, sizeof world_file / sizeof world_file[0]};
    struct sv_http_server_config config = {.size = sizeof config,
                                           .files = sv_memory_files(&w->table),
                                           .self = w,
                                           .wall_s = world_wall_s,
                                           .log = world_log,
                                           .line = world_line,
                                           .seed = 1};
    if (read_only) {
        plain = *config.files.ops;
        plain.view = NULL;
        config.files.ops = &plain;
    }
    const size_t n = (sv_http_server_bytes() + 15) & ~(size_t)15;
    w->server = sv_http_server_init(aligned_alloc(16, n), n, &config);
    if (!w->server)
        abort();
}
static inline void world_close(struct world *w)
{
    free(w->server);
}
static inline struct sv_http_conn *world_conn(struct world *w, struct sv_stream s, sv_time now)
{
    const size_t n = (sv_http_conn_bytes() + 15) & ~(size_t)15;
    void *memory = aligned_alloc(16, n);
    memset(memory, 0xa5, n); /* whatever was there before must not matter */
    struct sv_http_conn *c = sv_http_conn_init(memory, n, w->server, s, 77, now);
    if (!c)
        abort();
    return c;
}

#endif
