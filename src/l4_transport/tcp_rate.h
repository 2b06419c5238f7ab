/* SPDX-License-Identifier: BSD-2-Clause */
/* Delivery rate: draft-ietf-ccwg-bbr §4.1 (once draft-cheng-iccrg-delivery-rate-estimation).
 *
 * There is no record of each segment here, so the draft's per-packet state is kept of some of them: one of each
 * burst, and of no more than 48 at once. Of what lies between nothing is sampled; the samples that are taken are
 * the draft's. */
#ifndef SV_L4_TCP_RATE_H
#define SV_L4_TCP_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define SV_RATE_MARKS 48u

/* Of the segment that ends at `end`, what was true when it was sent. Times in us, modulo 2^32. */
struct sv_rate_mark {
    uint32_t end;
    uint32_t sent_us, first_sent_us, delivered_us;
    uint32_t delivered; /* bytes, modulo 2^32 */
    uint32_t in_flight; /* bytes, itself included */
    uint32_t lost;      /* bytes that had been lost until then, modulo 2^32 */
    uint32_t app_limited;
};

struct sv_rate {
    uint32_t delivered, delivered_us, first_sent_us, lost;
    uint32_t app_limited; /* delivered up to here: what was sent before shows not what the path can do; 0: all shows */
    uint32_t first, count;
    uint32_t spare;
    struct sv_rate_mark mark[SV_RATE_MARKS];
};

struct sv_rate_sample {
    uint64_t rate;      /* bytes a second; 0: none */
    uint32_t delivered; /* bytes in its interval */
    uint32_t lost;      /* bytes lost since the segment was sent */
    uint32_t in_flight; /* when it was sent */
    uint32_t prior_delivered;
    uint32_t rtt_us; /* of the sampled segment; 0: none */
    bool app_limited;
};

/* Data up to `end` has just been sent, `in_flight` bytes with it. */
void sv_rate_sent(struct sv_rate *r, uint32_t end, uint32_t in_flight, bool idle, uint32_t now_us);
/* `bytes` more were delivered, everything before `una` among them. */
void sv_rate_acked(struct sv_rate *r, uint32_t una, uint32_t bytes, uint32_t lost, uint32_t min_rtt_us, uint32_t now_us,
                   struct sv_rate_sample *s);
/* The application has nothing more to send, with so much in flight. */
void sv_rate_app_limited(struct sv_rate *r, uint32_t in_flight);

#endif
