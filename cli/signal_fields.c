/* SPDX-License-Identifier: BSD-2-Clause */
/* What an octet on the wire belongs to: its place among the symbols, its code group, its field. */
#include <stdio.h>
#include <string.h>

#include "cli/signal.h"

#define SFD (-1)
#define PREAMBLE_FIRST (-8)

/* --- places --- */

/* Blocks of 66 symbols: two of header, eight an octet. An end block's octets follow its type. */
static void block_place(const struct sv_phy_event *event, int32_t at, struct signal_place *p)
{
    const uint32_t whole = event->bytes / 8 * 8;
    const uint64_t start = event->data_symbol - 66;
    if (at < 0)
        *p = (struct signal_place){start + 2 + 8 * (uint64_t)(at + 8), 8};
    else
        *p = (struct signal_place){
            event->data_symbol + 66 * (uint64_t)(at / 8) + 2 + 8 * (uint64_t)(at % 8 + ((uint32_t)at >= whole)), 8};
}

bool signal_octet_place(uint32_t code, const struct sv_phy_event *event, int32_t at, struct signal_place *p)
{
    const uint32_t each = code == SV_PHY_10BASE_T ? 16 : 10;
    if (code == SV_PHY_PAM4)
        return false;
    if (code == SV_PHY_10GBASE_R)
        block_place(event, at, p);
    else if (at < 0 && event->data_symbol < (uint64_t)-at * each)
        return false;
    else
        *p = (struct signal_place){event->data_symbol + (uint64_t)((int64_t)at * each), each};
    return true;
}

char signal_symbol_letter(uint32_t code, int8_t level)
{
    switch (code) {
    case SV_PHY_10BASE_T:
        return level > 0 ? 'H' : level < 0 ? 'L' : '.';
    case SV_PHY_100BASE_TX:
        return level > 0 ? '+' : level < 0 ? '-' : '0';
    case SV_PHY_PAM4:
        return (char)('0' + (level + 3) / 2);
    default:
        return level > 0 ? '1' : '0';
    }
}

void signal_group_text(uint32_t code, const struct sv_phy_event *event, int32_t at, uint8_t octet, char text[24])
{
    static const char *const five[16] = {"11110", "01001", "10100", "10101", "01010", "01011", "01110", "01111",
                                         "10010", "10011", "10110", "10111", "11010", "11011", "11100", "11101"};
    text[0] = '\0';
    if (code == SV_PHY_100BASE_TX && at == PREAMBLE_FIRST)
        (void)snprintf(text, 24, "/J/ /K/");
    else if (code == SV_PHY_100BASE_TX)
        (void)snprintf(text, 24, "%s %s", five[octet & 15], five[octet >> 4]);
    else if (code == SV_PHY_1000BASE_X && at == PREAMBLE_FIRST)
        (void)snprintf(text, 24, "/S/ K27.7");
    else if (code == SV_PHY_1000BASE_X)
        (void)snprintf(text, 24, "D%u.%u", octet & 31u, (unsigned)octet >> 5);
    else if (code == SV_PHY_10GBASE_R && at == PREAMBLE_FIRST)
        (void)snprintf(text, 24, "start block");
    else if (code == SV_PHY_10GBASE_R && at >= 0 && at % 8 == 0)
        (void)snprintf(text, 24, "%s", (uint32_t)at + 8 <= event->bytes ? "data block" : "end block");
}

/* --- fields --- */

struct field {
    uint32_t octets;
    const char *name;
};

static const struct field arp[] = {
    {2, "hardware type"}, {2, "protocol type"}, {1, "hardware len"}, {1, "protocol len"}, {2, "operation"},
    {6, "sender MAC"},    {4, "sender IP"},     {6, "target MAC"},   {4, "target IP"},    {0, NULL}};
static const struct field ip4[] = {
    {1, "version, IHL"}, {1, "DSCP, ECN"}, {2, "total length"}, {2, "identification"}, {2, "fragment"}, {1, "TTL"},
    {1, "protocol"},     {2, "checksum"},  {4, "source IP"},    {4, "dest. IP"},       {0, NULL}};
static const struct field ip6[] = {{4, "version, flow"}, {2, "payload length"}, {1, "next header"}, {1, "hop limit"},
                                   {16, "source IP"},    {16, "dest. IP"},      {0, NULL}};
static const struct field tcp[] = {{2, "source port"},   {2, "dest. port"}, {4, "sequence"}, {4, "acknowledgm."},
                                   {1, "header length"}, {1, "flags"},      {2, "window"},   {2, "checksum"},
                                   {2, "urgent"},        {0, NULL}};
static const struct field udp[] = {{2, "source port"}, {2, "dest. port"}, {2, "length"}, {2, "checksum"}, {0, NULL}};
static const struct field icmp[] = {{1, "ICMP type"}, {1, "ICMP code"}, {2, "checksum"}, {4, "rest"}, {0, NULL}};

/* The field at `at` octets into these; *at becomes what is left after all of them. */
static const char *among(const struct field *f, uint32_t *at)
{
    for (; f->octets != 0; f++) {
        if (*at < f->octets)
            return f->name;
        *at -= f->octets;
    }
    return NULL;
}

static const char *transport(uint32_t protocol, uint32_t at)
{
    const char *name = NULL;
    if (protocol == 6)
        name = among(tcp, &at);
    else if (protocol == 17)
        name = among(udp, &at);
    else if (protocol == 1 || protocol == 58)
        name = among(icmp, &at);
    return name ? name : "data";
}

static const char *network(const uint8_t *p, uint32_t bytes, uint32_t type, uint32_t at)
{
    const char *name = NULL;
    uint32_t in = at;
    if (type == 0x0806) {
        name = among(arp, &in);
        return name ? name : "padding";
    }
    if (type == 0x0800 && bytes >= 20) {
        const uint32_t header = 4u * (p[0] & 15), total = (uint32_t)p[2] << 8 | p[3];
        name = among(ip4, &in);
        return name                          ? name
               : at < header                 ? "IP option"
               : at >= total                 ? "padding"
               : ((p[6] & 0x1f) | p[7]) != 0 ? "fragment data"
                                             : transport(p[9], at - header);
    }
    if (type == 0x86dd && bytes >= 40) {
        name = among(ip6, &in);
        return name ? name : transport(p[6], in);
    }
    return "data";
}

const char *signal_field(const uint8_t *frame, uint32_t bytes, uint32_t at)
{
    uint32_t header = 12;
    if (at + 4 >= bytes)
        return "FCS";
    if (at < 12)
        return at < 6 ? "destination" : "source";
    while (header + 6 < bytes && frame[header] == 0x81 && frame[header + 1] == 0x00) {
        if (at < header + 4)
            return "VLAN tag";
        header += 4;
    }
    if (header + 6 > bytes)
        return "data";
    const uint32_t type = (uint32_t)frame[header] << 8 | frame[header + 1];
    if (at < header + 2)
        return type < 1536 ? "length" : "EtherType";
    header += 2;
    return network(frame + header, bytes - 4 - header, type, at - header);
}
