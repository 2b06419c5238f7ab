/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "seven/socket.h"

bool cli_parse_number(const char *text, uint64_t high, uint64_t *value)
{
    uint64_t v = 0;
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (!*text)
        return false;
    for (; *text; text++) {
        const char c = (char)tolower((unsigned char)*text);
        unsigned digit;
        if (c >= '0' && c <= '9')
            digit = (unsigned)(c - '0');
        else if (base == 16 && c >= 'a' && c <= 'f')
            digit = (unsigned)(c - 'a') + 10;
        else
            return false;
        if (v > (UINT64_MAX - digit) / base)
            return false;
        v = v * base + digit;
    }
    if (v > high)
        return false;
    *value = v;
    return true;
}

bool cli_parse_vlans(const char *text, uint32_t vid[2], uint32_t *n)
{
    for (*n = 0; *n < 2; text++) {
        char one[8];
        uint64_t v;
        const size_t length = strcspn(text, ".");
        if (length >= sizeof one)
            return false;
        memcpy(one, text, length);
        one[length] = '\0';
        if (!cli_parse_number(one, 4094, &v) || v == 0)
            return false;
        vid[(*n)++] = (uint32_t)v;
        text += length;
        if (!*text)
            return true;
    }
    return false;
}

/* A decimal number with a fraction, times `unit`; *end is set behind it. False: none, or too large. */
static bool parse_scaled(const char *text, const char **end, uint64_t *whole, uint64_t *nano)
{
    uint64_t w = 0, n = 0, place = 100000000u;
    const char *p = text;
    uint32_t digits = 0;
    for (; isdigit((unsigned char)*p); p++, digits++) {
        if (w > (UINT64_MAX - 9) / 10)
            return false;
        w = w * 10 + (uint64_t)(*p - '0');
    }
    if (*p == '.') {
        for (p++; isdigit((unsigned char)*p); p++, digits++) {
            n += (uint64_t)(*p - '0') * place;
            place /= 10;
        }
    }
    *end = p;
    *whole = w;
    *nano = n;
    return digits > 0;
}

/* (whole + nano/1e9) * unit, exactly where it fits. */
static bool scale(uint64_t whole, uint64_t nano, uint64_t unit, uint64_t *out)
{
    if (unit && whole > UINT64_MAX / unit)
        return false;
    const uint64_t part = unit >= 1000000000u ? nano * (unit / 1000000000u) + nano * (unit % 1000000000u) / 1000000000u
                                              : nano * unit / 1000000000u;
    if (whole * unit > UINT64_MAX - part)
        return false;
    *out = whole * unit + part;
    return true;
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
    static const char letters[] = "KMGT";
    uint64_t whole, nano, unit = 1;
    const char *end;
    if (!parse_scaled(text, &end, &whole, &nano))
        return false;
    const char c = (char)toupper((unsigned char)*end);
    const char *at = c ? strchr(letters, c) : NULL;
    if (at) {
        end++;
        const bool thousand = (end[0] == 'B' || end[0] == 'b') && end[1] == '\0';
        for (const char *p = letters; p <= at; p++)
            unit *= thousand ? 1000u : 1024u;
        if ((end[0] == 'i' || end[0] == 'I') && (end[1] == 'B' || end[1] == 'b'))
            end += 2;
        else if (thousand)
            end++;
    } else if ((*end == 'B' || *end == 'b') && end[1] == '\0') {
        end++;
    }
    if (*end || (unit == 1 && nano))
        return false;
    return scale(whole, nano, unit, bytes);
}

static uint64_t duration_unit(const char **at)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } unit[] = {
        {"ns", 1},   {"us", SV_US},      {"\xc2\xb5s", SV_US}, {"ms", SV_MS},      {"sec", SV_S},
        {"s", SV_S}, {"min", 60 * SV_S}, {"m", 60 * SV_S},     {"h", 3600 * SV_S}, {"d", 86400 * SV_S},
    };
    for (size_t i = 0; i < sizeof unit / sizeof unit[0]; i++) {
        const size_t n = strlen(unit[i].name);
        if (strncmp(*at, unit[i].name, n) == 0) {
            *at += n;
            return unit[i].ns;
        }
    }
    return 0;
}

bool cli_parse_duration(const char *text, uint64_t bare_ns, uint64_t *ns)
{
    uint64_t sum = 0;
    bool first = true;
    if (!*text)
        return false;
    while (*text) {
        uint64_t whole, nano, part;
        if (!parse_scaled(text, &text, &whole, &nano))
            return false;
        uint64_t unit = first && !*text ? bare_ns : duration_unit(&text);
        if (!unit || !scale(whole, nano, unit, &part) || sum > UINT64_MAX - 1 - part)
            return false;
        sum += part;
        first = false;
    }
    *ns = sum;
    return true;
}

bool cli_parse_port(const char *text, uint16_t *port)
{
    uint64_t v;
    if (cli_parse_number(text, 65535, &v)) {
        *port = (uint16_t)v;
        return true;
    }
    if (!isalpha((unsigned char)text[0]))
        return false;
    const struct servent *service = getservbyname(text, NULL);
    if (!service)
        return false;
    *port = ntohs((uint16_t)service->s_port);
    return true;
}

bool cli_parse_addr(const char *text, struct sv_addr *addr)
{
    char copy[INET6_ADDRSTRLEN + 4];
    const size_t n = strlen(text);
    struct sv_addr a = {{0}};
    if (n >= sizeof copy)
        return false;
    if (text[0] == '[' && n > 2 && text[n - 1] == ']') {
        memcpy(copy, text + 1, n - 2);
        copy[n - 2] = '\0';
        text = copy;
    } else if (inet_pton(AF_INET, text, a.byte + 12) == 1) {
        a.byte[10] = a.byte[11] = 0xff;
        *addr = a;
        return true;
    }
    if (inet_pton(AF_INET6, text, a.byte) != 1)
        return false;
    *addr = a;
    return true;
}

bool cli_parse_prefix(const char *text, struct sv_addr *addr, uint32_t *length)
{
    char copy[INET6_ADDRSTRLEN + 4];
    const char *slash = strchr(text, '/');
    const size_t n = slash ? (size_t)(slash - text) : strlen(text);
    uint64_t bits = SV_NONE;
    if (n >= sizeof copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    struct sv_addr a;
    if (!cli_parse_addr(copy, &a))
        return false;
    if (slash && !cli_parse_number(slash + 1, cli_addr_is_v4(&a) ? 32 : 128, &bits))
        return false;
    *addr = a;
    *length = (uint32_t)bits;
    return true;
}

bool cli_parse_endpoint(const char *text, struct sv_endpoint *endpoint, bool *any)
{
    char copy[INET6_ADDRSTRLEN + 4];
    const char *colon = strrchr(text, ':');
    if (!colon)
        return false;
    const size_t n = (size_t)(colon - text);
    if (n >= sizeof copy || !cli_parse_port(colon + 1, &endpoint->port))
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    memset(&endpoint->addr, 0, sizeof endpoint->addr);
    *any = n == 0 || strcmp(copy, "*") == 0;
    return *any || cli_parse_addr(copy, &endpoint->addr);
}

bool cli_parse_mac(const char *text, uint8_t mac[6])
{
    uint8_t out[6];
    uint32_t nibbles = 0, separators = 0;
    for (; *text; text++) {
        if (*text == ':' || *text == '-' || *text == '.') {
            const uint32_t step = *text == '.' ? 4 : 2;
            if (nibbles == 0 || nibbles % step)
                return false;
            separators++;
            continue;
        }
        if (!isxdigit((unsigned char)*text) || nibbles == 12)
            return false;
        const char c = (char)tolower((unsigned char)*text);
        const uint8_t v = (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
        out[nibbles / 2] = (uint8_t)(nibbles % 2 ? (out[nibbles / 2] | v) : v << 4);
        nibbles++;
    }
    if (nibbles != 12 || (separators != 5 && separators != 2 && separators != 0))
        return false;
    memcpy(mac, out, 6);
    return true;
}

uint32_t cli_parse_tcp_state(const char *text)
{
    static const struct {
        const char *name;
        uint32_t state;
    } spelling[] = {
        {"closed", SV_CLOSED},           {"close", SV_CLOSED},         {"unconn", SV_CLOSED},
        {"listen", SV_LISTEN},           {"listening", SV_LISTEN},     {"synsent", SV_SYN_SENT},
        {"synrecv", SV_SYN_RECEIVED},    {"synrcvd", SV_SYN_RECEIVED}, {"synreceived", SV_SYN_RECEIVED},
        {"established", SV_ESTABLISHED}, {"estab", SV_ESTABLISHED},    {"est", SV_ESTABLISHED},
        {"finwait1", SV_FIN_WAIT_1},     {"fin1", SV_FIN_WAIT_1},      {"finwait2", SV_FIN_WAIT_2},
        {"fin2", SV_FIN_WAIT_2},         {"closewait", SV_CLOSE_WAIT}, {"closing", SV_CLOSING},
        {"lastack", SV_LAST_ACK},        {"timewait", SV_TIME_WAIT},   {"timew", SV_TIME_WAIT},
    };
    char squeezed[32];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '-' || *text == '_' || *text == ' ')
            continue;
        if (n + 1 >= sizeof squeezed)
            return SV_NONE;
        squeezed[n++] = (char)tolower((unsigned char)*text);
    }
    squeezed[n] = '\0';
    for (size_t i = 0; i < sizeof spelling / sizeof spelling[0]; i++)
        if (strcmp(squeezed, spelling[i].name) == 0)
            return spelling[i].state;
    return SV_NONE;
}

bool cli_addr_is_v4(const struct sv_addr *addr)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(addr->byte, mapped, sizeof mapped) == 0;
}

const char *cli_addr_text(const struct sv_addr *addr, char *to)
{
    const char *text = cli_addr_is_v4(addr) ? inet_ntop(AF_INET, addr->byte + 12, to, CLI_ENDPOINT_TEXT)
                                            : inet_ntop(AF_INET6, addr->byte, to, CLI_ENDPOINT_TEXT);
    return text ? text : "?";
}

const char *cli_endpoint_text(const struct sv_endpoint *endpoint, char *to)
{
    char addr[CLI_ENDPOINT_TEXT];
    cli_addr_text(&endpoint->addr, addr);
    addr[INET6_ADDRSTRLEN - 1] = '\0';
    const bool v4 = cli_addr_is_v4(&endpoint->addr);
    (void)snprintf(to, CLI_ENDPOINT_TEXT, v4 ? "%.46s:%u" : "[%.46s]:%u", addr, (unsigned)endpoint->port);
    return to;
}

const char *cli_grouped(uint64_t value, char *to)
{
    char digits[24];
    const int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *out = to;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return to;
}

uint32_t cli_edits(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    uint32_t row[3][LONGEST + 1];
    const size_t na = strlen(a), nb = strlen(b);
    if (na > LONGEST || nb > LONGEST)
        return LONGEST;
    for (uint32_t j = 0; j <= nb; j++)
        row[0][j] = j;
    for (uint32_t i = 1; i <= na; i++) {
        uint32_t *cur = row[i % 3];
        const uint32_t *up = row[(i - 1) % 3];
        cur[0] = i;
        for (uint32_t j = 1; j <= nb; j++) {
            uint32_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (cur[j - 1] + 1 < best)
                best = cur[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && row[(i - 2) % 3][j - 2] + 1 < best)
                best = row[(i - 2) % 3][j - 2] + 1;
            cur[j] = best;
        }
    }
    return row[na % 3][nb];
}

const char *cli_near_word(const char *word, const char *const *list)
{
    const char *best = NULL;
    uint32_t fewest = SV_NONE;
    const size_t n = strlen(word);
    for (; *list; list++) {
        const uint32_t edits = cli_edits(word, *list);
        if (edits < fewest) {
            fewest = edits;
            best = *list;
        }
    }
    const uint32_t allowed = n <= 3 ? 1 : n <= 6 ? 2 : 3;
    return fewest <= allowed ? best : NULL;
}
