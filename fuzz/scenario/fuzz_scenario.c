/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a scenario file: read, or refused with a place; what was read can be written and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
    char bytes[262144];
    size_t n;
};

static void put(void *ctx, const char *bytes, size_t n)
{
    struct text *t = ctx;
    for (size_t i = 0; i < n && t->n + 1u < sizeof t->bytes; i++)
        t->bytes[t->n++] = bytes[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct text text;
    struct sc_memory m = {.ceiling = 64u << 20};
    struct sc_errors e = {.file = "fuzz"};
    struct sc_node *root = sc_yaml_read(&m, (const char *)data, size, &e);
    const struct sc_model *model = root ? sc_model_read(&m, root, &e) : NULL;
    if (!model && e.n == 0 && m.taken < (32u << 20)) {
        fprintf(stderr, "refused without a word\n");
        abort();
    }
    if (model) {
        struct sc_errors again = {.file = "fuzz"};
        text.n = 0;
        sc_yaml_write(root, put, &text);
        struct sc_node *copy = sc_yaml_read(&m, text.bytes, text.n, &again);
        if (text.n + 1u < sizeof text.bytes && (!copy || !sc_model_read(&m, copy, &again))) {
            fprintf(stderr, "what was written does not read back: %s\n%.*s\n", again.n ? again.error[0].text : "",
                    (int)text.n, text.bytes);
            abort();
        }
    }
    sc_memory_free(&m);
    return 0;
}
