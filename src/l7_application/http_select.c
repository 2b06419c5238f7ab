/* SPDX-License-Identifier: BSD-2-Clause */
#include "l7_application/http_select.h"

#include "l6_presentation/date.h"

/* Does any field of that name hold "*" or a tag equal to ours? If-None-Match compares weakly, If-Match
 * strongly (RFC 9110 §8.8.3.2); ours is strong, so they differ only in what a weak tag of theirs means. */
static bool tags_match(const struct sv_http_head *h, struct sv_text name, const struct sv_http_validators *v,
                       bool weakly)
{
    struct sv_text value;
    uint32_t at = 0;
    while (sv_http_field_next(h, name, &at, &value)) {
        struct sv_text element;
        if (sv_text_equal(value, SV_TEXT("*")))
            return true;
        while (sv_http_list_next(&value, &element)) {
            struct sv_text opaque;
            bool weak;
            if (v->etag.n == 0 || !sv_http_etag(element, &weak, &opaque))
                continue;
            if ((weakly || !weak) && sv_text_equal(opaque, v->etag))
                return true;
        }
    }
    return false;
}

static bool is_present(const struct sv_http_head *h, struct sv_text name)
{
    struct sv_text value;
    uint32_t at = 0;
    return sv_http_field_next(h, name, &at, &value);
}

/* A date field that counts: there once, well formed, and the representation has a date to compare. */
static bool date_field(const struct sv_http_head *h, struct sv_text name, const struct sv_http_validators *v,
                       int64_t *seconds)
{
    struct sv_text value;
    uint32_t count;
    return v->has_mtime && sv_http_field_one(h, name, &value, &count) && sv_date_parse(value, v->now_s, seconds);
}

uint32_t sv_http_conditions(const struct sv_http_head *h, const struct sv_http_validators *v)
{
    int64_t when;
    if (is_present(h, SV_TEXT("if-match"))) { /* step 1 */
        if (!tags_match(h, SV_TEXT("if-match"), v, false))
            return 412;
    } else if (date_field(h, SV_TEXT("if-unmodified-since"), v, &when)) { /* step 2 */
        if (v->mtime_s > when)
            return 412;
    }
    if (is_present(h, SV_TEXT("if-none-match"))) /* step 3 */
        return tags_match(h, SV_TEXT("if-none-match"), v, true) ? 304 : 200;
    if (date_field(h, SV_TEXT("if-modified-since"), v, &when)) /* step 4 */
        return v->mtime_s <= when ? 304 : 200;
    return 200;
}

/* RFC 9110 §13.1.5: true lets the range be served. A date counts only if it equals Last-Modified and is a
 * strong validator (§8.8.2.2): our clock must be at least a second past it. */
static bool if_range(const struct sv_http_head *h, const struct sv_http_validators *v)
{
    struct sv_text value, opaque;
    uint32_t count;
    bool weak;
    int64_t when;
    if (!sv_http_field_one(h, SV_TEXT("if-range"), &value, &count))
        return count == 0;
    if (sv_http_etag(value, &weak, &opaque))
        return !weak && v->etag.n > 0 && sv_text_equal(opaque, v->etag);
    return v->has_mtime && sv_date_parse(value, v->now_s, &when) && when == v->mtime_s && v->now_s > v->mtime_s;
}

enum spec { SPEC_BAD, SPEC_UNSATISFIABLE, SPEC_GOOD };

/* "first-", "first-last" or "-suffix" (RFC 9110 §14.1.2). */
static enum spec parse_spec(struct sv_text t, uint64_t size, struct sv_http_range *r)
{
    size_t dash = 0;
    uint64_t first = 0, last = UINT64_MAX;
    while (dash < t.n && t.at[dash] != '-')
        dash++;
    if (dash == t.n)
        return SPEC_BAD;
    const struct sv_text before = {t.at, dash}, after = {t.at + dash + 1, t.n - dash - 1};
    if (before.n == 0) {
        uint64_t suffix;
        if (!sv_http_number(after, &suffix))
            return SPEC_BAD;
        if (suffix == 0)
            return SPEC_UNSATISFIABLE;
        if (size == 0) /* satisfiable by the letter, but "bytes 0--1/0" cannot be said: the whole, all 0 bytes of it */
            return SPEC_BAD;
        r->bytes = suffix < size ? suffix : size;
        r->first = size - r->bytes;
        return SPEC_GOOD;
    }
    if (!sv_http_number(before, &first) || (after.n > 0 && !sv_http_number(after, &last)) || last < first)
        return SPEC_BAD;
    if (first >= size)
        return SPEC_UNSATISFIABLE;
    if (last >= size)
        last = size - 1;
    r->first = first;
    r->bytes = last - first + 1;
    return SPEC_GOOD;
}

static uint32_t count_overlaps(const struct sv_http_ranges *s)
{
    uint32_t overlaps = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < i; k++) {
            const struct sv_http_range *a = &s->range[i], *b = &s->range[k];
            if (a->first < b->first + b->bytes && b->first < a->first + a->bytes)
                overlaps++;
        }
    return overlaps;
}

uint32_t sv_http_ranges_select(const struct sv_http_head *h, const struct sv_http_validators *v, uint64_t size,
                               struct sv_http_ranges *out)
{
    struct sv_text value, element;
    uint32_t count, specs = 0;
    uint64_t total = 0;
    out->n = 0;
    if (!sv_http_field_one(h, SV_TEXT("range"), &value, &count) || !if_range(h, v))
        return 200;
    const struct sv_text unit = SV_TEXT("bytes=");
    if (value.n < unit.n || !sv_text_equal_nocase((struct sv_text){value.at, unit.n}, unit))
        return 200;
    value = (struct sv_text){value.at + unit.n, value.n - unit.n};
    while (sv_http_list_next(&value, &element)) {
        struct sv_http_range r;
        const enum spec s = parse_spec(element, size, &r);
        if (s == SPEC_BAD || ++specs > SV_HTTP_RANGES)
            return 200;
        if (s == SPEC_UNSATISFIABLE)
            continue;
        total += r.bytes; /* 16 files at most: cannot wrap before a size no file has */
        out->range[out->n++] = r;
    }
    if (specs == 0)
        return 200;
    if (out->n == 0)
        return 416;
    if (out->n > 1 && (total > size || count_overlaps(out) > 1)) {
        out->n = 0;
        return 200;
    }
    return 206;
}
