/* SPDX-License-Identifier: BSD-2-Clause */
/* seven demo in parts: the steps, the programs of this machine that take part, what a plain kernel socket
 * does where one of them is missing, and the clients on Seven's own stack. */
#ifndef SV_CLI_DEMO_H
#define SV_CLI_DEMO_H

#include <sys/types.h>

#include "cli/network.h"

#define DEMO_CHILDREN 8u
#define DEMO_OUTPUT 4096u

struct sv_ladder_build;

struct demo_config {
    uint64_t seed, size;
    const char *capture;
    bool keep, one_process;
};

struct demo {
    struct demo_config config;
    struct cli_output_options output;
    struct cli_network *seven; /* 10.7.0.2 */
    struct cli_network *other; /* 10.7.0.1 when no namespace may be made: a second Seven; else NULL */
    const char *other_name;    /* "kernel" or "Seven" */
    char directory[64], log_path[96];
    FILE *log;
    bool terminal, utf8, colored, line_open;
    uint32_t app;
    sv_time started, step_started, give_up_at, next_dot;
    struct sv_ladder_build *ladder; /* of the conversation being watched; NULL: none */
    bool ladder_waits;              /* stop the loop when it is over */
    pid_t background[DEMO_CHILDREN];
    uint32_t backgrounds;
    /* the child that is waited for */
    pid_t child;
    int child_fd, pipe_fd, child_status;
    char *out;
    size_t out_n;
};

/* --- demo.c: what people see */
void demo_say(struct demo *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void demo_log(struct demo *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
int demo_signal(void); /* that came where no loop heard it; 0: none */

/* --- demo_child.c: programs and forked functions, the loop turning meanwhile */
bool demo_has(const char *program);
/* Runs to its end. `out` (DEMO_OUTPUT bytes) takes the start of what it printed; stderr goes to the log. Exit
 * status; 128 + signal; -1: it took longer than `longest`. */
int demo_run(struct demo *d, const char *const argv[], char *out, sv_time longest);
int demo_run_function(struct demo *d, int (*function)(struct demo *d), char *out, sv_time longest);
/* Starts one that goes on until the demo ends. */
bool demo_background(struct demo *d, const char *const argv[], int (*function)(struct demo *d));
void demo_kill_all(struct demo *d);
/* Turns the loop for so long, or until cli_network_stop(). False: interrupted. */
bool demo_turn(struct demo *d, sv_time longest);

/* --- demo_kernel.c: run in a child, print what came out, give an exit status */
int demo_kernel_get(struct demo *d);        /* http://10.7.0.2/hello.txt to stdout */
int demo_kernel_get_big(struct demo *d);    /* .../big to DIRECTORY/got, prints seconds */
int demo_kernel_serve(struct demo *d);      /* DIRECTORY on port 8000 */
int demo_kernel_ping(struct demo *d);       /* prints "3 0.040" */
int demo_kernel_udp(struct demo *d);        /* prints how many of 1,000 came back right */
int demo_kernel_half_close(struct demo *d); /* sends a line, finishes, prints what comes */
bool demo_kernel_listens(uint16_t port);    /* something accepts at 10.7.0.1 */
const char *demo_kernel_state(void);        /* the kernel's end of a connection to 10.7.0.2:80; NULL: none */

/* --- demo_client.c: on a stack of ours. False: it did not come to its end in time. */
bool demo_stack_get(struct demo *d, struct cli_network *on, const char *url, const char *path, double *seconds);
bool demo_stack_ping(struct demo *d, struct cli_network *on, const char *to, uint32_t count, uint32_t *received,
                     double *milliseconds);
bool demo_stack_udp(struct demo *d, struct cli_network *on, const char *to, uint32_t count, uint32_t *right);
bool demo_stack_half_close(struct demo *d, struct cli_network *on, const char *to, const char *line, char *out,
                           size_t room);

/* --- demo_steps.c */
bool demo_prepare(struct demo *d); /* the files that are served; a signal ends it */
bool demo_step_page(struct demo *d);
bool demo_step_bulk(struct demo *d);
bool demo_step_small(struct demo *d);
bool demo_step_half_close(struct demo *d);
/* "94,312 packets; tshark: 0 malformed, 0 bad checksums"; after the capture is complete. */
bool demo_check_capture(struct demo *d, uint64_t packets);

#endif
