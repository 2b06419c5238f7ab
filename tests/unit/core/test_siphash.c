/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/flow.h"
#include "core/siphash.h"
#include "core/xxh64.h"

/* SipHash-2-4 of 00, 01, 02, ... with the key 00..0f, for 0 to 63 bytes: the authors' published vectors,
 * each as a little-endian number. */
static const uint64_t vectors24[64] = {
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7,
    0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462, 0x9e0082df0ba9e4b0,
    0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7, 0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
    0xa129ca6149be45e5, 0x3f2acc7f57c29bdb, 0x699ae9f52cbe4794, 0x4bc1b3f0968dd39c, 0xbb6dc91da77961bd,
    0xbed65cf21aa2ee98, 0xd0f2cbb02e3b67c7, 0x93536795e3a33e88, 0xa80c038ccd5ccec8, 0xb8ad50c6f649af94,
    0xbce192de8a85b8ea, 0x17d835b85bbb15f3, 0x2f2e6163076bcfad, 0xde4daaaca71dc9a5, 0xa6a2506687956571,
    0xad87a3535c49ef28, 0x32d892fad841c342, 0x7127512f72f27cce, 0xa7f32346f95978e3, 0x12e0b01abb051238,
    0x15e034d40fa197ae, 0x314dffbe0815a3b4, 0x027990f029623981, 0xcadcd4e59ef40c4d, 0x9abfd8766a33735c,
    0x0e3ea96b5304a7d0, 0xad0c42d6fc585992, 0x187306c89bc215a9, 0xd4a60abcf3792b95, 0xf935451de4f21df2,
    0xa9538f0419755787, 0xdb9acddff56ca510, 0xd06c98cd5c0975eb, 0xe612a3cb9ecba951, 0xc766e62cfcadaf96,
    0xee64435a9752fe72, 0xa192d576b245165a, 0x0a8787bf8ecb74b2, 0x81b3e73d20b49b6f, 0x7fa8220ba3b2ecea,
    0x245731c13ca42499, 0xb78dbfaf3a8d83bd, 0xea1ad565322a1a0b, 0x60e61c23a3795013, 0x6606d7e446282b93,
    0x6ca4ecb15c5f91e1, 0x9f626da15c9625f3, 0xe51b38608ef25f57, 0x958a324ceb064572,
};

/* The paper's figure, written the long way with c and d as arguments. */
static uint64_t rotl(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

static void sipround(uint64_t v[4], int times)
{
    while (times-- > 0) {
        v[0] += v[1];
        v[1] = rotl(v[1], 13);
        v[1] ^= v[0];
        v[0] = rotl(v[0], 32);
        v[2] += v[3];
        v[3] = rotl(v[3], 16);
        v[3] ^= v[2];
        v[0] += v[3];
        v[3] = rotl(v[3], 21);
        v[3] ^= v[0];
        v[2] += v[1];
        v[1] = rotl(v[1], 17);
        v[1] ^= v[2];
        v[2] = rotl(v[2], 32);
    }
}

static uint64_t reference(const struct sv_siphash_key *key, const uint8_t *p, size_t n, int c, int d)
{
    uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d, key->k0 ^ 0x6c7967656e657261,
                     key->k1 ^ 0x7465646279746573};
    for (size_t block = 0; block <= n / 8; block++) {
        uint64_t m = 0;
        for (size_t i = 0; i < 8; i++) {
            const size_t at = block * 8 + i;
            const uint8_t byte = at < n ? p[at] : i == 7 && block == n / 8 ? (uint8_t)n : 0;
            m |= (uint64_t)byte << 8 * i;
        }
        v[3] ^= m;
        sipround(v, c);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    sipround(v, d);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static const struct sv_siphash_key paper_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static void gives_the_published_vectors(void **state)
{
    (void)state;
    uint8_t in[64];
    for (size_t n = 0; n < 64; n++) {
        in[n] = (uint8_t)n;
        assert_int_equal(sv_siphash24(&paper_key, in, n), vectors24[n]);
        assert_int_equal(reference(&paper_key, in, n, 2, 4), vectors24[n]);
    }
}

static void agrees_with_the_reference(void **state)
{
    (void)state;
    struct dice d = {3};
    uint8_t in[300];
    for (int round = 0; round < 3000; round++) {
        const struct sv_siphash_key key = {((uint64_t)roll(&d, UINT32_MAX) << 32) + (uint32_t)round,
                                           (uint64_t)roll(&d, UINT32_MAX) << 17};
        const size_t n = roll(&d, sizeof in);
        for (size_t i = 0; i < sizeof in; i++)
            in[i] = (uint8_t)roll(&d, 256);
        assert_int_equal(sv_siphash13(&key, in, n), reference(&key, in, n, 1, 3));
        assert_int_equal(sv_siphash24(&key, in, n), reference(&key, in, n, 2, 4));
        uint64_t word[4] = {0};
        for (size_t i = 0; i < 31; i++)
            word[i / 8] |= (uint64_t)in[i] << 8 * (i % 8);
        const uint64_t last = word[1] & UINT64_MAX >> 8;
        assert_int_equal(sv_siphash13_2(&key, word[0], sv_sip_last(last, 15)), reference(&key, in, 15, 1, 3));
        assert_int_equal(sv_siphash24_2(&key, word[0], sv_sip_last(last, 15)), reference(&key, in, 15, 2, 4));
        assert_int_equal(sv_siphash13_4(&key, word[0], word[1], word[2], sv_sip_last(word[3], 31)),
                         reference(&key, in, 31, 1, 3));
    }
}

/* The vectors of the xxHash specification's test suite: the generator of its sanity buffer, seeds 0 and PRIME32. */
static void xxh64_gives_the_published_vectors(void **state)
{
    (void)state;
    uint8_t in[222];
    uint64_t generator = 2654435761u;
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(generator >> 56);
        generator *= 11400714785074694797u;
    }
    static const struct {
        size_t n;
        uint64_t seed, hash;
    } vector[] = {
        {0, 0, 0xef46db3751d8e999},
        {0, 2654435761u, 0xac75fda2929b17ef},
        {1, 0, 0xe934a84adb052768},
        {1, 2654435761u, 0x5014607643a9b4c3},
        {4, 0, 0x9136a0dca57457ee},
        {14, 0, 0x8282dcc4994e35c8},
        {14, 2654435761u, 0xc3bd6bf63deb6df0},
        {222, 0, 0xb641ae8cb691c174},
        {222, 2654435761u, 0x20cb8ab7ae10c14a},
    };
    for (size_t i = 0; i < sizeof vector / sizeof vector[0]; i++)
        assert_int_equal(sv_xxh64(in, vector[i].n, vector[i].seed), vector[i].hash);
    uint64_t word[6] = {0};
    for (size_t i = 0; i < 48; i++)
        word[i / 8] |= (uint64_t)in[i] << 8 * (i % 8);
    assert_int_equal(sv_xxh64_words6(word, 77), sv_xxh64(in, 48, 77));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_vectors),
        cmocka_unit_test(agrees_with_the_reference),
        cmocka_unit_test(xxh64_gives_the_published_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
