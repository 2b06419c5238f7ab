/* SPDX-License-Identifier: BSD-2-Clause */
#include "l1_physical/link.h"

#include "core/math.h"
#include "core/mem.h"

#define PIECE 128u         /* symbols a turn */
#define LEAD 160u          /* of idle made before a frame: the receiver's taps and block, and a carrier's window */
#define TAIL 384u          /* and after it: what lies in the channel and the receiver, TP_IDL */
#define CODEWORD 2752u     /* symbols of a PAM4 codeword with its marker: a frame is known when the codeword is */
#define PARK 256u          /* symbols within which a decoder that is locked can skip; PAM4's after a codeword */
#define SETTLE 40000u      /* symbols of idle to bring a link up: the taps' 512 quick blocks, and some slow ones */
#define SETTLE_QUIET 4096u /* where idle is silence */
#define NS 1000000000u

static const char *const names[] = {"arrived", "bad-fcs", "symbol-error", "false-carrier", "never-seen"};

const char *sv_phy_outcome_name(uint32_t outcome)
{
    return outcome < SV_COUNT_OF(names) ? names[outcome] : "unknown";
}

static uint64_t symbols_to_ns(const struct sv_phy_link *l, uint64_t symbols)
{
    return sv_muldiv64(symbols, NS, l->symbol_hz);
}

/* An instant of the receiver as a time of the sender, in 2^-16 symbols from the beginning of its first, less what the
 * pulse takes to its peak. */
static int64_t sender_time(const struct sv_phy_link *l, uint64_t sample_q8)
{
    const uint64_t time_q16 = sv_muldiv64(sample_q8, l->channel.step, 1u << 24) + (l->config.channel.phase_q32 >> 16);
    return (int64_t)time_q16 - (int64_t)l->peak_q16;
}

/* Whether a block is within the frame, has consecutive numbers and all of it is as it was sent: the usual case. */
static bool all_right(const struct sv_phy_link *l, uint64_t first, uint64_t last, uint64_t from, uint64_t to)
{
    const uint32_t at = (uint32_t)(first % SV_PHY_SENT), n = l->receiver.count;
    const int8_t turn = l->config.channel.inverted ? -1 : 1;
    int32_t wrong = 0;
    if (n != SV_BLOCK || last - first != n - 1 || first < from || last >= to || at + n > SV_PHY_SENT)
        return false;
    for (uint32_t i = 0; i < SV_BLOCK; i++)
        wrong |= l->receiver.level[i] ^ l->sent[at + i] * turn;
    return wrong == 0;
}

/* Compares a block that was decided with what was sent, where a frame is. */
static void compare(struct sv_phy_link *l)
{
    const struct sv_receiver *r = &l->receiver;
    const int32_t turn = l->config.channel.inverted ? -1 : 1;
    const uint64_t oldest = l->encoder.symbols > SV_PHY_SENT ? l->encoder.symbols - SV_PHY_SENT : 0;
    const uint64_t from = l->encoder.frame_first > oldest ? l->encoder.frame_first : oldest;
    const uint64_t to = l->encoder.frame_end < l->encoder.symbols ? l->encoder.frame_end : l->encoder.symbols;
    const int64_t first_q16 = sender_time(l, r->first_q8) + 32768;
    const int64_t each_q16 = (int64_t)sv_muldiv64(r->each_q8, l->channel.step, 1u << 24);
    if (first_q16 < 0 || (uint64_t)(first_q16 >> 16) >= to)
        return;
    if (all_right(l, (uint64_t)(first_q16 >> 16), (uint64_t)((first_q16 + (r->count - 1) * each_q16) >> 16), from, to))
        return;
    for (uint32_t i = 0; i < r->count; i++) {
        const uint64_t number = (uint64_t)((first_q16 + i * each_q16) >> 16);
        if (number < from || number >= to || r->level[i] == turn * l->sent[number % SV_PHY_SENT])
            continue;
        if (l->now.wrong++ == 0) {
            l->now.wrong_sample = (r->first_q8 + i * r->each_q8 + 128) >> 8;
            l->now.wrong_symbol = number;
        }
    }
}

/* One symbol at a time up to where the decoder can skip; what comes after is not read. */
static void park(struct sv_phy_link *l)
{
    uint32_t at = 0;
    while (at < l->receiver.count && !l->parked) {
        struct sv_phy_event event;
        at += sv_phy_decode(&l->decoder, l->receiver.level + at, 1, &event);
        l->parked =
            event.kind == SV_PHY_NOTHING && sv_phy_decode_locked(&l->decoder) && sv_phy_decode_idle(&l->decoder);
    }
    l->unread += l->receiver.count - at;
}

/* A whole frame's octets are taken before the decoder is asked for more. */
static void decode(struct sv_phy_link *l)
{
    struct sv_phy_event event;
    uint32_t at = 0;
    do {
        at += sv_phy_decode(&l->decoder, l->level + at, l->levels - at, &event);
        l->seen |= 1u << event.kind;
        if (event.kind == SV_PHY_FRAME || (event.kind == SV_PHY_BAD_FCS && event.bytes <= SV_PHY_FRAME_MAX)) {
            l->now.bytes = event.bytes;
            sv_memcpy(l->frame, l->decoder.frame.byte, event.bytes);
        }
    } while (at < l->levels || event.kind != SV_PHY_NOTHING);
    l->levels = 0;
}

/* Decoders are quick where they get many symbols at once. */
static void collect(struct sv_phy_link *l)
{
    sv_memcpy(l->level + l->levels, l->receiver.level, l->receiver.count);
    l->levels += l->receiver.count;
    if (l->levels + SV_BLOCK > SV_PHY_LEVELS)
        decode(l);
}

static void receive(struct sv_phy_link *l, const int16_t *sample, uint32_t n)
{
    while (n != 0) {
        const uint32_t some = sv_receiver_put(&l->receiver, sample, n);
        sample += some;
        n -= some;
        while (sv_receiver_step(&l->receiver)) {
            if (l->encoder.frame_first != UINT64_MAX)
                compare(l);
            if (l->parking)
                park(l);
            else
                collect(l);
        }
    }
}

#define BEFORE 64u /* bits of preamble and delimiter */

void sv_phy_link_turn(struct sv_phy_link *l, uint32_t bit)
{
    l->turn = 1u + (uint64_t)bit;
}

/* What the pair does to the symbols of a bit, after they were remembered as sent. */
static void turn_over(const struct sv_phy_link *l, int8_t *symbol, uint32_t n, uint64_t first)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(l->config.channel.code);
    const uint64_t from = l->encoder.frame_first + sv_muldiv64(BEFORE + l->turn - 1u, info->symbol_hz, info->bit_hz);
    const uint64_t many = info->symbol_hz >= 2 * info->bit_hz ? 2 : 1;
    if (l->encoder.frame_first == UINT64_MAX)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (first + i >= from && first + i < from + many)
            symbol[i] = (int8_t)(symbol[i] ? -symbol[i] : info->peak);
    }
}

bool sv_phy_link_sent_byte(const struct sv_phy_link *l, uint32_t byte, int8_t level[SV_PHY_BYTE_LEVELS])
{
    const uint64_t from = l->now.first_symbol + 2u * (uint64_t)BEFORE + (uint64_t)SV_PHY_BYTE_LEVELS * byte;
    if (l->config.channel.code != SV_PHY_10BASE_T || from + SV_PHY_BYTE_LEVELS > l->now.end_symbol ||
        l->encoder.symbols - from > SV_PHY_SENT)
        return false;
    for (uint32_t i = 0; i < SV_PHY_BYTE_LEVELS; i++)
        level[i] = l->sent[(from + i) % SV_PHY_SENT];
    return true;
}

/* The next n symbols of the sender, all the way. */
static void pass(struct sv_phy_link *l, uint32_t n)
{
    int8_t symbol[PIECE];
    int16_t sample[SV_CHANNEL_SAMPLES];
    while (n != 0) {
        uint32_t some = n < PIECE ? n : PIECE;
        const uint64_t first = l->encoder.symbols;
        sv_phy_encode(&l->encoder, symbol, some);
        for (uint32_t i = 0; i < some; i++)
            l->sent[(first + i) % SV_PHY_SENT] = symbol[i];
        if (l->turn)
            turn_over(l, symbol, some, first);
        n -= some;
        const int8_t *from = symbol;
        for (;;) {
            const uint32_t made = sv_channel_run(&l->channel, &from, &some, sample, SV_CHANNEL_SAMPLES);
            if (made == 0)
                break;
            l->count.samples += made;
            receive(l, sample, made);
        }
    }
}

static uint32_t park_of(const struct sv_phy_link *l)
{
    return l->config.channel.code == SV_PHY_PAM4 ? 2 * CODEWORD : PARK;
}

/* Idle from about the present symbol up to number `to`, without making it. A decoder can skip where it is between two
 * units of its code: PAM4 only at the end of a codeword. */
static void skip(struct sv_phy_link *l, uint64_t to)
{
    decode(l);
    l->parking = true;
    l->parked = false;
    l->unread = 0;
    for (uint32_t n = 0; n < park_of(l) && !l->parked; n += PIECE)
        pass(l, PIECE);
    l->parking = false;
    const uint64_t n = to - l->encoder.symbols;
    sv_phy_encode_skip(&l->encoder, n);
    const uint64_t samples = sv_channel_skip(&l->channel, n, 0);
    const uint64_t missing = sv_receiver_skip(&l->receiver, samples, l->channel.step);
    if (l->parked)
        sv_phy_decode_skip(&l->decoder, missing + l->unread);
    l->parked = false;
}

static uint32_t tail_of(const struct sv_phy_link *l)
{
    return l->config.channel.code == SV_PHY_PAM4 ? TAIL + 2 * CODEWORD : TAIL;
}

static void find_peak(struct sv_phy_link *l)
{
    int32_t best = -1;
    for (uint32_t i = 0; i < SV_PULSE_POINTS; i++) {
        const int32_t v = l->channel.pulse[i % SV_PULSE_GRID][SV_TAPS - 1 - i / SV_PULSE_GRID];
        const int32_t size = v < 0 ? -v : v;
        if (size > best) {
            best = size;
            l->peak_q16 = 65536 / SV_PULSE_GRID * (uint64_t)i;
        }
    }
    /* Flat tops have no peak: their middle. The grid begins a symbol early, and an instant in the middle of a symbol
     * belongs to it. */
    if (l->config.channel.cable == SV_CABLE_NONE || l->config.channel.length_m == 0 || l->config.channel.unplugged)
        l->peak_q16 = 65536 + 32768;
    l->peak_q16 -= 65536;
}

static enum sv_err make_receiver(struct sv_phy_link *l)
{
    const struct sv_channel_config *c = &l->config.channel;
    const bool fast = c->code == SV_PHY_100BASE_TX;
    const struct sv_receiver_config config = {
        .code = c->code,
        .spacing_q32 = sv_muldiv64(c->sample_hz, UINT64_C(1) << 32, l->symbol_hz),
        .equaliser = fast && !l->config.no_equaliser,
        .wander = fast && !l->config.no_wander,
        .cpu = c->cpu,
    };
    return sv_receiver_init(&l->receiver, &config);
}

enum sv_err sv_phy_link_init(struct sv_phy_link *l, const struct sv_phy_link_config *config)
{
    const struct sv_phy_code_info *info = sv_phy_code_info(config->channel.code);
    if (info == NULL)
        return SV_ERR_INVALID;
    sv_memset(l, 0, sizeof *l);
    l->config = *config;
    l->symbol_hz = info->symbol_hz;
    if (l->config.channel.sample_hz == 0)
        l->config.channel.sample_hz = 2 * info->symbol_hz;
    if (l->config.channel.phase_q32 == 0)
        l->config.channel.phase_q32 = 1u << 31;
    enum sv_err err = sv_channel_init(&l->channel, &l->config.channel);
    if (err == SV_OK)
        err = make_receiver(l);
    if (err != SV_OK)
        return err;
    find_peak(l);
    sv_phy_encoder_init(&l->encoder, config->channel.code);
    sv_phy_decoder_init(&l->decoder, config->channel.code);
    l->decoder.cpu = config->channel.cpu;
    const bool silent = config->channel.code == SV_PHY_10BASE_T;
    pass(l, silent ? SETTLE_QUIET : SETTLE);
    decode(l);
    l->up = silent || sv_phy_decode_locked(&l->decoder);
    l->count.samples = 0;
    return SV_OK;
}

uint64_t sv_phy_link_free_ns(const struct sv_phy_link *l)
{
    return symbols_to_ns(l, l->encoder.symbols);
}

static uint32_t outcome_of(const struct sv_phy_link *l)
{
    if (l->seen & 1u << SV_PHY_FRAME)
        return SV_PHY_ARRIVED;
    if (l->seen & 1u << SV_PHY_BAD_FCS)
        return SV_PHY_LOST_FCS;
    if (l->seen & 1u << SV_PHY_SYMBOL_ERROR)
        return SV_PHY_LOST_SYMBOL;
    return l->seen & 1u << SV_PHY_FALSE_CARRIER ? SV_PHY_LOST_CARRIER : SV_PHY_NEVER_SEEN;
}

/* Passes idle up to where the frame may be loaded. */
static void approach(struct sv_phy_link *l, uint64_t at_ns)
{
    const uint64_t start = sv_muldiv64(at_ns, l->symbol_hz, NS);
    if (start > l->encoder.symbols + 2 * LEAD + park_of(l))
        skip(l, start - LEAD);
    if (start > l->encoder.symbols)
        pass(l, (uint32_t)(start - l->encoder.symbols));
}

enum sv_err sv_phy_link_send(struct sv_phy_link *l, const uint8_t *octets, uint32_t n, enum sv_phy_fcs fcs,
                             uint64_t at_ns, struct sv_phy_passage *passage)
{
    if (n == 0)
        return SV_ERR_INVALID;
    if (n + (fcs == SV_PHY_FCS_APPEND ? 4u : 0u) > SV_PHY_FRAME_MAX)
        return SV_ERR_TOO_BIG;
    l->now = (struct sv_phy_passage){.sample_hz = l->config.channel.sample_hz};
    approach(l, at_ns);
    decode(l);
    l->now.bytes = 0;
    l->seen = 0;
    const enum sv_err err = sv_phy_encode_frame(&l->encoder, octets, n, fcs);
    if (err != SV_OK)
        return err;
    while (sv_phy_encode_busy(&l->encoder))
        pass(l, PIECE);
    pass(l, tail_of(l));
    decode(l);
    struct sv_phy_passage *p = &l->now;
    p->outcome = outcome_of(l);
    p->first_symbol = l->encoder.frame_first;
    p->end_symbol = l->encoder.frame_end;
    p->start_ns = symbols_to_ns(l, p->first_symbol);
    p->end_ns = symbols_to_ns(l, p->end_symbol) + sv_channel_delay_ns(&l->config.channel);
    const uint64_t from_q16 = (p->first_symbol << 16) - (l->config.channel.phase_q32 >> 16);
    p->first_sample = sv_muldiv64(from_q16, 1u << 16, l->channel.step);
    l->count.sent++;
    l->count.of[p->outcome]++;
    l->count.wrong_symbols += p->wrong;
    l->turn = 0;
    *passage = *p;
    return SV_OK;
}
