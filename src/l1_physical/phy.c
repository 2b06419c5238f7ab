/* SPDX-License-Identifier: BSD-2-Clause */
/* What all codes have in common: units into a stream, the frame and its check sequence, events. */
#include "l1_physical/phy.h"

#include "core/crc32.h"
#include "core/mem.h"
#include "l1_physical/phy_internal.h"

#define MIN_FRAME 60u /* octets without the FCS, IEEE 802.3 §3.2.8 */

static const struct sv_phy_code_info infos[SV_PHY_CODES] = {
    [SV_PHY_10BASE_T] = {"10base-t", "Manchester", 20000000u, 10000000u, 2, {-1, 1}, 1, 7},
    [SV_PHY_100BASE_TX] = {"100base-tx", "4B/5B, scrambled, MLT-3", 125000000u, 100000000u, 3, {-1, 0, 1}, 1, 56},
    [SV_PHY_1000BASE_X] = {"1000base-x", "8b/10b, NRZ", 1250000000u, 1000000000u, 2, {-1, 1}, 1, 5},
    [SV_PHY_10GBASE_R] = {"10gbase-r", "64b/66b, scrambled, NRZ", 10312500000u, 10000000000u, 2, {-1, 1}, 1, 66},
    /* 20 blocks of 4 times 8 octets in 2720 + 32 symbols */
    [SV_PHY_PAM4] = {"pam4",
                     "64b/66b in 256b/257b, RS(544,514), PAM4; markers of our own",
                     26562500000u,
                     49418604651u,
                     4,
                     {-3, -1, 1, 3},
                     3,
                     66},
};

static const struct sv_phy_ops *const all_ops[SV_PHY_CODES] = {
    [SV_PHY_10BASE_T] = &sv_manchester_ops, [SV_PHY_100BASE_TX] = &sv_tx100_ops, [SV_PHY_1000BASE_X] = &sv_x1000_ops,
    [SV_PHY_10GBASE_R] = &sv_r10g_ops,      [SV_PHY_PAM4] = &sv_pam4_ops,
};

static const char *const event_names[SV_PHY_EVENT_KINDS] = {
    [SV_PHY_NOTHING] = "nothing",
    [SV_PHY_FRAME] = "frame",
    [SV_PHY_BAD_FCS] = "bad-fcs",
    [SV_PHY_SYMBOL_ERROR] = "symbol-error",
    [SV_PHY_FALSE_CARRIER] = "false-carrier",
    [SV_PHY_LOCKED] = "locked",
    [SV_PHY_LOCK_LOST] = "lock-lost",
    [SV_PHY_LINK_PULSE] = "link-pulse",
    [SV_PHY_INVERTED] = "inverted",
    [SV_PHY_HI_BER] = "hi-ber",
    [SV_PHY_CONFIG] = "config",
    [SV_PHY_REMOTE] = "remote",
};

const struct sv_phy_code_info *sv_phy_code_info(uint32_t code)
{
    return code < SV_PHY_CODES ? &infos[code] : NULL;
}

uint32_t sv_phy_code_find(const char *name, uint32_t n)
{
    for (uint32_t code = 0; code < SV_PHY_CODES; code++) {
        uint32_t same = 0;
        while (same < n && infos[code].name[same] == name[same] && name[same] != '\0')
            same++;
        if (same == n && infos[code].name[same] == '\0')
            return code;
    }
    return SV_PHY_CODES;
}

const char *sv_phy_event_name(uint32_t kind)
{
    return kind < SV_PHY_EVENT_KINDS ? event_names[kind] : "unknown";
}

/* --- encoder --- */

void sv_phy_encoder_init(struct sv_phy_encoder *e, uint32_t code)
{
    SV_ASSERT(code < SV_PHY_CODES);
    sv_memset(e, 0, sizeof *e);
    e->code = code;
    e->frame_first = e->frame_end = UINT64_MAX;
    all_ops[code]->encoder_init(e);
}

enum sv_err sv_phy_encode_frame(struct sv_phy_encoder *e, const uint8_t *octets, uint32_t n, enum sv_phy_fcs fcs)
{
    if (e->frame_bytes != 0)
        return SV_ERR_AGAIN;
    if (n == 0)
        return SV_ERR_INVALID;
    if (n > SV_PHY_FRAME_MAX - (fcs == SV_PHY_FCS_APPEND ? 4 : 0))
        return SV_ERR_TOO_BIG;
    sv_memcpy(e->frame, octets, n);
    if (fcs == SV_PHY_FCS_APPEND) {
        if (n < MIN_FRAME) {
            sv_memset(e->frame + n, 0, MIN_FRAME - n);
            n = MIN_FRAME;
        }
        const uint32_t crc = sv_crc32(0, e->frame, n);
        for (uint32_t i = 0; i < 4; i++)
            e->frame[n++] = (uint8_t)(crc >> (8 * i));
    }
    e->frame_bytes = n;
    e->at = 0;
    e->frame_first = e->frame_end = UINT64_MAX;
    return SV_OK;
}

void sv_phy_encode_pulse(struct sv_phy_encoder *e)
{
    if (e->code == SV_PHY_10BASE_T)
        e->of.manchester.pulse_now = true;
}

void sv_phy_encode(struct sv_phy_encoder *e, int8_t *symbol, uint32_t n)
{
    const struct sv_phy_ops *ops = all_ops[e->code];
    while (n > 0) {
        if (e->unit_at == e->unit_count && n >= SV_PHY_UNIT_MAX) {
            const uint32_t k = ops->unit(e, symbol);
            e->symbols += k;
            symbol += k;
            n -= k;
            continue;
        }
        if (e->unit_at == e->unit_count) {
            e->unit_count = ops->unit(e, e->unit);
            e->unit_at = 0;
        }
        const uint32_t k = sv_min_u32(n, e->unit_count - e->unit_at);
        sv_memcpy(symbol, e->unit + e->unit_at, k);
        e->unit_at += k;
        e->symbols += k;
        symbol += k;
        n -= k;
    }
}

bool sv_phy_encode_busy(const struct sv_phy_encoder *e)
{
    return e->frame_bytes != 0 || (e->frame_end != UINT64_MAX && e->symbols < e->frame_end);
}

void sv_phy_encode_waste(struct sv_phy_encoder *e, uint64_t n)
{
    int8_t symbol[128];
    for (; n > 0; n -= sv_min_u64(n, sizeof symbol))
        sv_phy_encode(e, symbol, (uint32_t)sv_min_u64(n, sizeof symbol));
}

void sv_phy_encode_skip(struct sv_phy_encoder *e, uint64_t n)
{
    SV_ASSERT(!sv_phy_encode_busy(e));
    const uint64_t begun = sv_min_u64(n, e->unit_count - e->unit_at);
    sv_phy_encode_waste(e, begun);
    if (n > begun)
        all_ops[e->code]->encode_skip(e, n - begun);
}

/* --- decoder --- */

void sv_phy_decoder_init(struct sv_phy_decoder *d, uint32_t code)
{
    SV_ASSERT(code < SV_PHY_CODES);
    sv_memset(d, 0, sizeof *d);
    d->code = code;
    all_ops[code]->decoder_init(d);
}

uint32_t sv_phy_decode(struct sv_phy_decoder *d, const int8_t *symbol, uint32_t n, struct sv_phy_event *event)
{
    event->kind = SV_PHY_NOTHING;
    return all_ops[d->code]->decode(d, symbol, n, event);
}

bool sv_phy_decode_idle(const struct sv_phy_decoder *d)
{
    return all_ops[d->code]->idle(d);
}

bool sv_phy_decode_locked(const struct sv_phy_decoder *d)
{
    return all_ops[d->code]->locked(d);
}

void sv_phy_decode_skip(struct sv_phy_decoder *d, uint64_t n)
{
    SV_ASSERT(sv_phy_decode_idle(d));
    if (n > 0)
        all_ops[d->code]->decode_skip(d, n);
}

void sv_phy_decoder_follow(struct sv_phy_decoder *d, const struct sv_phy_encoder *e)
{
    SV_ASSERT(d->code == e->code && !sv_phy_encode_busy(e) && e->unit_at == e->unit_count);
    all_ops[d->code]->follow(d, e);
    d->symbols = e->symbols;
}

void sv_phy_decoder_rewind(struct sv_phy_decoder *d)
{
    const uint64_t symbols = d->symbols;
    const uint32_t cpu = d->cpu;
    d->symbols = 0;
    d->frame.open = 0;
    if (all_ops[d->code]->resume && sv_phy_decode_locked(d))
        all_ops[d->code]->resume(d, symbols);
    else
        sv_phy_decoder_init(d, d->code);
    d->cpu = cpu;
    sv_memset(&d->count, 0, sizeof d->count);
}

void sv_phy_frame_close(struct sv_phy_decoder *d, uint64_t last_symbol, struct sv_phy_event *event)
{
    struct sv_phy_frame *f = &d->frame;
    const bool fits = f->open == 2 && f->bytes >= MIN_FRAME + 4 && f->dropped == 0;
    event->bytes = f->bytes;
    event->first_symbol = f->first_symbol;
    event->last_symbol = last_symbol;
    event->data_symbol = f->data_symbol;
    event->errors = f->errors;
    event->detail = f->dropped;
    if (f->errors > 0) {
        event->kind = SV_PHY_SYMBOL_ERROR;
        d->count.symbol_error++;
    } else if (fits && sv_crc32(0, f->byte, f->bytes) == SV_CRC32_RESIDUE) {
        event->kind = SV_PHY_FRAME;
        d->count.good++;
    } else {
        event->kind = SV_PHY_BAD_FCS;
        d->count.bad_fcs++;
    }
    f->open = 0;
}

void sv_phy_tell(struct sv_phy_decoder *d, struct sv_phy_event *event, uint32_t kind, uint64_t first_symbol,
                 uint32_t detail)
{
    struct sv_phy_counters *c = &d->count;
    uint64_t *const counter[SV_PHY_EVENT_KINDS] = {
        [SV_PHY_FALSE_CARRIER] = &c->false_carrier, [SV_PHY_LOCKED] = &c->locks,
        [SV_PHY_LOCK_LOST] = &c->lock_losses,       [SV_PHY_LINK_PULSE] = &c->link_pulses,
        [SV_PHY_INVERTED] = &c->inversions,
    };
    if (counter[kind])
        ++*counter[kind];
    c->hi_bers += kind == SV_PHY_HI_BER && detail != 0;
    *event =
        (struct sv_phy_event){.kind = kind, .first_symbol = first_symbol, .last_symbol = d->symbols, .detail = detail};
}
