/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that no stack of ours would send, with checksums that add up all the same. */
#ifndef SV_TESTS_SCENARIO_FORGE_H
#define SV_TESTS_SCENARIO_FORGE_H

#include "seven/seven.h"

#define FORGE_BYTES 1600u

struct forge_tcp {
    uint32_t src, dst; /* IPv4 numbers */
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint16_t flags, window, urgent;
    uint32_t ts_val, ts_ecr;
    bool timestamps;
    uint16_t mss;     /* 0: no option */
    uint32_t payload; /* bytes, all alike */
};

/* From now on IPv6: the number 10.0.0.k stands for fd00::k, 10.0.0.255 and 224.0.0.1 for ff02::1, ICMP for ICMPv6. */
void forge_family(bool six);

/* Each gives the frame's length. `to` and `from` are the last bytes of 02:00:00:00:00:xx; to 255: broadcast. */
uint32_t forge_ethernet(uint8_t *frame, uint8_t to, uint8_t from, uint16_t type, const uint8_t *bytes, uint32_t n);
uint32_t forge_ip(uint8_t *frame, uint8_t to, uint8_t from, uint32_t src, uint32_t dst, uint8_t protocol,
                  const uint8_t *bytes, uint32_t n);
uint32_t forge_segment(uint8_t *frame, uint8_t to, uint8_t from, const struct forge_tcp *t);

/* Makes the IP header's checksum and the transport's right, as far as lengths allow. */
void forge_fix(uint8_t *frame, uint32_t n);

/* Puts the frame into a stack as if port 0 had received it. False: the pool is empty. */
bool forge_put(struct sv_pool *pool, struct sv_stack *stack, const uint8_t *frame, uint32_t n, sv_time now);

#endif
