/* SPDX-License-Identifier: BSD-2-Clause */
/* 10BASE-T (IEEE 802.3 clauses 7 and 14): each bit is two half-bits of 50 ns, low-high for 1 and high-low for 0, so
 * that there is an edge in the middle of every bit and the pair carries no direct current. Nothing is sent between
 * frames but a link pulse every 16 ms; a frame is ended by TP_IDL, at least 250 ns of high.
 *
 * Two equal half-bits in a row are always the border of two bits: that finds the bits within the preamble, as the
 * first two equal bits find its end. They are 11; where they are 00 the pair is connected the wrong way round. */
#include "core/math.h"
#include "l1_physical/phy_internal.h"

#define UNIT 16u           /* half-bits of an octet; idle is made in the same portions */
#define TP_IDL 6u          /* half-bits of high: 300 ns */
#define GAP_UNITS 11u      /* with the portion of TP_IDL: 96 bit times */
#define PULSE_UNITS 20000u /* 16 ms */
#define PULSE 2u           /* half-bits: 100 ns */
#define PULSE_MAX 4u       /* a receiver may see a pulse as long as this */
#define PREAMBLE_MIN 6u    /* alternating bits before the delimiter is believed */
#define STUCK 5u           /* equal half-bits that no bits can show */
#define RINGING 96u        /* half-bits after a frame in which what moves is the line coming to rest */
#define WRONG_WAY 3u       /* link pulses of the other polarity that turn the pair */

enum stage { STAGE_IDLE, STAGE_FRAME, STAGE_END };
enum state { STATE_SILENT, STATE_PREAMBLE, STATE_DATA, STATE_TAIL };

/* --- encoder --- */

static void encoder_init(struct sv_phy_encoder *e)
{
    e->of.manchester.pulse_in = PULSE_UNITS;
}

static uint32_t unit_idle(struct sv_phy_encoder *e, int8_t *symbol)
{
    struct sv_manchester_encoder *m = &e->of.manchester;
    sv_memset(symbol, 0, UNIT);
    const bool due = !m->no_pulses && m->pulse_in == 0;
    if (due || m->pulse_now)
        sv_memset(symbol, 1, PULSE);
    m->pulse_now = false;
    m->pulse_in = m->pulse_in == 0 ? PULSE_UNITS - 1 : m->pulse_in - 1;
    sv_phy_gap_unit(e);
    return UNIT;
}

static uint32_t unit(struct sv_phy_encoder *e, int8_t *symbol)
{
    if (e->stage == STAGE_IDLE && !sv_phy_frame_waits(e))
        return unit_idle(e, symbol);
    if (e->stage == STAGE_IDLE) {
        sv_phy_frame_begins(e);
        e->stage = STAGE_FRAME;
    }
    if (e->stage == STAGE_END) {
        sv_memset(symbol, 0, UNIT);
        sv_memset(symbol, 1, TP_IDL);
        sv_phy_frame_ends(e, TP_IDL, GAP_UNITS);
        e->of.manchester.pulse_in = PULSE_UNITS;
        e->stage = STAGE_IDLE;
        return UNIT;
    }
    const uint32_t octet = sv_phy_octet(e, e->at);
    for (uint32_t i = 0; i < 8; i++) {
        const int8_t second = sv_phy_nrz(octet >> i & 1);
        symbol[2 * i] = (int8_t)-second;
        symbol[2 * i + 1] = second;
    }
    if (++e->at == e->frame_bytes + SV_PREAMBLE_OCTETS)
        e->stage = STAGE_END;
    return UNIT;
}

static void encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    struct sv_manchester_encoder *m = &e->of.manchester;
    if (m->pulse_now) {
        const uint64_t first = sv_min_u64(n, UNIT);
        sv_phy_encode_waste(e, first);
        n -= first;
    }
    uint64_t units = n / UNIT;
    e->symbols += units * UNIT;
    e->gap -= (uint32_t)sv_min_u64(e->gap, units);
    if (units <= m->pulse_in) {
        m->pulse_in -= (uint32_t)units;
    } else {
        const uint64_t after = units - m->pulse_in - 1; /* units after the first pulse */
        m->pulse_in = PULSE_UNITS - 1 - (uint32_t)(after - sv_div64(after, PULSE_UNITS) * PULSE_UNITS);
    }
    sv_phy_encode_waste(e, n % UNIT);
}

/* --- decoder --- */

static void decoder_init(struct sv_phy_decoder *d)
{
    d->of.manchester.state = STATE_SILENT;
}

static void carrier_begins(struct sv_phy_decoder *d, int8_t s)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    m->state = STATE_PREAMBLE;
    m->carrier_first = d->symbols - 1;
    m->carrier = m->run = 1;
    m->first = s;
    m->half = 1;
    m->alternate = 0;
    m->flat = true;
}

/* The pair fell silent before a frame began: a link pulse, or a carrier that was none. */
static void carrier_ends(struct sv_phy_decoder *d, struct sv_phy_event *event)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    m->state = STATE_SILENT;
    if (m->frame_end != 0 && m->carrier_first < m->frame_end + RINGING)
        return;
    if (m->carrier > PULSE_MAX || !m->flat) {
        sv_phy_tell(d, event, SV_PHY_FALSE_CARRIER, m->carrier_first, m->carrier);
        return;
    }
    const bool low = m->first < 0;
    m->wrong_way = low != m->inverted ? m->wrong_way + 1 : 0;
    if (m->wrong_way >= WRONG_WAY) {
        m->wrong_way = 0;
        m->inverted = low;
        sv_phy_tell(d, event, SV_PHY_INVERTED, m->carrier_first, low);
        d->count.link_pulses++;
    } else {
        sv_phy_tell(d, event, SV_PHY_LINK_PULSE, m->carrier_first, m->carrier);
    }
}

static void data_begins(struct sv_phy_decoder *d, bool inverted, struct sv_phy_event *event)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    m->state = STATE_DATA;
    m->half = m->bits = m->octet = m->held = 0;
    sv_phy_frame_open(d, m->carrier_first);
    d->frame.open = 2;
    d->frame.data_symbol = d->symbols;
    if (inverted != m->inverted) {
        m->inverted = inverted;
        m->wrong_way = 0;
        sv_phy_tell(d, event, SV_PHY_INVERTED, m->carrier_first, inverted);
    }
}

static void preamble(struct sv_phy_decoder *d, int8_t s, struct sv_phy_event *event)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    if (s == 0) {
        carrier_ends(d, event);
        return;
    }
    m->carrier++;
    if (s == m->last) {
        /* The border of two bits: s begins one. */
        m->run++;
        if (m->run >= STUCK && !m->flat) {
            m->state = STATE_TAIL;
            m->run = 0;
            sv_phy_tell(d, event, SV_PHY_FALSE_CARRIER, m->carrier_first, m->carrier);
        }
        if (m->half == 1)
            m->alternate = 0;
        m->half = 1;
        m->first = s;
        return;
    }
    m->run = 1;
    m->flat = false;
    if (m->half == 0) {
        m->half = 1;
        m->first = s;
        return;
    }
    m->half = 0;
    const bool bit = s > 0;
    if (bit != m->last_bit)
        m->alternate++;
    else if (m->alternate >= PREAMBLE_MIN)
        data_begins(d, !bit, event);
    else
        m->alternate = 0;
    m->last_bit = bit;
}

static void data_bit(struct sv_phy_decoder *d, int8_t second)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    m->octet |= (uint32_t)((second > 0) != m->inverted) << m->bits;
    if (++m->bits == 8) {
        sv_phy_frame_octet(d, (uint8_t)m->octet);
        m->bits = m->octet = 0;
    }
}

/* One more half-bit of a frame. A bit without an edge is held back: with a second one of the same level it was TP_IDL,
 * else an illegal symbol. Bits that do not fill an octet are dropped (§4.2.4.2.1). */
static void data(struct sv_phy_decoder *d, int8_t s, struct sv_phy_event *event)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    if (s != 0 && m->half == 0) {
        m->first = s;
        m->half = 1;
        return;
    }
    m->half = 0;
    if (s == 0 || (s == m->first && m->held != 0 && m->held_level == s)) {
        m->state = s == 0 ? STATE_SILENT : STATE_TAIL;
        m->run = 0;
        m->frame_end = d->symbols;
        sv_phy_frame_close(d, d->symbols, event);
        return;
    }
    if (m->held != 0) {
        d->frame.errors++;
        d->count.illegal++;
        data_bit(d, m->held_level);
    }
    m->held = s == m->first;
    m->held_level = s;
    if (m->held == 0)
        data_bit(d, s);
}

static void tail(struct sv_phy_decoder *d, int8_t s)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    if (s == 0)
        m->state = STATE_SILENT;
    else if (s != m->last && ++m->run > STUCK) /* edges again, and silence was never seen: another frame */
        carrier_begins(d, s);
}

static uint32_t decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    struct sv_manchester_decoder *m = &d->of.manchester;
    uint32_t i = 0;
    while (i < n && event->kind == SV_PHY_NOTHING) {
        const int8_t s = (int8_t)((symbol[i] > 0) - (symbol[i] < 0));
        i++;
        d->symbols++;
        if (m->state == STATE_DATA)
            data(d, s, event);
        else if (m->state == STATE_PREAMBLE)
            preamble(d, s, event);
        else if (m->state == STATE_TAIL)
            tail(d, s);
        else if (s != 0)
            carrier_begins(d, s);
        m->last = s;
    }
    return i;
}

static void decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    d->symbols += n;
    d->of.manchester.last = 0;
}

static bool idle(const struct sv_phy_decoder *d)
{
    return d->of.manchester.state == STATE_SILENT;
}

/* There is nothing to keep between frames: each brings its own preamble. */
static bool locked(const struct sv_phy_decoder *d)
{
    (void)d;
    return true;
}

static void follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    (void)e;
    d->of.manchester.state = STATE_SILENT;
}

const struct sv_phy_ops sv_manchester_ops = {encoder_init, unit, encode_skip, decoder_init, decode,
                                             decode_skip,  idle, locked,      follow,       NULL};
