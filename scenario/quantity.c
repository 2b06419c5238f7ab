/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers with their units, in exact integers: 1.5ms is 1,500,000 ns. */
#include <stdio.h>
#include <string.h>

#include "scenario/model.h"

struct unit {
    const char *name, *base;
    uint64_t factor;
};

static const struct unit units[] = {
    {"ns", "ns", 1},
    {"us", "ns", 1000},
    {"ms", "ns", 1000000},
    {"s", "ns", 1000000000},
    {"min", "ns", 60000000000},
    {"h", "ns", 3600000000000},
    {"B", "B", 1},
    {"KB", "B", 1000},
    {"KiB", "B", 1024},
    {"MB", "B", 1000000},
    {"MiB", "B", 1048576},
    {"GB", "B", 1000000000},
    {"GiB", "B", 1073741824},
    {"bit/s", "bit/s", 1},
    {"kbit/s", "bit/s", 1000},
    {"Mbit/s", "bit/s", 1000000},
    {"Gbit/s", "bit/s", 1000000000},
    {"%", "%", 10000}, /* in millionths */
    {"ppm", "%", 1},
    {"", "", 1},
};

/* digits[.digits] times the factor; false: not a number, or out of 64 bits, or finer than the base unit. */
static bool scaled(const char *text, size_t n, uint64_t factor, uint64_t *value)
{
    uint64_t whole = 0, part = 0, scale = 1;
    size_t i = 0;
    for (; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        if (whole > (UINT64_MAX - 9u) / 10u)
            return false;
        whole = whole * 10u + (uint64_t)(text[i] - '0');
    }
    if (i == 0)
        return false;
    if (i < n && text[i] == '.') {
        for (i++; i < n && text[i] >= '0' && text[i] <= '9' && scale < 1000000000u; i++) {
            part = part * 10u + (uint64_t)(text[i] - '0');
            scale *= 10u;
        }
        if (scale == 1)
            return false;
    }
    if (i != n || whole > UINT64_MAX / factor / 2u || part > UINT64_MAX / factor || part * factor % scale != 0)
        return false;
    *value = whole * factor + part * factor / scale;
    return true;
}

bool sc_quantity(const char *text, uint64_t *value, char unit[8])
{
    const size_t digits = strspn(text, "0123456789.");
    const char *name = text + digits + strspn(text + digits, " ");
    for (uint32_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].name, name) == 0 && scaled(text, digits, units[i].factor, value)) {
            snprintf(unit, 8, "%s", units[i].base);
            return true;
        }
    }
    return false;
}

/* A number with such a unit, but more of it than 64 bits hold. */
static bool too_much(const char *text, const char *base)
{
    const size_t digits = strspn(text, "0123456789");
    const char *name = text + digits + strspn(text + digits, " ");
    for (uint32_t i = 0; digits && i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].name, name) == 0 && strcmp(units[i].base, base) == 0)
            return true;
    }
    return false;
}

static bool of_unit(struct sc_reader *r, const struct sc_node *n, const char *base, const char *example,
                    uint64_t *value)
{
    char unit[8];
    if (n->kind == SC_SCALAR && sc_quantity(n->text, value, unit)) {
        if (strcmp(unit, base) == 0)
            return true;
        if (unit[0] == 0) {
            sc_error(r->e, n, "\"%s\" needs its unit, as %s", n->text, example);
            return false;
        }
    } else if (n->kind == SC_SCALAR && too_much(n->text, base)) {
        *value = UINT64_MAX; /* above whatever is the most */
        return true;
    }
    sc_error(r->e, n, "\"%s\" should be such as %s", n->kind == SC_SCALAR ? n->text : "(a list or map)", example);
    return false;
}

bool sc_time(struct sc_reader *r, const struct sc_node *n, sv_time *ns)
{
    if (!of_unit(r, n, "ns", "250us, 40ms, 3.4s, 5min", ns))
        return false;
    if (*ns <= 400ull * 86400u * SV_S)
        return true;
    sc_error(r->e, n, "\"%s\" is too long: 9600h at most", n->text);
    return false;
}

bool sc_rate(struct sc_reader *r, const struct sc_node *n, uint64_t *bit_s)
{
    if (!of_unit(r, n, "bit/s", "64kbit/s, 10Mbit/s, 1Gbit/s", bit_s))
        return false;
    if (*bit_s >= 100 && *bit_s <= 10000ull * 1000000000u)
        return true;
    sc_error(r->e, n, "\"%s\" is no possible rate: 100bit/s to 10000Gbit/s", n->text);
    return false;
}

bool sc_size(struct sc_reader *r, const struct sc_node *n, uint64_t *bytes)
{
    char unit[8];
    if (n->kind == SC_SCALAR && sc_quantity(n->text, bytes, unit) && (unit[0] == 0 || strcmp(unit, "B") == 0) &&
        *bytes <= 1ull << 40)
        return true;
    sc_error(r->e, n, "\"%s\" is no size: 536, 500B, 32KiB, 4MiB, 1GiB",
             n->kind == SC_SCALAR ? n->text : "(a list or map)");
    return false;
}

bool sc_chance(struct sc_reader *r, const struct sc_node *n, uint32_t *millionths)
{
    uint64_t value;
    if (!of_unit(r, n, "%", "1%, 0.05%, 30ppm", &value))
        return false;
    if (value > 1000000u) {
        sc_error(r->e, n, "\"%s\": 100%% at most", n->text);
        return false;
    }
    *millionths = (uint32_t)value;
    return true;
}

bool sc_count(struct sc_reader *r, const struct sc_node *n, uint64_t low, uint64_t high, uint64_t *count)
{
    char unit[8];
    if (n->kind == SC_SCALAR && sc_quantity(n->text, count, unit) && unit[0] == 0 && *count >= low && *count <= high &&
        !strchr(n->text, '.'))
        return true;
    sc_error(r->e, n, "\"%s\" is no whole number from %llu to %llu", n->kind == SC_SCALAR ? n->text : "(a list or map)",
             (unsigned long long)low, (unsigned long long)high);
    return false;
}

bool sc_bool(struct sc_reader *r, const struct sc_node *n, bool *value)
{
    if (n->kind == SC_SCALAR && strcmp(n->text, "true") == 0)
        *value = true;
    else if (n->kind == SC_SCALAR && strcmp(n->text, "false") == 0)
        *value = false;
    else {
        sc_error(r->e, n, "\"%s\": say true or false", n->kind == SC_SCALAR ? n->text : "(a list or map)");
        return false;
    }
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

bool sc_mac_read(const char *text, uint8_t mac[6])
{
    if (strlen(text) != 17)
        return false;
    for (uint32_t i = 0; i < 6; i++) {
        const int high = hex_digit(text[3u * i]), low = hex_digit(text[3u * i + 1u]);
        if (high < 0 || low < 0 || text[3u * i + 2u] != (i < 5 ? ':' : 0))
            return false;
        mac[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

bool sc_between(struct sc_reader *r, const struct sc_node *n, sv_time between[2])
{
    if (n->kind != SC_LIST || sc_children(n) != 2) {
        sc_error(r->e, n, "between takes two times, as [10s, 18s]");
        return false;
    }
    if (!sc_time(r, n->child, &between[0]) || !sc_time(r, n->child->next, &between[1]))
        return false;
    if (between[0] < between[1])
        return true;
    sc_error(r->e, n->child->next, "time runs forwards: %s is not after %s", n->child->next->text, n->child->text);
    return false;
}
