/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "tests/unit/core/support.h"

#include "core/sha1.h"

static void assert_hex(const uint8_t *bytes, const char *hex)
{
    char seen[2 * SV_SHA1_BYTES + 1];
    for (uint32_t i = 0; i < SV_SHA1_BYTES; i++)
        snprintf(seen + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(seen, hex);
}

/* RFC 3174 §7.3, and lengths around a block's end as coreutils' sha1sum has them. */
static void digests(void **state)
{
    static const struct {
        const char *text;
        uint32_t n;
        const char *digest;
    } vector[] = {
        {"abc", 3, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {NULL, 55, "cef734ba81a024479e09eb5a75b6ddae62e6abf1"},
        {NULL, 63, "0ddc4e0cccd9a12850deb5abb0853a4425559fec"},
        {NULL, 64, "bb2fa3ee7afb9f54c6dfb5d021f14b1ffe40c163"},
        {NULL, 128, "150fa3fbdc899bd0b8f95a9fb6027f564d953762"},
    };
    char xs[128];
    (void)state;
    memset(xs, 'x', sizeof xs);
    for (uint32_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        const char *text = vector[i].text ? vector[i].text : xs;
        for (uint32_t cut = 0; cut <= vector[i].n; cut++) {
            struct sv_sha1 s;
            uint8_t digest[SV_SHA1_BYTES];
            sv_sha1_begin(&s);
            sv_sha1_add(&s, text, cut);
            sv_sha1_add(&s, text + cut, vector[i].n - cut);
            sv_sha1_end(&s, digest);
            assert_hex(digest, vector[i].digest);
        }
    }
}

/* RFC 2202 §3. */
static void hmacs(void **state)
{
    static const struct {
        uint8_t key, keys; /* a byte, so many times; 0: "Jefe" */
        uint8_t byte, bytes;
        const char *text, *digest;
    } vector[] = {
        {0x0b, 20, 0, 0, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
        {0, 4, 0, 0, "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {0xaa, 20, 0xdd, 50, NULL, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
        {0xaa, 80, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
         "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        struct sv_hmac_sha1 h;
        uint8_t key[80], bytes[50], digest[SV_SHA1_BYTES];
        memset(key, vector[i].key, sizeof key);
        memset(bytes, vector[i].byte, sizeof bytes);
        if (!vector[i].key)
            memcpy(key, (const uint8_t[]){'J', 'e', 'f', 'e'}, 4);
        sv_hmac_sha1_begin(&h, key, vector[i].keys);
        if (vector[i].text)
            sv_hmac_sha1_add(&h, vector[i].text, (uint32_t)strlen(vector[i].text));
        sv_hmac_sha1_add(&h, bytes, vector[i].bytes);
        sv_hmac_sha1_end(&h, digest);
        assert_hex(digest, vector[i].digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),
        cmocka_unit_test(hmacs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
