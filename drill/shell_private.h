/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SV_DRILL_SHELL_PRIVATE_H
#define SV_DRILL_SHELL_PRIVATE_H

#include "drill/shell.h"

#define SV_DRILL_SHELL_WORDS 64u
#define SV_DRILL_SHELL_TEXT 16384u
#define SV_DRILL_SHELL_DEPTH 4u

/* One simple command: its words, what it reads and what it says. */
struct sv_drill_command {
    uint32_t n;
    char *word[SV_DRILL_SHELL_WORDS];
    const char *into; /* > FILE; NULL: none */
    const char *in;   /* what the command before it said */
    struct sv_line_text *out;
};

/* The status of what means nothing here. */
#define SV_DRILL_SHELL_PASSED (-1)

struct sv_drill_shell_run {
    struct sv_drill_shell *shell;
    uint32_t depth;
    bool exited; /* by exit N */
    char *why;
    size_t why_size;
};

/* shell_commands.c: the exit status. */
int sv_drill_shell_command(struct sv_drill_shell_run *r, struct sv_drill_command *c);
/* One sysctl: 0, 1 or SV_DRILL_SHELL_PASSED. */
int sv_drill_shell_set(struct sv_drill_shell_run *r, const char *name, const char *value);
void sv_drill_shell_note(struct sv_drill_shell_run *r, const char *format, const char *word);
/* shell_freebsd.c: one of FreeBSD's. */
int sv_drill_shell_freebsd(struct sv_drill_shell_run *r, const char *name, const char *value);
/* shell.c */
int sv_drill_shell_text(struct sv_drill_shell_run *r, const char *text, struct sv_line_text *out);
void sv_drill_shell_why(struct sv_drill_shell_run *r, const char *format, ...) SV_PRINTF(2, 3);

#endif
