/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/cmac.h"

/* FIPS 197 appendix B. */
static void aes(void **state)
{
    static const uint8_t key[] = "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
    static const uint8_t wanted[] = "\x39\x25\x84\x1d\x02\xdc\x09\xfb\xdc\x11\x85\x97\x19\x6a\x0b\x32";
    uint8_t block[] = "\x32\x43\xf6\xa8\x88\x5a\x30\x8d\x31\x31\x98\xa2\xe0\x37\x07\x34";
    struct sv_aes a;
    (void)state;
    sv_aes_key(&a, key);
    sv_aes_encrypt(&a, block);
    assert_memory_equal(block, wanted, 16);
}

/* RFC 4493 §4, in two pieces wherever it is cut. */
static void cmac(void **state)
{
    static const uint8_t key[] = "\x2b\x7e\x15\x16\x28\xae\xd2\xa6\xab\xf7\x15\x88\x09\xcf\x4f\x3c";
    static const uint8_t message[] = "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a"
                                     "\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51"
                                     "\x30\xc8\x1c\x46\xa3\x5c\xe4\x11\xe5\xfb\xc1\x19\x1a\x0a\x52\xef"
                                     "\xf6\x9f\x24\x45\xdf\x4f\x9b\x17\xad\x2b\x41\x7b\xe6\x6c\x37\x10";
    static const struct {
        uint32_t n;
        const char *mac;
    } vector[] = {
        {0, "\xbb\x1d\x69\x29\xe9\x59\x37\x28\x7f\xa3\x7d\x12\x9b\x75\x67\x46"},
        {16, "\x07\x0a\x16\xb4\x6b\x4d\x41\x44\xf7\x9b\xdd\x9d\xd0\x4a\x28\x7c"},
        {40, "\xdf\xa6\x67\x47\xde\x9a\xe6\x30\x30\xca\x32\x61\x14\x97\xc8\x27"},
        {64, "\x51\xf0\xbe\xbf\x7e\x3b\x9d\x92\xfc\x49\x74\x17\x79\x36\x3c\xfe"},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        for (uint32_t cut = 0; cut <= vector[i].n; cut++) {
            struct sv_cmac c;
            uint8_t mac[SV_AES_BYTES];
            sv_cmac_begin(&c, key);
            sv_cmac_add(&c, message, cut);
            sv_cmac_add(&c, message + cut, vector[i].n - cut);
            sv_cmac_end(&c, mac);
            assert_memory_equal(mac, vector[i].mac, 16);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes),
        cmocka_unit_test(cmac),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
