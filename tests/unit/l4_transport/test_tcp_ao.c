/* SPDX-License-Identifier: BSD-2-Clause */
/* The TCP authentication option. The peer signs and checks with its own hand: every segment that the stack sends is
 * looked at, and none may go without a right code. Its number does not wrap: it is 64 bits wide. */
#include "core/cmac.h"
#include "core/sha1.h"
#include "tests/unit/l4_transport/peer.h"

#define OPT_AO "\x1d\x10ii............" /* ids and code are filled in */
#define SECRET "a master key of some length"

enum how { SIGNED, UNSIGNED, WRONG_KEY, FLIPPED, UNKNOWN_ID, OLD_ROUND };

/* What the peer holds. */
static struct {
    enum how how;           /* of what is given next */
    bool aes, skip_options; /* the algorithm; options are left out of the code */
    uint8_t key, next;      /* ids that the peer's segments carry */
    uint8_t wants;          /* id that the stack's must carry; so must they ask for what `asked` says */
    uint8_t asked;
    uint64_t iss, irs; /* the peer's first number and the stack's, in 64 bits */
    uint64_t at;       /* where the peer's numbers are, roughly */
    uint32_t seen;
} its;

static const char *secret_of(uint8_t id)
{
    return id < 50 ? SECRET : SECRET " and another";
}

static void mac_of(const char *key, uint32_t n, const uint8_t *text, uint32_t length, uint8_t *to)
{
    if (!its.aes) {
        struct sv_hmac_sha1 h;
        sv_hmac_sha1_begin(&h, key, n);
        sv_hmac_sha1_add(&h, text, length);
        sv_hmac_sha1_end(&h, to);
    } else {
        static const uint8_t zero[16];
        struct sv_cmac c;
        uint8_t short_key[16];
        memcpy(short_key, n == 16 ? (const uint8_t *)key : zero, 16);
        if (n != 16) {
            sv_cmac_begin(&c, zero);
            sv_cmac_add(&c, key, n);
            sv_cmac_end(&c, short_key);
        }
        sv_cmac_begin(&c, short_key);
        sv_cmac_add(&c, text, length);
        sv_cmac_end(&c, to);
    }
}

static uint8_t *find_ao(const uint8_t *tcp)
{
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    for (uint32_t i = 20; i < header && tcp[i] != 0; i += tcp[i] == 1 ? 1u : tcp[i + 1u])
        if (tcp[i] == 29)
            return (uint8_t *)(uintptr_t)(tcp + i);
    return NULL;
}

/* RFC 5926 §3.1 and RFC 5925 §5.1, in their words; the option of the segment is at `option`. */
static void code_of(const uint8_t *ip, const uint8_t *option, const char *secret, uint64_t src_isn, uint64_t dst_isn,
                    uint64_t seq, uint8_t mac[20])
{
    const uint8_t *tcp = ip + 20;
    const uint32_t length = peer_get16(ip + 2) - 20u, header = (uint32_t)(tcp[12] >> 4) * 4u;
    uint8_t text[1700] = "\x01TCP-AO", traffic[20];
    memcpy(text + 7, ip + 12, 8);
    memcpy(text + 15, tcp, 4);
    peer_put32(text + 19, (uint32_t)src_isn);
    peer_put32(text + 23, (uint32_t)dst_isn);
    peer_put16(text + 27, its.aes ? 128 : 160);
    mac_of(secret, (uint32_t)strlen(secret), text, 29, traffic);
    peer_put32(text, (uint32_t)(seq >> 32) - (its.how == OLD_ROUND ? 1u : 0u));
    memcpy(text + 4, ip + 12, 8);
    peer_put16(text + 12, 6);
    peer_put16(text + 14, length);
    uint8_t *t = text + 16;
    memcpy(t, tcp, length);
    peer_put16(t + 16, 0);
    memset(t + (option - tcp) + 4, 0, 12);
    uint32_t n = length;
    if (its.skip_options) {
        memcpy(t + 20, option, 4);
        memset(t + 24, 0, 12);
        memcpy(t + 36, tcp + header, length - header);
        n = 36 + length - header;
    }
    if (its.aes) {
        struct sv_cmac c;
        sv_cmac_begin(&c, traffic);
        sv_cmac_add(&c, text, 16 + n);
        sv_cmac_end(&c, mac);
    } else {
        mac_of((const char *)traffic, 20, text, 16 + n, mac);
    }
}

/* The 64-bit number near `about` whose lower half is seq. */
static uint64_t whole(uint64_t about, uint32_t seq)
{
    return about + (uint64_t)(int64_t)(int32_t)(seq - (uint32_t)about);
}

static void sign_ao(struct peer *p, uint8_t *ip)
{
    uint8_t *tcp = ip + 20, *at = find_ao(tcp), mac[20];
    (void)p;
    if (!at)
        return;
    const bool first = (tcp[13] & (SYN | ACK)) == SYN;
    at[2] = its.how == UNKNOWN_ID ? 200 : its.key;
    at[3] = its.next;
    if (tcp[13] & SYN)
        its.iss = its.at = peer_get32(tcp + 4);
    its.at = whole(its.at, peer_get32(tcp + 4));
    code_of(ip, at, its.how == WRONG_KEY ? "x" : secret_of(its.key), its.iss, first ? 0 : its.irs, its.at, mac);
    memcpy(at + 4, mac, 12);
    if (its.how == FLIPPED)
        at[15] ^= 1;
}

static void check_ao(struct peer *p, const uint8_t *ip)
{
    const uint8_t *tcp = ip + 20, *at = find_ao(tcp);
    static uint64_t ours;
    uint8_t mac[20];
    const bool first = (tcp[13] & (SYN | ACK)) == SYN;
    const enum how how = its.how;
    (void)p;
    assert_non_null(at);
    assert_int_equal(at[1], 16);
    assert_int_equal(at[2], its.wants);
    assert_int_equal(at[3], its.asked);
    if (tcp[13] & SYN)
        its.irs = ours = peer_get32(tcp + 4);
    ours = whole(ours, peer_get32(tcp + 4));
    its.how = SIGNED;
    code_of(ip, at, secret_of(its.wants), its.irs, first ? 0 : its.iss, ours, mac);
    its.how = how;
    assert_memory_equal(at + 4, mac, 12);
    its.seen++;
}

static struct sv_auth_key key_of(uint8_t send_id, uint8_t recv_id)
{
    const char *secret = secret_of(recv_id);
    struct sv_auth_key k = {.size = sizeof k,
                            .how = its.aes ? SV_AUTH_AO_AES_CMAC : SV_AUTH_AO_HMAC_SHA1,
                            .peer = sv_addr_v4(10, 0, 0, 2),
                            .prefix_length = 32,
                            .send_id = send_id,
                            .recv_id = recv_id,
                            .options_excluded = its.skip_options,
                            .length = (uint8_t)strlen(secret)};
    memcpy(k.key, secret, k.length);
    return k;
}

static enum sv_err add(struct peer *p, struct sv_auth_key k)
{
    return sv_auth_add(p->stack, &k, p->now);
}

/* The stack signs by 10 and takes 11. */
static struct peer *open_keyed(const struct sv_stack_config *c, bool aes, bool skip_options)
{
    struct peer *p = test_malloc(sizeof *p);
    peer_open(p, c, 64u << 20, 1024);
    memset(&its, 0, sizeof its);
    its.aes = aes;
    its.skip_options = skip_options;
    its.key = its.asked = 11;
    its.next = its.wants = 10;
    p->sign = sign_ao;
    p->check = check_ao;
    assert_int_equal(add(p, key_of(10, 11)), SV_OK);
    return p;
}

static struct peer *open_peer(void)
{
    static const struct sv_stack_config c = {.connections = 32};
    return open_keyed(&c, false, false);
}

static void close_peer(struct peer *p)
{
    peer_close(p);
    test_free(p);
}

static void give(struct peer *p, enum how h, struct peer_seg s)
{
    its.how = h;
    if (h != UNSIGNED && !s.options) {
        s.options = OPT_AO;
        s.options_length = 16;
    }
    peer_give(p, s);
    its.how = SIGNED;
}

static uint64_t drops(const struct peer *p, enum sv_drop why)
{
    return sv_stack_drops(p->stack, why);
}

#define EVERY_OPTION OPT_AO OPT_MSS OPT_SACK OPT_SCALE
static sv_sock accepted(struct peer *p, sv_sock listener, uint32_t isn, uint32_t *iss)
{
    sv_sock c = SV_NO_SOCK;
    peer_clear(p);
    give(p, SIGNED,
         (struct peer_seg){
             .flags = SYN, .seq = isn, .options = EVERY_OPTION, .options_length = 26, .timed = true, .ts = 5});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    *iss = peer_last(p)->seq;
    give(p, SIGNED,
         (struct peer_seg){
             .flags = ACK, .seq = isn + 1u, .ack = *iss + 1u, .timed = true, .ts = 5, .ecr = peer_last(p)->ts});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    peer_take(p);
    return c;
}

/* A segment of the peer's on that connection. */
static struct peer_seg on(uint32_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    return (struct peer_seg){.flags = (uint16_t)flags, .seq = seq, .ack = ack, .len = len, .timed = true, .ts = 6};
}

/* Opened by the peer; data both ways; closed by us, with TIME-WAIT and a FIN that comes again; all of it signed. */
static void life(bool aes, bool skip_options)
{
    static const struct sv_stack_config config = {.connections = 32};
    struct peer *p = open_keyed(&config, aes, skip_options);
    uint32_t iss;
    size_t n;
    uint8_t text[3000] = {1};
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, 1000, &iss);
    assert_int_equal(peer_info(p, c).mss_bytes, 1460 - 12 - 16);
    assert_int_equal(peer_info(p, c).options, 1 | 2 | 4 | 64);
    give(p, SIGNED, on(ACK | PSH, 1001, iss + 1u, 100));
    assert_int_equal(sv_recv(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
    assert_int_equal(n, 100);
    give(p, SIGNED, on(ACK, 1301, iss + 1u, 100));
    give(p, SIGNED, on(ACK, 1501, iss + 1u, 100));
    assert_int_equal(peer_last(p)->sacks, 1); /* RFC 5925 §7.6: as many as there is room for */
    give(p, SIGNED, on(ACK, 1101, iss + 1u, 200));
    give(p, SIGNED, on(ACK, 1401, iss + 1u, 100));
    assert_int_equal(sv_recv(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
    peer_clear(p);
    assert_int_equal(sv_send(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
    peer_take(p);
    assert_int_equal(p->seen[0].total, 1500);
    give(p, SIGNED, on(ACK, 1601, iss + 3001u, 0));
    sv_close(p->stack, c, p->now);
    peer_take(p);
    assert_int_equal(peer_last(p)->flags, FIN | ACK);
    give(p, SIGNED, on(FIN | ACK, 1601, iss + 3002u, 0));
    peer_clear(p);
    give(p, SIGNED, on(FIN | ACK, 1601, iss + 3002u, 0)); /* TIME-WAIT answers */
    assert_int_equal(peer_last(p)->flags, ACK);
    peer_clear(p);
    give(p, UNSIGNED, on(FIN | ACK, 1601, iss + 3002u, 0));
    assert_int_equal(p->n, 0);
    assert_int_equal(drops(p, SV_DROP_TCP_AO_WRONG), 0);
    sv_close(p->stack, listener, p->now);
    peer_wait(p, 120 * SV_S);
    assert_int_equal(p->stack->tcp.aos_used, 0);
    close_peer(p);
}

static void lives(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        life(i & 1u, i & 2u);
}

/* Opened by us; the SYN,ACK tells the peer's number; a reset must be signed too. */
static void active(void **state)
{
    struct peer *p = open_peer();
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 4000};
    const struct sv_connect_options o = {.size = sizeof o, .local = {sv_addr_v4(10, 0, 0, 1), 80}};
    sv_sock c;
    size_t n;
    (void)state;
    assert_int_equal(sv_connect(p->stack, &to, &o, &c, p->now), SV_OK);
    peer_take(p);
    const struct peer_seen syn = *peer_last(p);
    assert_int_equal(syn.flags, SYN);
    assert_true(syn.has_ts && syn.has_sack && syn.has_scale);
    peer_clear(p);
    give(p, UNSIGNED, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u});
    give(p, WRONG_KEY, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u});
    give(p, SIGNED, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 2u});
    give(p, SIGNED, (struct peer_seg){.flags = RST | ACK, .ack = syn.seq + 1u}); /* no connection: no numbers */
    assert_int_equal(p->n, 0);
    assert_int_equal(peer_info(p, c).state, SV_SYN_SENT);
    give(p, SIGNED, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u});
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(sv_send(p->stack, c, "hello", 5, &n, p->now), SV_OK);
    peer_wait(p, 5 * SV_S);
    give(p, UNSIGNED, (struct peer_seg){.flags = RST, .seq = 5001});
    assert_int_equal(p->error, 0);
    give(p, SIGNED, (struct peer_seg){.flags = RST, .seq = 5001});
    assert_int_equal(p->error, SV_ERR_RESET);
    assert_true(its.seen > 4);
    close_peer(p);
}

/* Without a right code nothing reaches a connection, and nothing is answered; nor is what is for no connection. */
static void strangers(void **state)
{
    static const enum how ways[] = {UNSIGNED, WRONG_KEY, FLIPPED, UNKNOWN_ID, OLD_ROUND};
    static const enum sv_drop why[] = {SV_DROP_TCP_AO_MISSING, SV_DROP_TCP_AO_WRONG, SV_DROP_TCP_AO_WRONG,
                                       SV_DROP_TCP_AO_NO_KEY, SV_DROP_TCP_AO_WRONG};
    static const uint32_t flags[] = {RST, SYN, ACK | PSH, FIN | ACK, ACK};
    struct peer *p = open_peer();
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, 1000, &iss);
    for (uint32_t w = 0; w < 5; w++) {
        for (uint32_t i = 0; i < 5; i++) {
            const uint64_t before = drops(p, why[w]), isn = its.iss, at = its.at;
            peer_clear(p);
            give(p, ways[w], on(flags[i], 1001, iss + 1u, flags[i] & PSH ? 10 : 0));
            its.iss = isn;
            its.at = at;
            assert_int_equal(drops(p, why[w]), before + 1u);
            assert_int_equal(p->n, 0);
        }
    }
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 7, .ack = 9, .sport = 4001}); /* nobody's */
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 7, .dport = 81});
    assert_int_equal(p->n, 0);
    assert_true(drops(p, SV_DROP_TCP_AO_NO_KEY) >= 2);
    close_peer(p);
}

/* Both keys are there; the peer asks for the new one, we ask for it too; the old one goes. */
static void rolls_over(void **state)
{
    struct peer *p = open_peer();
    struct sv_auth_info info = {.size = sizeof info};
    struct sv_auth_key old;
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, 1000, &iss);
    sv_close(p->stack, listener, p->now);
    assert_int_equal(sv_auth_next(p->stack, c, 61, p->now), SV_ERR_INVALID);
    assert_int_equal(add(p, key_of(60, 11)), SV_ERR_IN_USE);
    assert_int_equal(add(p, key_of(10, 61)), SV_ERR_IN_USE);
    assert_int_equal(add(p, key_of(60, 61)), SV_OK);
    peer_clear(p);
    its.asked = 61;
    assert_int_equal(sv_auth_next(p->stack, c, 61, p->now), SV_OK); /* tells the peer at once, by the old key */
    peer_take(p);
    assert_int_equal(peer_last(p)->flags, ACK);
    its.key = 61; /* it does as it was asked, and asks in turn */
    its.next = its.wants = 60;
    give(p, SIGNED, on(ACK | PSH, 1001, iss + 1u, 10));
    assert_int_equal(peer_info(p, c).recv_queued, 10);
    peer_wait(p, SV_S);
    assert_int_equal(peer_last(p)->flags, ACK);
    assert_int_equal(sv_auth_info(p->stack, c, &info), SV_OK);
    assert_int_equal(info.how, SV_AUTH_AO_HMAC_SHA1);
    assert_int_equal(info.send_id, 60);
    assert_int_equal(info.recv_id, 61);
    its.key = 11; /* what was on its way by the old key is right as well */
    give(p, SIGNED, on(ACK | PSH, 1011, iss + 1u, 10));
    assert_int_equal(peer_info(p, c).recv_queued, 20);
    its.next = 77; /* asked for what we have not: nothing changes */
    give(p, SIGNED, on(ACK | PSH, 1021, iss + 1u, 10));
    assert_int_equal(peer_info(p, c).recv_queued, 30);
    old = key_of(60, 61);
    assert_int_equal(sv_auth_remove(p->stack, &old, p->now), SV_ERR_IN_USE);
    old = key_of(10, 11);
    assert_int_equal(sv_auth_remove(p->stack, &old, p->now), SV_OK);
    give(p, SIGNED, on(ACK | PSH, 1031, iss + 1u, 10));
    assert_int_equal(peer_info(p, c).recv_queued, 30);
    its.key = 61;
    its.next = 60;
    give(p, SIGNED, on(ACK | PSH, 1031, iss + 1u, 10));
    assert_int_equal(peer_info(p, c).recv_queued, 40);
    close_peer(p);
}

/* The peer's numbers go round, twice, with gaps and repetitions at the edge: what is of another round is not taken. */
static void rounds(void **state)
{
    static const struct sv_stack_config config = {.connections = 32, .recv_buffer = 1u << 30};
    struct peer *p = open_keyed(&config, false, false);
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, 0xffffff00u, &iss);
    uint8_t text[1500];
    size_t n;
    uint32_t seq = 0xffffff01u;
    for (uint32_t i = 0; i < 3; i++, seq += 150) {
        give(p, SIGNED, on(ACK | PSH, seq + 50, iss + 1u, 100)); /* over the edge first */
        give(p, OLD_ROUND, on(ACK | PSH, seq, iss + 1u, 50));
        give(p, SIGNED, on(ACK | PSH, seq, iss + 1u, 50));
        assert_int_equal(sv_recv(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
        assert_int_equal(n, 150);
    }
    assert_int_equal(drops(p, SV_DROP_TCP_AO_WRONG), 3);
    assert_true(its.at >> 32 == 1);
    close_peer(p);
}

/* As many as the ceiling says, half-open ones too; then a SYN finds no room, and connect() says so. */
static void ceiling(void **state)
{
    static const struct sv_stack_config config = {.connections = 32, .auth_connections = 2};
    struct peer *p = open_keyed(&config, false, false);
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 4000};
    uint32_t iss;
    sv_sock c;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    (void)accepted(p, listener, 1000, &iss);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .sport = 4001});
    peer_clear(p);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .sport = 4002});
    assert_int_equal(p->n, 0);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_ERR_NO_MEMORY);
    sv_close(p->stack, listener, p->now); /* both go */
    peer_take(p);
    peer_wait(p, 2 * SV_S);
    assert_int_equal(sv_connect(p->stack, &to, NULL, &c, p->now), SV_OK);
    its.asked = 11;
    peer_take(p);
    close_peer(p);
}

/* A connection that was open when its key came goes on unsigned. */
static void not_in_the_middle(void **state)
{
    struct peer *p = open_peer();
    struct sv_auth_key k = key_of(10, 11);
    uint32_t iss;
    (void)state;
    p->check = NULL;
    p->sign = NULL;
    assert_int_equal(sv_auth_remove(p->stack, &k, p->now), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = peer_connected(p, listener, (struct peer_seg){0}, &iss);
    assert_int_equal(add(p, k), SV_OK);
    give(p, UNSIGNED, (struct peer_seg){.flags = ACK | PSH, .seq = 1001, .ack = iss + 1u, .len = 10});
    assert_int_equal(peer_info(p, c).recv_queued, 10);
    assert_int_equal(sv_auth_next(p->stack, c, 11, p->now), SV_ERR_STATE);
    close_peer(p);
}

/* RFC 5925 §8: a segment with MD5's option as well is nobody's. */
static void both_options(void **state)
{
    struct peer *p = open_peer();
    (void)state;
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    give(p, SIGNED,
         (struct peer_seg){.flags = SYN, .seq = 1, .options = OPT_AO "\x13\x12................", .options_length = 34});
    assert_int_equal(drops(p, SV_DROP_TCP_AO_WRONG), 1);
    assert_int_equal(p->n, 0);
    close_peer(p);
}

/* Who has no key here may sign: it is as if it had not (RFC 5925 §7.3). */
static void unknown_peer(void **state)
{
    struct peer *p = open_peer();
    (void)state;
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    p->check = NULL;
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .from = 0x0a090003u});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    close_peer(p);
}

/* RFC 5925 §7.8: a router that says our segments are too long has no key. */
static void icmp(void **state)
{
    struct peer *p = open_peer();
    uint32_t iss;
    size_t n;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, 1000, &iss);
    const uint32_t value = SV_TCP_VALUE(SV_TCP_FULL, SV_SOCK_INDEX(c.index));
    assert_int_equal(sv_send(p->stack, c, "hello", 5, &n, p->now), SV_OK);
    peer_take(p);
    assert_false(sv_tcp_quotes(&p->stack->tcp, value, iss + 1u));
    p->stack->tcp.aos_used = 0; /* as if it were not signed */
    assert_true(sv_tcp_quotes(&p->stack->tcp, value, iss + 1u));
    p->stack->tcp.aos_used = 1;
    close_peer(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives),
        cmocka_unit_test(active),
        cmocka_unit_test(strangers),
        cmocka_unit_test(rolls_over),
        cmocka_unit_test(rounds),
        cmocka_unit_test(ceiling),
        cmocka_unit_test(not_in_the_middle),
        cmocka_unit_test(both_options),
        cmocka_unit_test(unknown_peer),
        cmocka_unit_test(icmp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
