/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways from CLOSED to each state. Afterwards both sides' numbers are settled and nothing is owed:
 * an answer that is due has been given. */
#include "tests/support/exchange_private.h"

#define MODERN .options = O_MSS | O_SCALE | O_SACK_OK | O_TS, .mss = 1012, .scale = 2, .ts = 1000
#define PLAIN .options = O_MSS, .mss = 1000

#define PASSIVE(...)                                                                                  \
    {0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN}, {0, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, __VA_ARGS__}, \
    {                                                                                                 \
        0, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED                                                    \
    }
#define ACTIVE                                    \
    {0, CALL, CONNECT, 0, 0, SV_OK, SV_SYN_SENT}, \
    {                                             \
        0, US, SYN, 0, 0, 0, SV_SYN_SENT          \
    }
#define ACCEPTED(...)                                               \
    PASSIVE(__VA_ARGS__), {10, PEER, ACK, 1, 1, 0, SV_ESTABLISHED}, \
    {                                                               \
        10, CALL, ACCEPT, 0, 0, SV_OK, SV_ESTABLISHED               \
    }
#define CONNECTED(...)                                                   \
    ACTIVE, {10, PEER, SYN | ACK, 0, 1, 0, SV_ESTABLISHED, __VA_ARGS__}, \
    {                                                                    \
        10, US, ACK, 1, 1, 0, SV_ESTABLISHED                             \
    }

#define FINISH                                        \
    {20, CALL, SHUTDOWN, 0, 0, SV_OK, SV_FIN_WAIT_1}, \
    {                                                 \
        20, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1     \
    }
#define GO                                         \
    {20, CALL, CLOSE, 0, 0, SV_OK, SV_FIN_WAIT_1}, \
    {                                              \
        20, US, FIN | ACK, 1, 1, 0, SV_FIN_WAIT_1  \
    }
#define FINISHED                              \
    {                                         \
        30, PEER, ACK, 1, 2, 0, SV_FIN_WAIT_2 \
    }
#define WAITING                                   \
    {40, PEER, FIN | ACK, 1, 2, 0, SV_TIME_WAIT}, \
    {                                             \
        40, US, ACK, 2, 2, 0, SV_TIME_WAIT        \
    }
#define CROSSED                                 \
    {30, PEER, FIN | ACK, 1, 1, 0, SV_CLOSING}, \
    {                                           \
        30, US, ACK, 2, 2, 0, SV_CLOSING        \
    }
#define PEER_DONE                                  \
    {20, PEER, FIN | ACK, 1, 1, 0, SV_CLOSE_WAIT}, \
    {                                              \
        20, US, ACK, 1, 2, 0, SV_CLOSE_WAIT        \
    }
#define LAST                                        \
    {30, CALL, SHUTDOWN, 0, 0, SV_OK, SV_LAST_ACK}, \
    {                                               \
        30, US, FIN | ACK, 1, 2, 0, SV_LAST_ACK     \
    }
#define LAST_GO                                  \
    {30, CALL, CLOSE, 0, 0, SV_OK, SV_LAST_ACK}, \
    {                                            \
        30, US, FIN | ACK, 1, 2, 0, SV_LAST_ACK  \
    }

static const struct sv_line to_listen[] = {{0, CALL, LISTEN, 0, 0, SV_OK, SV_LISTEN}};
static const struct sv_line to_syn_sent[] = {ACTIVE};
static const struct sv_line to_crossing[] = {
    ACTIVE, {10, PEER, SYN, 0, 0, 0, SV_SYN_RECEIVED, PLAIN}, {10, US, SYN | ACK, 0, 1, 0, SV_SYN_RECEIVED}};

#define WAYS(way, open)                                                                \
    static const struct sv_line way##_established[] = {open};                          \
    static const struct sv_line way##_fin_wait_1[] = {open, FINISH};                   \
    static const struct sv_line way##_gone_fin_wait_1[] = {open, GO};                  \
    static const struct sv_line way##_fin_wait_2[] = {open, FINISH, FINISHED};         \
    static const struct sv_line way##_gone_fin_wait_2[] = {open, GO, FINISHED};        \
    static const struct sv_line way##_close_wait[] = {open, PEER_DONE};                \
    static const struct sv_line way##_closing[] = {open, FINISH, CROSSED};             \
    static const struct sv_line way##_gone_closing[] = {open, GO, CROSSED};            \
    static const struct sv_line way##_last_ack[] = {open, PEER_DONE, LAST};            \
    static const struct sv_line way##_gone_last_ack[] = {open, PEER_DONE, LAST_GO};    \
    static const struct sv_line way##_time_wait[] = {open, FINISH, FINISHED, WAITING}; \
    static const struct sv_line way##_gone_time_wait[] = {open, GO, FINISHED, WAITING};

#define OPEN_PASSIVE ACCEPTED(PLAIN)
#define OPEN_ACTIVE CONNECTED(PLAIN)
#define OPEN_PASSIVE_MODERN ACCEPTED(MODERN)
#define OPEN_ACTIVE_MODERN CONNECTED(MODERN)
static const struct sv_line passive_syn_received[] = {PASSIVE(PLAIN)};
static const struct sv_line passive_modern_syn_received[] = {PASSIVE(MODERN)};
WAYS(passive, OPEN_PASSIVE)
WAYS(active, OPEN_ACTIVE)
WAYS(passive_modern, OPEN_PASSIVE_MODERN)
WAYS(active_modern, OPEN_ACTIVE_MODERN)

struct way {
    const struct sv_line *lines;
    uint32_t count;
};
#define W(table)                                \
    {                                           \
        table, sizeof(table) / sizeof(table)[0] \
    }
#define WAY_TABLE(way, opening)                                                                                        \
    {                                                                                                                  \
        [SV_LISTEN] = {W(to_listen), W(to_listen)}, [SV_SYN_SENT] = {W(to_syn_sent), W(to_syn_sent)},                  \
        [SV_SYN_RECEIVED] = {W(opening), W(opening)}, [SV_ESTABLISHED] = {W(way##_established), W(way##_established)}, \
        [SV_FIN_WAIT_1] = {W(way##_fin_wait_1), W(way##_gone_fin_wait_1)},                                             \
        [SV_FIN_WAIT_2] = {W(way##_fin_wait_2), W(way##_gone_fin_wait_2)},                                             \
        [SV_CLOSE_WAIT] = {W(way##_close_wait), W(way##_close_wait)},                                                  \
        [SV_CLOSING] = {W(way##_closing), W(way##_gone_closing)},                                                      \
        [SV_LAST_ACK] = {W(way##_last_ack), W(way##_gone_last_ack)},                                                   \
        [SV_TIME_WAIT] = {W(way##_time_wait), W(way##_gone_time_wait)},                                                \
    }

static const struct way ways[2][2][SV_TCP_STATES][2] = {
    {WAY_TABLE(passive, passive_syn_received), WAY_TABLE(active, to_crossing)},
    {WAY_TABLE(passive_modern, passive_modern_syn_received), WAY_TABLE(active_modern, to_crossing)},
};

const struct sv_line *sv_talk_path(const struct sv_exchange *x, enum sv_tcp_state to, uint32_t *count)
{
    const struct way *w = &ways[x->modern ? 1 : 0][x->active ? 1 : 0][to][x->handle_gone ? 1 : 0];
    *count = w->count;
    return w->lines;
}
