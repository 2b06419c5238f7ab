/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tests/unit/core/support.h"

#include "cli/keys.h"

static void md5(void **state)
{
    static const char *const wrong[] = {"key",          "@10.0.0.1",    "key@", "key@nobody", "key@10.0.0.1/33",
                                        "0x0@10.0.0.1", "0xzz@10.0.0.1"};
    struct sv_auth_key k;
    char text[100];
    (void)state;
    assert_true(cli_parse_md5("a@secret@10.0.0.1", &k));
    assert_int_equal(k.how, SV_AUTH_MD5);
    assert_int_equal(k.length, 8);
    assert_memory_equal(k.key, "a@secret", 8);
    assert_int_equal(k.prefix_length, 32);
    assert_true(cli_parse_md5("0x00fFa@2001:db8::/32", &k) == false); /* half a byte */
    assert_true(cli_parse_md5("0x00fF@2001:db8::/32", &k));
    assert_int_equal(k.length, 2);
    assert_memory_equal(k.key, "\x00\xff", 2);
    assert_int_equal(k.prefix_length, 32);
    assert_true(cli_parse_md5("k@2001:db8::1", &k));
    assert_int_equal(k.prefix_length, 128);
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(cli_parse_md5(wrong[i], &k));
    memset(text, 'k', 81);
    memcpy(text + 81, "@10.0.0.1", sizeof "@10.0.0.1");
    assert_false(cli_parse_md5(text, &k));
    assert_true(cli_parse_md5(text + 1, &k));
}

static void ao(void **state)
{
    static const char *const wrong[] = {"1,key@10.0.0.1", "1,256,key@10.0.0.1", "1,2,@10.0.0.1", "-1,2,key@10.0.0.1",
                                        "aes,key@10.0.0.1"};
    struct sv_auth_key k;
    (void)state;
    assert_true(cli_parse_ao("1,255,key, with a comma@10.0.0.0/8", &k));
    assert_int_equal(k.how, SV_AUTH_AO_HMAC_SHA1);
    assert_int_equal(k.send_id, 1);
    assert_int_equal(k.recv_id, 255);
    assert_int_equal(k.options_excluded, 0);
    assert_int_equal(k.length, 17);
    assert_int_equal(k.prefix_length, 8);
    assert_true(cli_parse_ao("aes,bare,0,0,key@10.0.0.1", &k));
    assert_int_equal(k.how, SV_AUTH_AO_AES_CMAC);
    assert_int_equal(k.options_excluded, 1);
    for (uint32_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(cli_parse_ao(wrong[i], &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5),
        cmocka_unit_test(ao),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
