/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a scenario file: read, or refused with a place; what was read can be written and read again. The same
 * bytes as an experiment: one of its runs, in another seed's world, its words with their numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/experiment.h"
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

static void experiment(const uint8_t *data, size_t size)
{
    struct sc_experiment x;
    struct sc_errors e = {.file = "fuzz"};
    char words[512], command[512];
    const struct sc_experiment_want want = {
        .run = size ? data[size - 1u] % 4u : 0, .seeded = true, .seed = size ? data[size / 2u] : 0};
    if (sc_experiment_open(&x, (const char *)data, size, &want, &e) && x.tell) {
        for (uint32_t lang = 0; lang < SC_LANGS; lang++) {
            (void)sc_fill(x.model, x.tell->claim.text[lang], 1500000000u, "7", words, sizeof words);
            sc_experiment_try(x.tell, lang, words, sizeof words, command, sizeof command);
        }
    }
    sc_experiment_close(&x);
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
    experiment(data, size);
    return 0;
}
