/* SPDX-License-Identifier: BSD-2-Clause */
/* seven get in parts: URLs, one transfer after another, and where the bytes go. seven demo uses it too. */
#ifndef SV_CLI_GET_H
#define SV_CLI_GET_H

#include "cli/network.h"
#include "seven/http.h"

/* curl's exit codes. */
enum get_exit {
    GET_OK = 0,
    GET_UNSUPPORTED_PROTOCOL = 1,
    GET_USAGE = 2,
    GET_BAD_URL = 3,
    GET_NO_HOST = 6,
    GET_NO_CONNECTION = 7,
    GET_WEIRD_REPLY = 8,
    GET_PARTIAL = 18,
    GET_HTTP_ERROR = 22,
    GET_WRITE = 23,
    GET_READ = 26,
    GET_MEMORY = 27,
    GET_TIMEOUT = 28,
    GET_RANGE = 33,
    GET_REDIRECTS = 47,
    GET_EMPTY = 52,
    GET_SEND = 55,
    GET_RECEIVE = 56,
    GET_CODING = 61,
};

struct get_config {
    struct cli_texts output, header, data, data_binary, resolve;
    const char *upload, *user, *method, *agent, *referer, *resume, *range;
    bool remote_name, head, include, follow, fail, silent, show_error, no_bar;
    uint32_t verbose;
    uint64_t redirects_max, longest_ns, connect_ns;
};
extern const struct cli_option get_options[];

#define GET_URL_MAX 8192u
struct get_url {
    char text[GET_URL_MAX];              /* the parts point in here, each terminated */
    char *scheme, *user, *host, *target; /* user: NULL when none; target begins with '/' */
    uint16_t port;
    bool port_given;
    char authority[300]; /* for the Host field */
};
/* An enum get_exit; `why` is a sentence. */
int get_url_parse(struct get_url *url, const char *text, const char **why);
/* A Location field's value against the URL it came from (RFC 3986 §5.2), as text. False: too long. */
bool get_url_join(const struct get_url *base, struct sv_text location, char *to, size_t room);
/* The last segment of the path, "" when it has none. */
const char *get_url_name(const struct get_url *url, char *to, size_t room);
/* "Basic ..." (RFC 7617); to needs 4/3 of the length and 16. */
void get_basic(const char *user, char *to, size_t room);

/* Where a body goes. */
struct get_output {
    int fd;           /* -1: not open yet */
    const char *path; /* NULL: stdout */
    bool append, blocked, failed;
    int flags; /* of stdout, put back; -1: unchanged */
    size_t n, at;
    uint64_t written;
    uint8_t bytes[262144];
};
void get_output_init(struct get_output *o, const char *path, bool append);
/* The count taken: less than n when stdout would block. `failed` with errno on an error. */
size_t get_output_put(struct get_output *o, const void *bytes, size_t n);
void get_output_flush(struct get_output *o); /* as far as it goes */
bool get_output_close(struct get_output *o); /* false: something could not be written */

/* The progress line on a terminal. */
struct get_bar {
    bool on, drawn;
    sv_time started, next;
};
void get_bar_draw(struct get_bar *bar, uint64_t done, uint64_t total, sv_time now);
void get_bar_end(struct get_bar *bar);

struct get;
/* Fetches the URLs one after the other, then calls done(self, status). NULL: out of memory. The texts of
 * the configuration are borrowed. */
struct get *get_start(struct cli_network *n, const struct get_config *config, char *const *urls, uint32_t count,
                      void (*done)(void *self, int status), void *self);
uint64_t get_received(const struct get *g);
void get_end(struct get *g, sv_time now);

#endif
