/* SPDX-License-Identifier: BSD-2-Clause */
/* The experiments of the tree as a part of the program; tools/embed makes them at build time. */
#ifndef SV_CLI_EXPLAIN_TOPICS_H
#define SV_CLI_EXPLAIN_TOPICS_H

#include <stddef.h>

struct explain_topic {
    const char *name; /* NULL ends the list, which is in the order of names */
    const unsigned char *bytes;
    size_t n;
};
extern const struct explain_topic explain_topics[];
extern const char explain_words[]; /* their names with blanks between */

#endif
