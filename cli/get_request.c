/* SPDX-License-Identifier: BSD-2-Clause */
/* What `seven get` sends: the method that the options imply, the fields, and the body. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/get_transfer.h"
#include "cli/help.h"

static struct sv_text text_of(const char *text)
{
    return (struct sv_text){text, strlen(text)};
}

/* "Name: value" as given by -H; an empty value ("Name:") takes a field of ours away. */
static bool given(const struct get *g, const char *name)
{
    const size_t n = strlen(name);
    for (uint32_t i = 0; i < g->config.header.n; i++)
        if (strncasecmp(g->config.header.text[i], name, n) == 0 &&
            (g->config.header.text[i][n] == ':' || g->config.header.text[i][n] == ';'))
            return true;
    return false;
}

static void add(struct get *g, struct sv_http_request *r, const char *name, const char *value)
{
    const size_t n = strlen(value) + 1;
    if (given(g, name) || r->fields == GET_FIELDS || g->field_text_n + n > sizeof g->field_text)
        return;
    memcpy(g->field_text + g->field_text_n, value, n);
    g->field[r->fields++] = (struct sv_http_field){text_of(name), {g->field_text + g->field_text_n, n - 1}};
    g->field_text_n += n;
}

static bool add_given(struct get *g, struct sv_http_request *r, const char **why)
{
    for (uint32_t i = 0; i < g->config.header.n; i++) {
        const char *line = g->config.header.text[i];
        const size_t n = strcspn(line, ":;");
        const char *value = line + n + (line[n] != '\0');
        value += strspn(value, " \t");
        *why = "-H: a header line is \"Name: value\"";
        if (!line[n] || n == 0)
            return false;
        if ((line[n] == ':' && !*value) || strncasecmp(line, "Host:", 5) == 0)
            continue; /* taken away; Host is the request's own member */
        if (r->fields < GET_FIELDS)
            g->field[r->fields++] = (struct sv_http_field){{line, n}, text_of(value)};
    }
    return true;
}

static size_t give_body(void *self, void *to, size_t n, bool *end)
{
    struct get *g = self;
    if (g->upload >= 0) {
        if (!g->upload_regular) {
            /* A pipe: what is there now, without waiting. */
            const int flags = fcntl(g->upload, F_GETFL);
            if (flags >= 0 && !(flags & O_NONBLOCK))
                (void)fcntl(g->upload, F_SETFL, flags | O_NONBLOCK);
        }
        const ssize_t got = read(g->upload, to, n);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            g->upload_failed = true;
        *end = got == 0 || g->upload_failed;
        return got > 0 ? (size_t)got : 0;
    }
    if (n > g->body_n - g->body_at)
        n = g->body_n - g->body_at;
    memcpy(to, g->body + g->body_at, n);
    g->body_at += n;
    *end = g->body_at == g->body_n;
    return n;
}

static bool append(struct get *g, const char *bytes, size_t n)
{
    char *grown = realloc(g->body, g->body_n + n + 2);
    if (!grown)
        return false;
    g->body = grown;
    if (n)
        memcpy(g->body + g->body_n, bytes, n);
    g->body_n += n;
    return true;
}

/* "@file" is the file's content; for -d without line ends. */
static int append_file(struct get *g, const char *path, bool binary, const char **why)
{
    char bytes[65536];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    size_t n;
    *why = "the file of -d cannot be read";
    if (!file)
        return GET_READ;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0) {
        size_t kept = n;
        if (!binary) {
            kept = 0;
            for (size_t i = 0; i < n; i++)
                if (bytes[i] != '\r' && bytes[i] != '\n' && bytes[i] != '\0')
                    bytes[kept++] = bytes[i];
        }
        if (!append(g, bytes, kept))
            break;
    }
    const bool failed = ferror(file) != 0 || n > 0;
    if (file != stdin)
        (void)fclose(file);
    return failed ? GET_READ : GET_OK;
}

static int join(struct get *g, const struct cli_texts *list, bool binary, const char **why)
{
    for (uint32_t i = 0; i < list->n; i++) {
        const char *text = list->text[i];
        if (g->body && !append(g, "&", 1))
            return GET_MEMORY;
        if (text[0] != '@' && !append(g, text, strlen(text)))
            return GET_MEMORY;
        const int r = text[0] == '@' ? append_file(g, text + 1, binary, why) : GET_OK;
        if (r != GET_OK)
            return r;
    }
    return GET_OK;
}

int get_body_prepare(struct get *g, const char **why)
{
    get_body_free(g);
    int r = join(g, &g->config.data, false, why);
    if (r == GET_OK)
        r = join(g, &g->config.data_binary, true, why);
    if (r != GET_OK || !g->config.upload)
        return r;
    struct stat st;
    *why = "the file of -T cannot be read";
    g->upload_failed = false;
    g->upload = strcmp(g->config.upload, "-") == 0 ? dup(STDIN_FILENO) : open(g->config.upload, O_RDONLY | O_CLOEXEC);
    if (g->upload < 0 || fstat(g->upload, &st) != 0 || S_ISDIR(st.st_mode))
        return GET_READ;
    g->upload_regular = S_ISREG(st.st_mode);
    return GET_OK;
}

void get_body_free(struct get *g)
{
    free(g->body);
    g->body = NULL;
    g->body_n = g->body_at = 0;
    if (g->upload >= 0)
        (void)close(g->upload);
    g->upload = -1;
}

static void set_body(struct get *g, struct sv_http_request *r)
{
    struct stat st;
    const bool posted = g->body && !g->get_instead, put = g->upload >= 0 && !g->get_instead;
    if (put) {
        r->method = SV_TEXT("PUT");
        r->body_bytes = SV_HTTP_CHUNKED;
        if (g->upload_regular && lseek(g->upload, 0, SEEK_SET) == 0 && fstat(g->upload, &st) == 0)
            r->body_bytes = (uint64_t)st.st_size;
        if (r->body_bytes > 1024 * 1024)
            r->flags |= SV_HTTP_EXPECT_CONTINUE;
    } else if (posted) {
        r->method = SV_TEXT("POST");
        r->body_bytes = g->body_n;
        g->body_at = 0;
        add(g, r, "Content-Type", "application/x-www-form-urlencoded");
    }
    if (put || posted) {
        r->body = give_body;
        r->body_self = g;
    }
}

int get_request_prepare(struct get *g, struct sv_http_request *r, const char **why)
{
    char value[1024];
    *r = (struct sv_http_request){.size = sizeof *r,
                                  .method = g->config.head ? SV_TEXT("HEAD") : SV_TEXT("GET"),
                                  .target = text_of(g->url.target),
                                  .authority = text_of(g->url.authority),
                                  .field = g->field};
    g->field_text_n = 0;
    for (uint32_t i = 0; i < g->config.header.n; i++)
        if (strncasecmp(g->config.header.text[i], "Host:", 5) == 0)
            r->authority = text_of(g->config.header.text[i] + 5 + strspn(g->config.header.text[i] + 5, " "));
    add(g, r, "User-Agent", g->config.agent ? g->config.agent : "seven/" SEVEN_VERSION);
    add(g, r, "Accept", "*/*");
    const char *user = g->url.user ? g->url.user : g->config.user;
    if (user && strlen(user) < 700 && (g->url.user || strcasecmp(g->first_host, g->url.authority) == 0)) {
        get_basic(user, value, sizeof value);
        add(g, r, "Authorization", value);
    }
    if (g->config.referer)
        add(g, r, "Referer", g->config.referer);
    if (g->resume_at) {
        (void)snprintf(value, sizeof value, "bytes=%" PRIu64 "-", g->resume_at);
        add(g, r, "Range", value);
    } else if (g->config.range) {
        (void)snprintf(value, sizeof value, "bytes=%s", g->config.range);
        add(g, r, "Range", value);
    }
    set_body(g, r);
    if (g->config.method && !g->get_instead)
        r->method = text_of(g->config.method);
    return add_given(g, r, why) ? GET_OK : GET_USAGE;
}
