/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9235: published segments, their traffic keys and codes, by both algorithms over both families, with the options
 * signed and without. Only the numbers of the connection are told; all else is read from the packet. */
#include "l4_transport/tcp_ao.h"
#include "tests/unit/l4_transport/peer.h"

struct vector {
    const char *packet, *traffic;
    uint32_t src_isn, dst_isn;
    bool aes, skip_options;
};

#define BGP                                           \
    "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff" \
    "00 43 01 04"
#define BGP4 "26 02 06 01 04 00 01 00 01 02 02 80 00 02 02 02 00 02 02 42 00 02 06 41 04 00 00 "
#define V6 "fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0"

static const struct vector vectors[] = {
    /* §4.1.1 */
    {"45 e0 00 4c dd 0f 40 00 ff 06 bf 6b 0a 0b 0c 0d ac 1b 1c 1d e9 d7 00 b3 fb fb ab 5a 00 00 00 00"
     "e0 02 ff ff ca c4 00 00 02 04 05 b4 01 03 03 08 04 02 08 0a 00 15 5a b7 00 00 00 00 1d 10 3d 54"
     "2e e4 37 c6 f8 ed e6 d7 c4 d6 02 e7",
     "6d 63 ef 1b 02 fe 15 09 d4 b1 40 27 07 fd 7b 04 16 ab b7 4f", 0xfbfbab5a, 0, false, false},
    /* §4.1.3 */
    {"45 e0 00 87 36 a1 40 00 ff 06 65 9f 0a 0b 0c 0d ac 1b 1c 1d e9 d7 00 b3 fb fb ab 5b 11 c1 42 62"
     "c0 18 01 04 a1 62 00 00 01 01 08 0a 00 15 5a c1 84 a5 0b eb 1d 10 3d 54 70 64 cf 99 8c c6 c3 15"
     "c2 c2 e2 bf" BGP "da bf 00 b4 0a 0b 0c 0d" BGP4 "da bf 02 08 40 06 00 64 00 01 01 00",
     "d2 e5 9c 65 ff c7 b1 a3 93 47 65 64 63 b7 0e dc 24 a1 3d 71", 0xfbfbab5a, 0x11c14261, false, false},
    /* §4.2.4 */
    {"45 e0 00 87 54 37 40 00 ff 06 48 09 ac 1b 1c 1d 0a 0b 0c 0d 00 b3 ff 12 ac d5 b5 e2 cb 0e fc 32"
     "c0 18 01 00 46 b6 00 00 01 01 08 0a 57 67 72 f3 00 02 4c ce 1d 10 54 3d 97 76 6e 48 ac 26 2d e9"
     "ae 61 b4 f9" BGP "da c0 00 b4 ac 1b 1c 1d" BGP4 "da c0 02 08 40 06 00 64 00 01 01 00",
     "b5 b2 89 6b b3 66 4e 81 76 b0 ed c6 e7 99 52 41 01 a8 30 7f", 0xacd5b5e1, 0xcb0efbee, false, true},
    /* §5.1.2 */
    {"45 e0 00 4c 4b ad 40 00 ff 06 50 ce ac 1b 1c 1d 0a 0b 0c 0d 00 b3 c4 fa fa dd 6d e9 78 7a 1d e0"
     "e0 12 ff ff f3 f2 00 00 02 04 05 b4 01 03 03 08 04 02 08 0a 93 f4 e9 e8 00 01 7e d0 1d 10 54 3d"
     "d6 ad a7 bc 4c dd 53 6d 17 69 db 5f",
     "4b c7 57 1a 48 6f 32 64 bb d8 88 47 40 66 b4 b1", 0xfadd6de9, 0x787a1ddf, true, false},
    /* §5.2.3 */
    {"45 e0 00 87 ee 91 40 00 ff 06 ad ae 0a 0b 0c 0d ac 1b 1c 1d da 1c 00 b3 38 9b ed 72 d3 84 4a 70"
     "c0 18 01 04 88 51 00 00 01 01 08 0a 00 01 85 e1 ce 45 98 38 1d 10 3d 54 75 85 e9 e9 d5 c3 ec 85"
     "7b 96 f8 37" BGP "da bf 00 b4 0a 0b 0c 0d" BGP4 "da bf 02 08 40 06 00 64 00 01 01 00",
     "03 5b c4 00 a3 41 ff e5 95 f5 9f 58 00 50 06 ca", 0x389bed71, 0xd3844a6f, true, true},
    /* §6.1.1 */
    {"6e 08 91 dc 00 38 06 40" V6 "1" V6 "2 f7 e4 00 b3 17 6a 83 3f 00 00 00 00 e0 02 ff ff 47 21 00 00"
     "02 04 05 a0 01 03 03 08 04 02 08 0a 00 41 d0 87 00 00 00 00 1d 10 3d 54"
     "90 33 ec 3d 73 34 b6 4c 5e dd 03 9f",
     "62 5e c0 9d 57 58 36 ed c9 b6 42 84 18 bb f0 69 89 a3 61 bb", 0x176a833f, 0, false, false},
    /* §6.2.3 */
    {"6e 07 8f cd 00 73 06 40" V6 "1" V6 "2 c6 cd 00 b3 02 0c 1e 6a eb a3 73 4e c0 18 01 00 83 e6 00 00"
     "01 01 08 0a 00 9d b9 65 5e c9 9b 70 1d 10 3d 54 48 bd 09 3b 19 24 e0 01 19 2f 5b f0" BGP
     "fd e8 00 b4 01 01 01 79" BGP4 "fd e8 02 08 40 06 00 64 00 01 01 00",
     "b3 4e ed 6a 93 96 a6 69 f1 c4 f4 f5 76 18 f3 65 6f 52 c7 ab", 0x020c1e69, 0xeba3734d, false, true},
    /* §7.1.4 */
    {"6e 06 15 20 00 73 06 40" V6 "2" V6 "1 00 b3 f8 5a a6 74 4e cc 19 3c cd 30 c0 18 01 00 52 f4 00 00"
     "01 01 08 0a 71 da ab d3 13 e4 ab a3 1d 10 54 3d c1 06 9b 7d fd 3d 69 3a 6d f3 f2 89" BGP
     "fd e8 00 b4 01 01 01 7a" BGP4 "fd e8 02 08 40 06 00 64 00 01 01 00",
     "cf 1b 1e 22 5e 06 a6 36 16 76 4a 06 7b 46 f4 b1", 0xa6744ecb, 0x193cccec, true, false},
    /* §7.2.3 */
    {"6e 09 3d 76 00 73 06 40" V6 "1" V6 "2 f2 88 00 b3 b0 1d a7 4b a6 24 61 46 c0 18 01 00 c3 6d 00 00"
     "01 01 08 0a 14 27 5b 4f 17 82 24 5b 1d 10 3d 54 29 0c f4 14 cc b4 7a 33 32 76 e7 f8" BGP
     "fd e8 00 b4 01 01 01 79" BGP4 "fd e8 02 08 40 06 00 64 00 01 01 00",
     "4f b2 08 6e 40 2c 67 90 79 ed 65 d4 bf 97 69 3d", 0xb01da74a, 0xa6246145, true, true},
};

static uint32_t bytes_of(const char *hex, uint8_t *to)
{
    uint32_t digits = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        const uint8_t half = (uint8_t)(*hex <= '9' ? *hex - '0' : *hex - 'a' + 10);
        to[digits / 2] = (uint8_t)(digits % 2 ? to[digits / 2] | half : half << 4);
        digits++;
    }
    assert_int_equal(digits % 2, 0);
    return digits / 2;
}

static void published(void **state)
{
    struct peer *p = test_malloc(sizeof *p);
    const struct sv_stack_config c = {.connections = 4};
    (void)state;
    peer_open(p, &c, 16u << 20, 64);
    for (uint32_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *v = &vectors[i];
        struct sv_tcp_key key = {.how = v->aes ? SV_AUTH_AO_AES_CMAC : SV_AUTH_AO_HMAC_SHA1,
                                 .options_excluded = v->skip_options,
                                 .length = 10,
                                 .key = "testvector"};
        uint8_t packet[160], traffic[SV_AO_TRAFFIC], mac[SV_AO_MAC], *tcp = packet + 20;
        const uint32_t n = bytes_of(v->packet, packet), bytes = bytes_of(v->traffic, traffic);
        struct sv_addr src, dst;
        if (packet[0] >> 4 == 4) {
            src = sv_addr_v4(packet[12], packet[13], packet[14], packet[15]);
            dst = sv_addr_v4(packet[16], packet[17], packet[18], packet[19]);
        } else {
            memcpy(&src, packet + 8, 16);
            memcpy(&dst, packet + 24, 16);
            tcp = packet + 40;
        }
        struct sv_ao_mac m = {.key = &key, .src = &src, .dst = &dst};
        sv_ao_derive(&key, &src, (uint16_t)peer_get16(tcp), &dst, (uint16_t)peer_get16(tcp + 2),
                     (struct sv_ao_isns){v->src_isn, v->dst_isn}, m.traffic);
        assert_int_equal(bytes, v->aes ? 16 : 20);
        assert_memory_equal(m.traffic, traffic, bytes);
        const uint32_t length = n - (uint32_t)(tcp - packet), header = (uint32_t)(tcp[12] >> 4) * 4u;
        struct sv_buf *b = sv_buf_alloc_slab(p->pool, SV_WANT_CONTROL, 0, 64);
        assert_true(b && sv_buf_append(b, tcp, length, SV_WANT_CONTROL));
        sv_ao_mac(&m, tcp, length, b, (uint16_t)(b->head + header), mac);
        uint32_t at = 20;
        while (tcp[at] != 29)
            at += tcp[at] == 1 ? 1u : tcp[at + 1u];
        assert_memory_equal(mac, tcp + at + 4, SV_AO_MAC);
        sv_buf_free(b);
    }
    peer_close(p);
    test_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
