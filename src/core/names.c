/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and sentences of every enumeration, made from the same lists as the enumerations themselves. */
#include "core/mem.h"
#include "seven/drop.h"
#include "seven/trace.h"

struct sv_word {
    const char *name, *text;
};

static const struct sv_word err_words[] = {
#define SV_X(name, number, text) [number] = {#name, text},
    SV_ERR_LIST(SV_X)
#undef SV_X
};

static const struct sv_word drop_words[] = {
#define SV_X(name, number, text) [number] = {#name, text},
    SV_DROP_LIST(SV_X)
#undef SV_X
};

static const struct sv_word trace_words[] = {
#define SV_X(name, number, args) [number] = {#name, args},
    SV_TRACE_LIST(SV_X)
#undef SV_X
};

static const struct sv_word nothing = {NULL, NULL};

/* Lists may have gaps (numbers are never reused): a gap is all zero. */
static const struct sv_word *word(const struct sv_word *words, size_t count, uint32_t number)
{
    return number < count ? &words[number] : &nothing;
}

static const char *or_question(const char *text)
{
    return text ? text : "?";
}

const char *sv_err_name(enum sv_err error)
{
    return or_question(word(err_words, SV_COUNT_OF(err_words), (uint32_t)error)->name);
}

const char *sv_err_text(enum sv_err error)
{
    return or_question(word(err_words, SV_COUNT_OF(err_words), (uint32_t)error)->text);
}

const char *sv_drop_name(enum sv_drop reason)
{
    return or_question(word(drop_words, SV_COUNT_OF(drop_words), (uint32_t)reason)->name);
}

const char *sv_drop_text(enum sv_drop reason)
{
    return or_question(word(drop_words, SV_COUNT_OF(drop_words), (uint32_t)reason)->text);
}

const char *sv_trace_kind_name(enum sv_trace_kind kind)
{
    return word(trace_words, SV_COUNT_OF(trace_words), (uint32_t)kind)->name;
}

const char *sv_trace_args(enum sv_trace_kind kind)
{
    return word(trace_words, SV_COUNT_OF(trace_words), (uint32_t)kind)->text;
}
