/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "tests/unit/core/support.h"

#include "core/md5.h"

static void assert_digest(const char *text, uint32_t n, const char *hex)
{
    struct sv_md5 m;
    uint8_t digest[SV_MD5_BYTES];
    char seen[2 * SV_MD5_BYTES + 1];
    for (uint32_t cut = 0; cut <= n; cut++) { /* in two pieces, wherever it is cut */
        sv_md5_begin(&m);
        sv_md5_add(&m, text, cut);
        sv_md5_add(&m, text + cut, n - cut);
        sv_md5_end(&m, digest);
        for (uint32_t i = 0; i < SV_MD5_BYTES; i++)
            snprintf(seen + 2 * i, 3, "%02x", digest[i]);
        assert_string_equal(seen, hex);
    }
}

/* RFC 1321 §A.5. */
static void published(void **state)
{
    static const char *const vector[][2] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof vector / sizeof *vector; i++)
        assert_digest(vector[i][0], (uint32_t)strlen(vector[i][0]), vector[i][1]);
}

/* The padding at each length around a block's end: as coreutils' md5sum has them. */
static void padding(void **state)
{
    static const struct {
        uint32_t n;
        const char *digest;
    } xs[] = {
        {55, "04364420e25c512fd958a70738aa8f72"},  {56, "668a72d5ba17f08e62dabcafad6db14b"},
        {57, "693037871c4a9d3d8685018905cb530a"},  {63, "7dc2ca208106a2f703567bdff99d8981"},
        {64, "c1bb4f81d892b2d57947682aeb252456"},  {65, "1bc932052302d074bdec39795fe00cf6"},
        {119, "ab347a5f68c8a443cfcddc633f12c24f"}, {120, "fb98667f98096de92620b64f46e1c5b5"},
        {128, "d69cb61a6ee87200676eb0d4b90edbcb"},
    };
    char text[128];
    (void)state;
    memset(text, 'x', sizeof text);
    for (uint32_t i = 0; i < sizeof xs / sizeof *xs; i++)
        assert_digest(text, xs[i].n, xs[i].digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test(padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
