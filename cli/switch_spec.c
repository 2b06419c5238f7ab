/* SPDX-License-Identifier: BSD-2-Clause */
/* A port of seven switch as it is typed: "tap:sw0,access=10", "packet:eth1,trunk=10,20-29,native=1,cost=2000". */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/switch.h"
#include "port/cable_words.h"

static int wrong(const char *what, const char *hint)
{
    return cli_usage("switch", "-i: \"%s\" %s", what, hint);
}

static bool vid_of(const char *text, size_t n, uint16_t *vid)
{
    char one[8];
    uint64_t v;
    if (n == 0 || n >= sizeof one)
        return false;
    memcpy(one, text, n);
    one[n] = '\0';
    if (!cli_parse_number(one, SV_VLAN_MAX, &v) || v == 0)
        return false;
    *vid = (uint16_t)v;
    return true;
}

/* "10" or "10-20" of a trunk. */
static bool add_range(struct switch_spec *s, const char *text)
{
    const char *dash = strchr(text, '-');
    uint16_t low, high;
    if (!vid_of(text, dash ? (size_t)(dash - text) : strlen(text), &low))
        return false;
    high = low;
    if (dash && (!vid_of(dash + 1, strlen(dash + 1), &high) || high < low))
        return false;
    for (uint32_t v = low; v <= high; v++)
        s->trunk[v / 8] |= (uint8_t)(1u << v % 8);
    return true;
}

struct flag_word {
    const char *word;
    uint32_t flags;
};
static const struct flag_word flags[] = {
    {"isolated", SV_BPORT_ISOLATED},    {"edge", SV_BPORT_EDGE},
    {"no-edge", SV_BPORT_NO_AUTO_EDGE}, {"shared", SV_BPORT_SHARED},
    {"guard", SV_BPORT_BPDU_GUARD},     {"fast-leave", SV_BPORT_FAST_LEAVE},
    {"router", SV_BPORT_ROUTER},        {"no-learning", SV_BPORT_NO_LEARNING},
    {"no-stp", SV_BPORT_NO_STP},
};

/* Options that take a number: where it goes. */
static bool number_option(struct switch_spec *s, const char *key, uint64_t v)
{
    struct sv_bridge_port_config *c = &s->config;
    static const struct {
        const char *key;
        uint64_t high;
    } known[] = {{"cost", 200000000}, {"priority", 240},   {"max", 1u << 24},     {"peers", SV_BRIDGE_PORTS},
                 {"mtu", 65535},      {"arp", 1000000000}, {"storm", 1000000000}, {"queue", 65536}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(key, known[i].key) == 0 && v > known[i].high)
            return false;
    if (strcmp(key, "cost") == 0 && v)
        c->stp_cost = (uint32_t)v;
    else if (strcmp(key, "priority") == 0 && v % 16 == 0) {
        c->stp_priority = (uint8_t)v;
        c->stp_priority_given = 1;
    } else if (strcmp(key, "max") == 0)
        c->stations = (uint32_t)v;
    else if (strcmp(key, "peers") == 0 && v)
        s->peers = (uint32_t)v;
    else if (strcmp(key, "mtu") == 0 && v >= 68)
        s->mtu = (uint32_t)v;
    else if (strcmp(key, "queue") == 0 && v)
        c->queue = (uint32_t)v;
    else if (strcmp(key, "arp") == 0)
        c->arp = (uint32_t)v;
    else if (strcmp(key, "storm") == 0)
        c->storm[0] = c->storm[1] = c->storm[2] = (uint32_t)v;
    else
        return false;
    return true;
}

static int text_option(struct switch_spec *s, const char *word, const char *key, char *value)
{
    if (strcmp(key, "mirror") == 0)
        s->mirror_in = s->mirror_out = value;
    else if (strcmp(key, "mirror-in") == 0)
        s->mirror_in = value;
    else if (strcmp(key, "mirror-out") == 0)
        s->mirror_out = value;
    else if (strcmp(key, "name") == 0 && strlen(value) < sizeof s->config.name)
        snprintf(s->config.name, sizeof s->config.name, "%s", value);
    else if (strcmp(key, "tpid") == 0) {
        const unsigned long tpid = strtoul(value, NULL, 16);
        if (tpid < 0x600 || tpid > 0xffff)
            return wrong(word, "is no tag's identifier; it takes 8100, 88a8 or 9100");
        s->config.tpid = (uint16_t)tpid;
        s->vlans = true;
    } else {
        static const char *const names[] = {
            "access", "trunk",   "native", "tunnel",   "tpid",      "cost",       "priority",   "max",
            "peers",  "mtu",     "arp",    "storm",    "queue",     "mirror",     "name",       "edge",
            "guard",  "router",  "shared", "isolated", "mirror-in", "mirror-out", "fast-leave", "no-learning",
            "no-stp", "no-edge", "dgram",  "peer",     NULL};
        const char *near = cli_near_word(key, names);
        char hint[96];
        snprintf(hint, sizeof hint, "is no option of a port, or not its value%s%s%s", near ? " (" : "",
                 near ? near : "", near ? "?)" : "; see seven switch --help");
        return wrong(word, hint);
    }
    return CLI_PARSED;
}

static int one_option(struct switch_spec *s, char *word, bool *in_trunk)
{
    char *value = strchr(word, '=');
    uint64_t v;
    if (*in_trunk && isdigit((unsigned char)word[0]))
        return add_range(s, word) ? CLI_PARSED : wrong(word, "is no VLAN; they go from 1 to 4094, 10-20 is a range");
    *in_trunk = false;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(word, flags[i].word) == 0) {
            s->config.flags |= flags[i].flags;
            return CLI_PARSED;
        }
    }
    char key[32];
    snprintf(key, sizeof key, "%.*s", (int)(value ? value - word : 31), word);
    if (strcmp(key, "mirror") == 0 && !value) {
        s->mirror_in = s->mirror_out = "";
        return CLI_PARSED;
    }
    if (!value || !value[1])
        return text_option(s, word, key, word + strlen(word));
    value++;
    uint16_t *vlan = strcmp(key, "access") == 0   ? &s->access
                     : strcmp(key, "native") == 0 ? &s->native
                     : strcmp(key, "tunnel") == 0 ? &s->tunnel
                                                  : NULL;
    if (vlan) {
        s->vlans = true;
        return vid_of(value, strlen(value), vlan) ? CLI_PARSED : wrong(word, "is no VLAN; they go from 1 to 4094");
    }
    if (strcmp(key, "trunk") == 0) {
        s->vlans = *in_trunk = true;
        if (strcmp(value, "all") == 0)
            return s->trunk_all = true, CLI_PARSED;
        return add_range(s, value) ? CLI_PARSED : wrong(word, "is no VLAN; they go from 1 to 4094, 10-20 is a range");
    }
    if (cli_parse_number(value, UINT64_MAX, &v) && number_option(s, key, v))
        return CLI_PARSED;
    return text_option(s, word, key, value);
}

/* What belongs to the device, not to the port. */
static bool of_device(const struct switch_spec *s, const char *word)
{
    char why[SV_DEVICE_TEXT];
    struct sv_phy_link_config any = {.channel = {.code = SV_PHY_10BASE_T}};
    if (strncmp(s->device, "cable:", 6) != 0)
        return strcmp(word, "dgram") == 0 || strncmp(word, "peer=", 5) == 0;
    return strcmp(word, "auto") == 0 || sv_phy_code_find(word, (uint32_t)strlen(word)) != SV_PHY_CODES ||
           sv_cable_words(&any, word, why);
}

int switch_spec_parse(struct switch_spec *s, const char *text)
{
    static const char *const kinds[] = {"tap:", "packet:", "unix:", "cable:"};
    bool in_trunk = false, known = false;
    memset(s, 0, sizeof *s);
    s->config.size = sizeof s->config;
    s->peers = 8;
    if (strlen(text) >= sizeof s->text)
        return wrong(text, "is too long");
    memcpy(s->text, text, strlen(text) + 1u);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        known |=
            strncmp(text, kinds[i], strlen(kinds[i])) == 0 && text[strlen(kinds[i])] && text[strlen(kinds[i])] != ',';
    if (!known)
        return wrong(
            text, "is not a device; tap:NAME, packet:IFNAME, unix:PATH or cable:NAME,CODE, then options after commas");
    char *rest = s->text, *word = strsep(&rest, ",");
    snprintf(s->device, sizeof s->device, "%s", word);
    while ((word = strsep(&rest, ",")) != NULL) {
        if (of_device(s, word)) {
            const size_t n = strlen(s->device);
            snprintf(s->device + n, sizeof s->device - n, ",%s", word);
            continue;
        }
        const int r = one_option(s, word, &in_trunk);
        if (r != CLI_PARSED)
            return r;
    }
    if ((s->access != 0) + (s->tunnel != 0) + (s->trunk_all || s->native) > 1)
        return wrong(text, "is of two kinds; a port is access=VID, tunnel=VID or trunk=VID,...[,native=VID]");
    return CLI_PARSED;
}
