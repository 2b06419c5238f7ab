/* SPDX-License-Identifier: BSD-2-Clause */
/* Built without libyaml: scenario files cannot be read, and the command says so. */
#include "scenario/tree.h"

bool sc_yaml_present(void)
{
    return false;
}

struct sc_node *sc_yaml_read(struct sc_memory *m, const char *bytes, size_t n, struct sc_errors *e)
{
    (void)m;
    (void)bytes;
    (void)n;
    sc_error_at(e, 1, 1, "this seven was built without libyaml (Debian: libyaml-dev), which reads scenario files");
    return NULL;
}
