/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/code_64b66b.h"

#define START_LANE0 0x78u
#define START_LANE4 0x33u
#define START_LANE4_ORDERED 0x66u
#define ORDERED_BOTH 0x55u
#define ORDERED_LANE4 0x2du
#define ORDERED_LANE0 0x4bu
#define PREAMBLE_LANE0 (0xd555555555555500ull | START_LANE0)
#define VOTES_MAX 32
#define VOTES_TURN (-8)

enum state { STATE_WAIT, STATE_IDLE, STATE_DATA };
enum kind { KIND_CONTROL, KIND_START, KIND_DATA, KIND_END, KIND_ERROR };

static const uint8_t end_types[8] = {0x87, 0x99, 0xaa, 0xb4, 0xcc, 0xd2, 0xe1, 0xff};

uint32_t sv_r64_type_of_nibble(uint32_t nibble)
{
    static const uint8_t type[16] = {0,    0xe1, 0xd2, 0x33, 0xb4, 0x55, 0x66, 0x87,
                                     0x78, 0x99, 0xaa, 0x4b, 0xcc, 0x2d, 0x1e, 0xff};
    return type[nibble & 15];
}

/* --- sending --- */

struct sv_r64_block sv_r64_next(struct sv_phy_encoder *e, uint32_t block_symbols)
{
    if (e->at == 0) {
        if (!sv_phy_frame_waits(e)) {
            sv_phy_gap_unit(e);
            return (struct sv_r64_block){SV_R64_IDLE, true};
        }
        sv_phy_frame_begins(e);
        e->at = SV_PREAMBLE_OCTETS;
        return (struct sv_r64_block){PREAMBLE_LANE0, true};
    }
    const uint8_t *from = e->frame + (e->at - SV_PREAMBLE_OCTETS);
    const uint32_t left = e->frame_bytes + SV_PREAMBLE_OCTETS - e->at;
    uint64_t payload = 0;
    for (uint32_t i = 0; i < sv_min_u32(left, 8); i++)
        payload |= (uint64_t)from[i] << (8 * i);
    if (left >= 8) {
        e->at += 8;
        return (struct sv_r64_block){payload, false};
    }
    /* Twelve octets from the end on, its own included, before another start (§4.4.2). */
    sv_phy_frame_ends(e, block_symbols, left <= 4 ? 1 : 2);
    return (struct sv_r64_block){payload << 8 | end_types[left], true};
}

/* --- receiving --- */

static bool is_control_code(uint32_t code)
{
    return code == 0x00 || code == 0x06 || code == 0x2d || code == 0x33 || code == 0x4b || code == 0x55 ||
           code == 0x66 || code == 0x78;
}

/* Seven bits each, from the given code on, up to the block's end. */
static bool codes_good(uint64_t payload, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (!is_control_code((uint32_t)(payload >> (8 + 7 * i)) & 127))
            return false;
    return true;
}

static enum kind kind_of(struct sv_r64_block b)
{
    if (!b.control)
        return KIND_DATA;
    const uint32_t type = b.payload & 255;
    for (uint32_t k = 0; k < 8; k++)
        if (type == end_types[k])
            return codes_good(b.payload, k + 1, 8) ? KIND_END : KIND_ERROR;
    switch (type) {
    case SV_R64_IDLE:
        return codes_good(b.payload, 0, 8) ? KIND_CONTROL : KIND_ERROR;
    case START_LANE0:
    case START_LANE4_ORDERED:
        return KIND_START;
    case START_LANE4:
        return codes_good(b.payload, 0, 4) ? KIND_START : KIND_ERROR;
    case ORDERED_LANE4:
        return codes_good(b.payload, 0, 4) ? KIND_CONTROL : KIND_ERROR;
    case ORDERED_LANE0:
        return codes_good(b.payload, 4, 8) ? KIND_CONTROL : KIND_ERROR;
    case ORDERED_BOTH:
        return KIND_CONTROL;
    default:
        return KIND_ERROR;
    }
}

static uint32_t end_octets(uint64_t payload)
{
    uint32_t k = 0;
    while (end_types[k] != (payload & 255))
        k++;
    return k;
}

/* Was this block possible where it stood? A block that was not leaves the state as it is: so idle the wrong way round,
 * which reads as data without end, is wrong each time. */
static bool follows(bool in_frame, enum kind kind)
{
    return in_frame ? kind == KIND_DATA || kind == KIND_END : kind == KIND_CONTROL || kind == KIND_START;
}

/* True when that made it turn. */
static bool weigh(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_r64_block b, bool fits,
                  struct sv_phy_event *event)
{
    const enum kind other = kind_of((struct sv_r64_block){~b.payload, !b.control});
    const bool other_fits = follows(r->other_in_frame, other);
    r->votes += (fits && !other_fits) - (other_fits && !fits);
    r->votes = r->votes > VOTES_MAX ? VOTES_MAX : r->votes;
    if (other_fits)
        r->other_in_frame = other == KIND_START || other == KIND_DATA;
    if (r->votes > VOTES_TURN)
        return false;
    r->inverted = !r->inverted;
    r->votes = 0;
    r->in_frame = r->other_in_frame;
    r->other_in_frame = false;
    r->state = STATE_WAIT;
    d->frame.open = 0;
    sv_phy_tell(d, event, SV_PHY_INVERTED, d->symbols, r->inverted);
    return true;
}

static bool vote(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_r64_block b, enum kind kind,
                 struct sv_phy_event *event)
{
    const bool fits = follows(r->in_frame, kind), no_doubt = fits && r->votes >= VOTES_MAX && !r->other_in_frame;
    if (!no_doubt && weigh(d, r, b, fits, event))
        return false;
    if (fits)
        r->in_frame = kind == KIND_START || kind == KIND_DATA;
    return true;
}

static void octets(struct sv_phy_decoder *d, uint64_t payload, uint32_t from, uint32_t n)
{
    for (uint32_t i = from; i < from + n; i++)
        sv_phy_frame_octet(d, (uint8_t)(payload >> (8 * i)));
}

static void start(struct sv_phy_decoder *d, struct sv_r64_receiver *r, uint64_t payload, uint64_t first_symbol)
{
    r->state = STATE_DATA;
    sv_phy_frame_open(d, first_symbol);
    if ((payload & 255) == START_LANE0)
        octets(d, payload, 1, 7);
    else
        octets(d, payload, 5, 3);
}

static void between(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_r64_block b, enum kind kind,
                    uint64_t first_symbol, struct sv_phy_event *event)
{
    const uint32_t type = b.payload & 255;
    if (kind == KIND_START) {
        start(d, r, b.payload, first_symbol);
    } else if (kind == KIND_CONTROL) {
        r->state = STATE_IDLE;
        d->count.idles += type == SV_R64_IDLE;
        if (type == ORDERED_LANE0 || type == ORDERED_BOTH) {
            const uint32_t octet3 = (uint32_t)(b.payload >> 8) & 0xffffff;
            const uint32_t set = (octet3 & 255) << 16 | (octet3 & 0xff00) | octet3 >> 16;
            if (set != r->ordered)
                sv_phy_tell(d, event, SV_PHY_REMOTE, first_symbol, (uint32_t)(b.payload >> 32 & 15) << 24 | set);
            r->ordered = set;
        } else {
            r->ordered = 0;
        }
    } else if (r->state == STATE_IDLE) {
        r->state = STATE_WAIT;
        d->count.illegal += kind == KIND_ERROR;
        sv_phy_tell(d, event, SV_PHY_FALSE_CARRIER, first_symbol, type);
    }
}

void sv_r64_receive(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_r64_block b, bool bad,
                    uint64_t first_symbol, struct sv_phy_event *event)
{
    if (r->inverted)
        b = (struct sv_r64_block){~b.payload, !b.control};
    const enum kind kind = kind_of(b);
    if (!bad && !vote(d, r, b, kind, event))
        return;
    if (r->state != STATE_DATA) {
        if (!bad)
            between(d, r, b, kind, first_symbol, event);
        return;
    }
    if (bad || kind == KIND_ERROR) {
        d->count.illegal++;
        d->frame.errors++;
    }
    if (kind == KIND_DATA || kind == KIND_ERROR) {
        octets(d, b.payload, 0, 8);
    } else if (kind == KIND_END) {
        octets(d, b.payload, 1, end_octets(b.payload));
        r->state = STATE_IDLE;
        sv_phy_frame_close(d, d->symbols, event);
    } else {
        /* Idle, or another start, without an end. */
        d->frame.errors++;
        sv_phy_frame_close(d, d->symbols, event);
        r->state = STATE_IDLE;
        if (kind == KIND_START)
            start(d, r, b.payload, first_symbol);
    }
}

bool sv_r64_idle(const struct sv_r64_receiver *r)
{
    return r->state == STATE_IDLE && r->votes > VOTES_TURN / 2;
}

void sv_r64_receiver_idle(struct sv_r64_receiver *r)
{
    r->state = STATE_IDLE;
    r->votes = VOTES_MAX;
    r->in_frame = r->other_in_frame = false;
}

bool sv_r64_abandon(struct sv_phy_decoder *d, struct sv_r64_receiver *r, struct sv_phy_event *event)
{
    r->state = STATE_WAIT;
    r->in_frame = r->other_in_frame = false;
    if (d->frame.open == 0)
        return false;
    d->frame.errors++;
    sv_phy_frame_close(d, d->symbols, event);
    return true;
}
