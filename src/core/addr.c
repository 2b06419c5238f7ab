/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of addresses: dotted quad for what is v4-mapped, else IPv6 as RFC 5952 §4 wants it. The parser takes
 * every form of RFC 4291 §2.2, and of IPv4 only four decimal numbers without leading zeros (what others read
 * as octal is refused). No zone names: interfaces are numbers here. */
#include "core/cursor.h"
#include "seven/stack.h"

#define GROUPS 8u

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct sv_addr *addr)
{
    return sv_memcmp(addr->byte, mapped_prefix, sizeof mapped_prefix) == 0;
}

static char *put_decimal(char *to, uint32_t v)
{
    if (v >= 100)
        *to++ = (char)('0' + v / 100);
    if (v >= 10)
        *to++ = (char)('0' + v / 10 % 10);
    *to++ = (char)('0' + v % 10);
    return to;
}

/* RFC 5952 §4.1 and §4.3: no leading zeros, lower case. */
static char *put_group(char *to, uint32_t v)
{
    static const char digit[] = "0123456789abcdef";
    bool begun = false;
    for (uint32_t shift = 16; shift != 0;) {
        shift -= 4;
        const uint32_t d = v >> shift & 15;
        begun = begun || d != 0 || shift == 0;
        if (begun)
            *to++ = digit[d];
    }
    return to;
}

struct sv_run {
    uint32_t first, length;
};

/* RFC 5952 §4.2: the longest run of zero groups, the first of equals, and not one group alone. */
static struct sv_run longest_zeros(const uint16_t *group)
{
    struct sv_run best = {GROUPS, 1}, run = {0, 0};
    for (uint32_t i = 0; i < GROUPS; i++) {
        if (group[i] != 0) {
            run = (struct sv_run){i + 1, 0};
            continue;
        }
        run.length++;
        if (run.length > best.length)
            best = run;
    }
    return best;
}

static char *put_v6(char *to, const struct sv_addr *addr)
{
    uint16_t group[GROUPS];
    for (uint32_t i = 0; i < GROUPS; i++)
        group[i] = sv_get_u16(addr->byte + 2 * i);
    const struct sv_run zeros = longest_zeros(group);
    for (uint32_t i = 0; i < GROUPS; i++) {
        if (i == zeros.first) {
            *to++ = ':';
            *to++ = ':';
            i += zeros.length - 1;
            continue;
        }
        to = put_group(to, group[i]);
        if (i + 1 < GROUPS && i + 1 != zeros.first)
            *to++ = ':';
    }
    return to;
}

const char *sv_addr_text(const struct sv_addr *addr, char *to)
{
    char *at = to;
    if (is_mapped(addr)) {
        for (uint32_t i = 12; i < 16; i++) {
            at = put_decimal(at, addr->byte[i]);
            if (i != 15)
                *at++ = '.';
        }
    } else {
        at = put_v6(at, addr);
    }
    *at = '\0';
    return to;
}

/* A decimal number of at most three digits, without leading zeros, up to `max`. */
static bool take_decimal(const char **at, uint32_t max, uint32_t *v)
{
    const char *p = *at;
    uint32_t digits = 0;
    for (*v = 0; *p >= '0' && *p <= '9'; p++) {
        if (++digits > 3 || (digits == 2 && *v == 0))
            return false;
        *v = *v * 10 + (uint32_t)(*p - '0');
    }
    *at = p;
    return digits != 0 && *v <= max;
}

static bool take_v4(const char **at, uint8_t *to)
{
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t v;
        if (i != 0 && *(*at)++ != '.')
            return false;
        if (!take_decimal(at, 255, &v))
            return false;
        to[i] = (uint8_t)v;
    }
    return true;
}

static int32_t hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One to four hexadecimal digits. */
static bool take_group(const char **at, uint8_t *to)
{
    uint32_t v = 0, digits = 0;
    for (int32_t d; (d = hex_digit(**at)) >= 0; (*at)++) {
        if (++digits > 4)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    sv_put_u16(to, (uint16_t)v);
    return digits != 0;
}

/* Whether the digits here end in a dot: then they begin a dotted quad. */
static bool dotted_follows(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return *p == '.';
}

/* What was read so far: bytes, and where "::" stood among them (17: nowhere yet). */
struct sv_v6_reader {
    uint8_t byte[16];
    uint32_t n, gap;
};

/* The part of one group or quad. False: not one. */
static bool take_part(const char **at, struct sv_v6_reader *r)
{
    const bool dotted = dotted_follows(*at);
    const uint32_t n = dotted ? 4 : 2;
    if (r->n + n > 16)
        return false;
    if (!(dotted ? take_v4(at, r->byte + r->n) : take_group(at, r->byte + r->n)))
        return false;
    r->n += n;
    return !dotted || **at != ':'; /* a quad ends the address */
}

static bool take_v6(const char **at, struct sv_addr *addr)
{
    struct sv_v6_reader r = {.n = 0, .gap = 17};
    const char *p = *at;
    if (p[0] == ':' && p[1] != ':')
        return false;
    for (;;) {
        if (p[0] == ':' && p[1] == ':') {
            if (r.gap != 17)
                return false;
            r.gap = r.n;
            p += 2;
            if (hex_digit(*p) < 0)
                break;
        } else if (*p == ':' && r.n != 0) {
            p++;
        } else if (r.n != 0) {
            break;
        }
        if (!take_part(&p, &r))
            return false;
    }
    if (r.gap == 17 ? r.n != 16 : r.n > 14) /* RFC 4291 §2.2: "::" is one group or more */
        return false;
    *at = p;
    *addr = (struct sv_addr){{0}};
    const uint32_t before = r.gap == 17 ? 16 : r.gap;
    for (uint32_t i = 0; i < before; i++)
        addr->byte[i] = r.byte[i];
    for (uint32_t i = before; i < r.n; i++)
        addr->byte[16 - r.n + i] = r.byte[i];
    return true;
}

/* Prefix lengths of v4-mapped addresses count the IPv4 bits only, however the address was written. */
static bool take_length(const char **at, bool mapped, bool colons, uint32_t *length)
{
    if (**at == '\0') {
        *length = mapped ? 32 : 128;
        return true;
    }
    uint32_t v;
    if (*(*at)++ != '/' || !take_decimal(at, mapped && !colons ? 32 : 128, &v))
        return false;
    if (mapped && colons) {
        if (v < 96)
            return false;
        v -= 96;
    }
    *length = v;
    return **at == '\0';
}

static bool has_colon(const char *p)
{
    while (*p != '\0' && *p != ':')
        p++;
    return *p == ':';
}

bool sv_addr_parse(const char *text, struct sv_addr *addr, uint32_t *length)
{
    const bool colons = has_colon(text);
    struct sv_addr parsed = {{0}};
    if (colons) {
        if (!take_v6(&text, &parsed))
            return false;
    } else {
        sv_memcpy(parsed.byte, mapped_prefix, sizeof mapped_prefix);
        if (!take_v4(&text, parsed.byte + 12))
            return false;
    }
    uint32_t bits = 0;
    if (length == NULL ? *text != '\0' : !take_length(&text, is_mapped(&parsed), colons, &bits))
        return false;
    *addr = parsed;
    if (length != NULL)
        *length = bits;
    return true;
}
