/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/keys.h"

#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* n characters of text: as they are, or 0x and pairs of digits. */
static bool key_bytes(const char *text, size_t n, struct sv_auth_key *key)
{
    const bool hex = n > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const size_t bytes = hex ? (n - 2) / 2 : n;
    if (bytes < 1 || bytes > SV_AUTH_KEY_MAX || (hex && n % 2))
        return false;
    for (size_t i = 0; i < bytes; i++) {
        const int high = hex ? digit(text[2 + 2 * i]) : 0, low = hex ? digit(text[3 + 2 * i]) : 0;
        if (high < 0 || low < 0)
            return false;
        key->key[i] = hex ? (uint8_t)(high * 16 + low) : (uint8_t)text[i];
    }
    key->length = (uint8_t)bytes;
    return true;
}

/* KEY@PEER or KEY@PEER/LEN. */
static bool key_and_peer(const char *text, struct sv_auth_key *key)
{
    const char *at = strrchr(text, '@');
    if (!at || !key_bytes(text, (size_t)(at - text), key))
        return false;
    if (strchr(at, '/'))
        return cli_parse_prefix(at + 1, &key->peer, &key->prefix_length);
    if (!sv_addr_parse(at + 1, &key->peer, NULL))
        return false;
    key->prefix_length = cli_addr_is_v4(&key->peer) ? 32 : 128;
    return true;
}

bool cli_parse_md5(const char *text, struct sv_auth_key *key)
{
    *key = (struct sv_auth_key){.size = sizeof *key, .how = SV_AUTH_MD5};
    return key_and_peer(text, key);
}

/* An id and the comma behind it. */
static bool key_id(const char **text, uint8_t *id)
{
    char *end;
    const unsigned long n = **text >= '0' && **text <= '9' ? strtoul(*text, &end, 10) : 256;
    if (n > 255 || *end != ',')
        return false;
    *id = (uint8_t)n;
    *text = end + 1;
    return true;
}

bool cli_parse_ao(const char *text, struct sv_auth_key *key)
{
    static const char aes[] = "aes,", bare[] = "bare,";
    *key = (struct sv_auth_key){.size = sizeof *key, .how = SV_AUTH_AO_HMAC_SHA1};
    if (strncmp(text, aes, sizeof aes - 1) == 0) {
        key->how = SV_AUTH_AO_AES_CMAC;
        text += sizeof aes - 1;
    }
    if (strncmp(text, bare, sizeof bare - 1) == 0) {
        key->options_excluded = 1;
        text += sizeof bare - 1;
    }
    return key_id(&text, &key->send_id) && key_id(&text, &key->recv_id) && key_and_peer(text, key);
}

static bool add(const char *command, struct sv_stack *stack, const char *option, const struct sv_auth_key *key,
                sv_time now)
{
    const enum sv_err error = sv_auth_add(stack, key, now);
    return error == SV_OK || cli_fail(command, "%s: %s", option, sv_err_text(error)) < 0;
}

bool cli_keys_add(const char *command, struct sv_stack *stack, const struct cli_network_options *o, sv_time now)
{
    struct sv_auth_key key;
    for (uint32_t i = 0; i < o->md5.n; i++) {
        if (!cli_parse_md5(o->md5.text[i], &key))
            return cli_usage(command,
                             "--md5: \"%s\" is no key for a peer; it takes KEY@PEER or KEY@PEER/LEN, the key of at "
                             "most %u bytes",
                             o->md5.text[i], SV_AUTH_KEY_MAX) < 0;
        if (!add(command, stack, "--md5", &key, now))
            return false;
    }
    for (uint32_t i = 0; i < o->ao.n; i++) {
        if (!cli_parse_ao(o->ao.text[i], &key))
            return cli_usage(command,
                             "--tcp-ao: \"%s\" is no key for a peer; it takes [aes,][bare,]SEND,RECV,KEY@PEER[/LEN]: "
                             "ids from 0 to 255, the key of at most %u bytes",
                             o->ao.text[i], SV_AUTH_KEY_MAX) < 0;
        if (!add(command, stack, "--tcp-ao", &key, now))
            return false;
    }
    return true;
}
