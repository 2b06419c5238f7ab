/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of struct get, for get_transfer.c and get_request.c. */
#ifndef SV_CLI_GET_TRANSFER_H
#define SV_CLI_GET_TRANSFER_H

#include "cli/get.h"
#include "l7_application/socket_stream.h"

#define GET_CANDIDATES 8u
#define GET_FIELDS (CLI_LIST_MAX + 8u)

struct get {
    struct cli_network *network;
    struct get_config config;
    char *const *urls;
    uint32_t count, at; /* of the URLs */
    void (*done)(void *self, int status);
    void *done_self;
    uint32_t app;
    int status; /* the worst so far */

    struct get_url url;
    char next_url[GET_URL_MAX]; /* after a redirect */
    char first_host[300];       /* credentials go nowhere else */
    uint32_t redirects;
    bool redirect, get_instead; /* follow next_url, as a GET */
    struct sv_endpoint remote;
    struct sv_addr candidate[GET_CANDIDATES]; /* of the host, in the order to try them (RFC 6724) */
    uint32_t candidates, candidate_at;

    enum sv_err error; /* that an event told of the connection */
    bool running, connecting, connected, discard, head_seen;
    bool refused; /* stdout was full when the body came */
    sv_time started, connect_by, end_by;
    struct sv_socket_stream socket;
    struct sv_stream stream;
    struct sv_http_client *client;
    void *client_memory;

    struct get_output output;
    char name[256];
    struct get_bar bar;
    uint64_t resume_at, received;

    /* the request */
    struct sv_http_field field[GET_FIELDS];
    char field_text[8192];
    size_t field_text_n;
    char *body; /* of -d, joined */
    size_t body_n, body_at;
    int upload; /* -1: none */
    bool upload_regular, upload_failed;
};

/* What is sent: method, fields, body. GET_OK, or an exit code after `why` was set. */
int get_request_prepare(struct get *g, struct sv_http_request *request, const char **why);
/* -d and --data-binary joined, -T opened; once per URL. */
int get_body_prepare(struct get *g, const char **why);
void get_body_free(struct get *g);

void get_finish(struct get *g, int status, sv_time now, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
