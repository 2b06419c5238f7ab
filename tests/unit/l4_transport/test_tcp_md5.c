/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures of RFC 2385. The peer signs and checks with its own hand: every segment that the stack sends is looked at,
 * and none may go without a right signature. */
#include "core/md5.h"
#include "tests/unit/l4_transport/peer.h"

#define OPT_MD5                                                       \
    "\x01\x01\x13\x12" /* then 16 bytes, which sign_md5() fills in */ \
    "................"

enum how { SIGNED, UNSIGNED, WRONG_KEY, CUT, FLIPPED };
static enum how how;               /* of what is given next */
static const char *secret, *other; /* the key; what WRONG_KEY uses */
static uint32_t unsigned_seen;     /* segments of the stack's without the option */

static const uint8_t *find_md5(const uint8_t *tcp)
{
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    for (uint32_t i = 20; i < header && tcp[i] != 0; i += tcp[i] == 1 ? 1u : tcp[i + 1u]) {
        if (tcp[i] == 19) {
            assert_int_equal(tcp[i + 1u], 18);
            return tcp + i + 2u;
        }
    }
    return NULL;
}

/* RFC 2385 §2.0, in the words of the RFC. */
static void digest_of(const uint8_t *ip, const char *key, uint8_t digest[16])
{
    const uint8_t *tcp = ip + 20;
    const uint32_t length = peer_get16(ip + 2) - 20u, header = (uint32_t)(tcp[12] >> 4) * 4u;
    const uint8_t rest[4] = {0, 6, (uint8_t)(length >> 8), (uint8_t)length}, zero[2] = {0, 0};
    struct sv_md5 m;
    sv_md5_begin(&m);
    sv_md5_add(&m, ip + 12, 8);
    sv_md5_add(&m, rest, 4);
    sv_md5_add(&m, tcp, 16);
    sv_md5_add(&m, zero, 2);
    sv_md5_add(&m, tcp + 18, 2);
    sv_md5_add(&m, tcp + header, length - header);
    sv_md5_add(&m, key, (uint32_t)strlen(key));
    sv_md5_end(&m, digest);
}

static void sign_md5(struct peer *p, uint8_t *ip)
{
    uint8_t *at = (uint8_t *)(uintptr_t)find_md5(ip + 20);
    (void)p;
    if (at)
        digest_of(ip, how == WRONG_KEY ? other : secret, at);
    if (at && how == FLIPPED)
        at[15] ^= 1u;
    if (at && how == CUT) /* an option of 17 bytes: no signature */
        at[-1] = 17, at[15] = 1;
}

static void check_md5(struct peer *p, const uint8_t *ip)
{
    const uint8_t *at = find_md5(ip + 20);
    uint8_t digest[16];
    (void)p;
    if (!at || !secret) {
        unsigned_seen++;
        assert_true(!at || secret);
        return;
    }
    digest_of(ip, secret, digest);
    assert_memory_equal(at, digest, 16);
}

static struct sv_auth_key key_for(const char *peer, uint32_t prefix, const char *text)
{
    struct sv_auth_key k = {.size = sizeof k, .how = SV_AUTH_MD5, .prefix_length = prefix};
    assert_true(sv_addr_parse(peer, &k.peer, NULL));
    k.length = (uint8_t)strlen(text);
    memcpy(k.key, text, k.length);
    return k;
}

static struct peer *open_keyed(const struct sv_stack_config *c)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_auth_key k = key_for("10.0.0.2", 32, "password");
    peer_open(p, c, 64u << 20, 1024);
    how = SIGNED;
    secret = "password";
    other = "passwort";
    unsigned_seen = 0;
    p->sign = sign_md5;
    p->check = check_md5;
    assert_int_equal(sv_auth_add(p->stack, &k, p->now), SV_OK);
    return p;
}

static struct peer *open_peer(void)
{
    static const struct sv_stack_config c = {.connections = 32};
    return open_keyed(&c);
}

static void close_peer(struct peer *p)
{
    assert_int_equal(unsigned_seen, 0);
    peer_close(p);
    test_free(p);
}

/* A segment of the peer's, signed as `h`. */
static void give(struct peer *p, enum how h, struct peer_seg s)
{
    how = h;
    if (h != UNSIGNED && !s.options) {
        s.options = OPT_MD5;
        s.options_length = 20;
    }
    peer_give(p, s);
    how = SIGNED;
}

static uint64_t drops(const struct peer *p, enum sv_drop why)
{
    return sv_stack_drops(p->stack, why);
}

#define EVERY_OPTION OPT_MD5 OPT_MSS OPT_SACK OPT_SCALE
static sv_sock accepted(struct peer *p, sv_sock listener, uint32_t *iss)
{
    sv_sock c = SV_NO_SOCK;
    peer_clear(p);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1000, .options = EVERY_OPTION, .options_length = 30});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    *iss = peer_last(p)->seq;
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = *iss + 1u});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    return c;
}

/* Opened by the peer; data both ways; closed by us, with TIME-WAIT and a FIN that comes again; all of it signed. */
static void passive_life(void **state)
{
    struct peer *p = open_peer();
    uint32_t iss;
    size_t n;
    uint8_t text[3000] = {1};
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, &iss);
    assert_int_equal(peer_info(p, c).mss_bytes, 1460 - 20); /* the signature's room */
    assert_int_equal(peer_info(p, c).options, 2 | 4 | 64);
    give(p, SIGNED, (struct peer_seg){.flags = ACK | PSH, .seq = 1001, .ack = iss + 1u, .len = 100});
    assert_int_equal(sv_recv(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
    assert_int_equal(n, 100);
    peer_clear(p);
    assert_int_equal(sv_send(p->stack, c, text, sizeof text, &n, p->now), SV_OK);
    peer_take(p);
    assert_int_equal(p->n, 3);
    assert_int_equal(p->seen[0].len, 1440);
    assert_int_equal(p->seen[0].total, 1500);
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 1101, .ack = iss + 3001u});
    sv_close(p->stack, c, p->now);
    peer_take(p);
    assert_int_equal(peer_last(p)->flags, FIN | ACK);
    give(p, SIGNED, (struct peer_seg){.flags = FIN | ACK, .seq = 1101, .ack = iss + 3002u});
    assert_int_equal(peer_last(p)->flags, ACK);
    peer_clear(p);
    give(p, SIGNED, (struct peer_seg){.flags = FIN | ACK, .seq = 1101, .ack = iss + 3002u}); /* TIME-WAIT answers */
    assert_int_equal(peer_last(p)->flags, ACK);
    peer_clear(p);
    give(p, UNSIGNED, (struct peer_seg){.flags = FIN | ACK, .seq = 1101, .ack = iss + 3002u});
    assert_int_equal(p->n, 0);
    close_peer(p);
}

/* Opened by us: no timestamps beside SACK (there is no room), no Fast Open; what is sent again is signed anew. */
static void active_life(void **state)
{
    struct peer *p = open_peer();
    const struct sv_endpoint to = {sv_addr_v4(10, 0, 0, 2), 4000};
    const struct sv_connect_options o = {.size = sizeof o, .local = {sv_addr_v4(10, 0, 0, 1), 80}};
    sv_sock c;
    size_t n = 9;
    (void)state;
    assert_int_equal(sv_connect_fast(p->stack, &to, &o, "early", 5, &n, &c, p->now), SV_OK);
    assert_int_equal(n, 0);
    peer_take(p);
    const struct peer_seen syn = *peer_last(p);
    assert_int_equal(syn.flags, SYN);
    assert_true(syn.has_mss && syn.has_sack && syn.has_scale && !syn.has_ts && !syn.has_cookie);
    assert_int_equal(syn.mss, 1460); /* RFC 6691: options are not taken off */
    peer_clear(p);
    give(p, UNSIGNED, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u});
    give(p, WRONG_KEY, (struct peer_seg){.flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u});
    give(p, UNSIGNED, (struct peer_seg){.flags = RST | ACK, .ack = syn.seq + 1u});
    assert_int_equal(p->n, 0);
    assert_int_equal(peer_info(p, c).state, SV_SYN_SENT);
    peer_wait(p, 1100 * SV_MS);
    assert_int_equal(peer_last(p)->flags, SYN);
    give(p, SIGNED,
         (struct peer_seg){
             .flags = SYN | ACK, .seq = 5000, .ack = syn.seq + 1u, .options = EVERY_OPTION, .options_length = 30});
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(peer_info(p, c).options, 2 | 4 | 64);
    assert_int_equal(sv_send(p->stack, c, "hello", 5, &n, p->now), SV_OK);
    peer_clear(p);
    peer_take(p);
    assert_int_equal(peer_last(p)->len, 5);
    peer_wait(p, 15 * SV_S); /* probes and timeouts */
    assert_true(p->n >= 3);
    give(p, SIGNED, (struct peer_seg){.flags = RST, .seq = 5001});
    assert_int_equal(p->error, SV_ERR_RESET);
    close_peer(p);
}

/* Without a right signature nothing reaches a connection, whatever it says, and nothing is answered. */
static void strangers(void **state)
{
    static const struct peer_seg tries[] = {
        {.flags = RST, .seq = 1001},
        {.flags = RST, .seq = 1500},
        {.flags = SYN, .seq = 1500},
        {.flags = ACK | PSH, .seq = 1001, .len = 10},
        {.flags = FIN | ACK, .seq = 1001},
        {.flags = ACK, .seq = 900000},
        {.flags = ACK, .seq = 1001, .len = 5},
        {.flags = SYN, .seq = 7, .sport = 4001},
        {.flags = ACK, .seq = 7, .sport = 4001},
    };
    static const enum how ways[] = {UNSIGNED, WRONG_KEY, FLIPPED, CUT};
    static const enum sv_drop why[] = {SV_DROP_TCP_MD5_MISSING, SV_DROP_TCP_MD5_WRONG, SV_DROP_TCP_MD5_WRONG,
                                       SV_DROP_TCP_MD5_MISSING};
    struct peer *p = open_peer();
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, &iss);
    peer_take(p);
    for (uint32_t w = 0; w < 4; w++) {
        for (uint32_t i = 0; i < sizeof tries / sizeof *tries; i++) {
            struct peer_seg s = tries[i];
            const uint64_t before = drops(p, why[w]);
            s.ack = iss + 1u;
            peer_clear(p);
            give(p, ways[w], s);
            assert_int_equal(drops(p, why[w]), before + 1u);
            assert_int_equal(p->n, 0);
            assert_int_equal(p->events, 0);
        }
    }
    assert_int_equal(peer_info(p, c).state, SV_ESTABLISHED);
    assert_int_equal(peer_info(p, c).recv_queued, 0);
    close_peer(p);
}

/* What is right but for nobody is reset, signed; so is what a half-open record and a challenge have to say. */
static void answers_are_signed(void **state)
{
    struct peer *p = open_peer();
    uint32_t iss;
    (void)state;
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1000, .dport = 81});
    assert_int_equal(peer_last(p)->flags, RST | ACK);
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 1000, .ack = 5, .dport = 81});
    assert_int_equal(peer_last(p)->flags, RST);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1000, .sport = 4001});
    peer_clear(p);
    peer_wait(p, 1100 * SV_MS); /* the SYN,ACK again */
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 90000000, .ack = 1, .sport = 4001});
    assert_int_equal(peer_last(p)->flags, ACK);
    (void)accepted(p, listener, &iss);
    peer_clear(p);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1200});
    assert_int_equal(peer_last(p)->flags, ACK); /* RFC 5961 */
    sv_close(p->stack, listener, p->now);
    close_peer(p);
}

/* A SYN cookie needs no record, nor does a signature. */
static void cookie(void **state)
{
    static const struct sv_stack_config config = {.connections = 32, .half_open = 1};
    struct peer *p = open_keyed(&config);
    sv_sock c;
    (void)state;
    assert_int_equal(sv_stack_knob_set(p->stack, "tcp_syncookies", "2", p->now), SV_OK);
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1000, .options = OPT_MD5 OPT_MSS, .options_length = 24});
    const uint32_t ack = peer_last(p)->seq + 1u;
    give(p, UNSIGNED, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = ack});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_ERR_AGAIN);
    give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 1001, .ack = ack});
    assert_int_equal(sv_accept(p->stack, listener, &c, p->now), SV_OK);
    assert_int_equal(peer_info(p, c).options, 64);
    assert_int_equal(peer_info(p, c).mss_bytes, 1440);
    close_peer(p);
}

/* Two blocks of SACK fit beside a signature. */
static void sack_blocks(void **state)
{
    struct peer *p = open_peer();
    uint32_t iss;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    (void)accepted(p, listener, &iss);
    for (uint32_t i = 1; i <= 4; i++) {
        give(p, SIGNED, (struct peer_seg){.flags = ACK, .seq = 1001 + 200 * i, .ack = iss + 1u, .len = 100});
        assert_int_equal(peer_last(p)->sacks, i < 2 ? i : 2);
    }
    close_peer(p);
}

static enum sv_err add(struct peer *p, struct sv_auth_key k)
{
    return sv_auth_add(p->stack, &k, p->now);
}

static enum sv_err take_away(struct peer *p, struct sv_auth_key k)
{
    return sv_auth_remove(p->stack, &k, p->now);
}

/* The key changes while a connection is open: what comes and goes after that has the new one, or none. */
static void key_changes(void **state)
{
    struct peer *p = open_peer();
    uint32_t iss;
    size_t n;
    (void)state;
    const sv_sock listener = peer_listen(p, 80, (struct sv_listen_options){0});
    const sv_sock c = accepted(p, listener, &iss);
    assert_int_equal(add(p, key_for("10.0.0.2", 32, "another")), SV_OK);
    give(p, SIGNED, (struct peer_seg){.flags = ACK | PSH, .seq = 1001, .ack = iss + 1u, .len = 10});
    assert_int_equal(peer_info(p, c).recv_queued, 0);
    secret = "another";
    give(p, SIGNED, (struct peer_seg){.flags = ACK | PSH, .seq = 1001, .ack = iss + 1u, .len = 10});
    assert_int_equal(peer_info(p, c).recv_queued, 10);
    assert_int_equal(take_away(p, key_for("10.0.0.2", 32, "")), SV_OK);
    secret = NULL;
    give(p, UNSIGNED, (struct peer_seg){.flags = ACK | PSH, .seq = 1011, .ack = iss + 1u, .len = 10});
    assert_int_equal(peer_info(p, c).recv_queued, 20);
    assert_int_equal(peer_info(p, c).mss_bytes, 1460);
    assert_int_equal(sv_send(p->stack, c, "x", 1, &n, p->now), SV_OK);
    peer_take(p);
    assert_true(unsigned_seen > 0);
    unsigned_seen = 0;
    close_peer(p);
}

/* The longest prefix holds, then the ports; others are not signed, and may not sign. */
static void most_exact(void **state)
{
    struct peer *p = open_peer();
    struct sv_auth_key k = key_for("10.0.0.0", 8, "wide");
    uint32_t at = 0, seen = 0;
    (void)state;
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    assert_int_equal(add(p, k), SV_OK);
    k = key_for("10.0.0.0", 24, "port");
    k.local_port = 81;
    assert_int_equal(add(p, k), SV_OK);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    secret = "wide";
    peer_clear(p);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .from = 0x0a010002u});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .from = 0x0a000003u, .dport = 81});
    assert_int_equal(drops(p, SV_DROP_TCP_MD5_WRONG), 1);
    secret = "port";
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .from = 0x0a000003u, .dport = 81});
    assert_int_equal(drops(p, SV_DROP_TCP_MD5_WRONG), 1);
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1, .from = 0x0b000003u});
    assert_int_equal(drops(p, SV_DROP_TCP_MD5_UNEXPECTED), 1);
    while (sv_auth_each(p->stack, &at, &k)) {
        assert_int_equal(k.key[0], 0);
        seen += k.length;
    }
    assert_int_equal(seen, 8 + 4 + 4);
    close_peer(p);
}

/* A stack without keys knows nothing of the option (RFC 9293 MUST-6). */
static void no_keys(void **state)
{
    struct peer *p = open_peer();
    (void)state;
    (void)peer_listen(p, 80, (struct sv_listen_options){0});
    assert_int_equal(take_away(p, key_for("10.0.0.2", 32, "")), SV_OK);
    p->check = NULL;
    give(p, SIGNED, (struct peer_seg){.flags = SYN, .seq = 1});
    assert_int_equal(peer_last(p)->flags, SYN | ACK);
    assert_int_equal(drops(p, SV_DROP_TCP_MD5_UNEXPECTED), 0);
    close_peer(p);
}

static void refuses(void **state)
{
    static const struct sv_stack_config config = {.connections = 4, .auth_keys = 2};
    struct peer *p = open_keyed(&config);
    struct sv_auth_key k = key_for("10.0.0.3", 32, "x");
    (void)state;
    assert_int_equal(take_away(p, k), SV_ERR_INVALID);
    k.size = 1;
    assert_int_equal(add(p, k), SV_ERR_VERSION);
    assert_int_equal(take_away(p, k), SV_ERR_VERSION);
    assert_int_equal(add(p, key_for("10.0.0.3", 33, "x")), SV_ERR_INVALID);
    assert_int_equal(add(p, key_for("2001:db8::1", 129, "x")), SV_ERR_INVALID);
    assert_int_equal(add(p, key_for("10.0.0.3", 32, "")), SV_ERR_INVALID);
    k = key_for("10.0.0.3", 32, "x");
    k.length = 81;
    assert_int_equal(add(p, k), SV_ERR_INVALID);
    k.length = 80;
    assert_int_equal(add(p, k), SV_OK);
    assert_int_equal(add(p, key_for("2001:db8::1", 128, "x")), SV_ERR_NO_MEMORY);
    assert_int_equal(add(p, k), SV_OK); /* in its own place */
    assert_int_equal(take_away(p, k), SV_OK);
    assert_int_equal(add(p, key_for("2001:db8::1", 128, "x")), SV_OK);
    close_peer(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passive_life), cmocka_unit_test(active_life),
        cmocka_unit_test(strangers),    cmocka_unit_test(answers_are_signed),
        cmocka_unit_test(cookie),       cmocka_unit_test(sack_blocks),
        cmocka_unit_test(key_changes),  cmocka_unit_test(most_exact),
        cmocka_unit_test(no_keys),      cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
