/* SPDX-License-Identifier: BSD-2-Clause */
/* Traffic keys and message authentication codes of TCP-AO (RFC 5926 §3). */
#include "core/addr.h"
#include "core/cmac.h"
#include "core/pool_inline.h"
#include "core/sha1.h"
#include "l4_transport/tcp_ao.h"

union sv_ao_engine {
    struct sv_hmac_sha1 hmac;
    struct sv_cmac cmac;
};

static bool sv_ao_is_hmac(const struct sv_tcp_key *key)
{
    return key->how == SV_AUTH_AO_HMAC_SHA1;
}

static void sv_ao_engine_begin(union sv_ao_engine *e, bool hmac, const uint8_t *key, uint32_t n)
{
    if (hmac)
        sv_hmac_sha1_begin(&e->hmac, key, n);
    else
        sv_cmac_begin(&e->cmac, key);
}

static void sv_ao_engine_add(union sv_ao_engine *e, bool hmac, const void *bytes, uint32_t n)
{
    if (hmac)
        sv_hmac_sha1_add(&e->hmac, bytes, n);
    else
        sv_cmac_add(&e->cmac, bytes, n);
}

static void sv_ao_engine_end(union sv_ao_engine *e, bool hmac, uint8_t to[SV_AO_TRAFFIC])
{
    if (hmac)
        sv_hmac_sha1_end(&e->hmac, to);
    else
        sv_cmac_end(&e->cmac, to);
}

static uint32_t sv_ao_address(uint8_t *to, const struct sv_addr *a)
{
    const uint32_t n = sv_addr_is_v4(a) ? 4 : 16;
    sv_memcpy(to, a->byte + 16 - n, n);
    return n;
}

void sv_ao_derive(const struct sv_tcp_key *key, const struct sv_addr *src, uint16_t sport, const struct sv_addr *dst,
                  uint16_t dport, struct sv_ao_isns isns, uint8_t traffic[SV_AO_TRAFFIC])
{
    const bool hmac = sv_ao_is_hmac(key);
    union sv_ao_engine e;
    uint8_t master[SV_AO_TRAFFIC] = {0}, input[7 + 16 + 16 + 12 + 2] = "\x01TCP-AO";
    uint32_t n = 7;
    n += sv_ao_address(input + n, src);
    n += sv_ao_address(input + n, dst);
    sv_put_u16(input + n, sport);
    sv_put_u16(input + n + 2, dport);
    sv_put_u32(input + n + 4, isns.src);
    sv_put_u32(input + n + 8, isns.dst);
    sv_put_u16(input + n + 12, hmac ? 160 : 128); /* bits that are wanted */
    n += 14;
    if (hmac) {
        sv_ao_engine_begin(&e, hmac, key->key, key->length);
    } else { /* §3.1.1.2: a master key of another length than AES's is made one */
        sv_ao_engine_begin(&e, hmac, key->length == SV_AES_BYTES ? key->key : master, SV_AES_BYTES);
        if (key->length != SV_AES_BYTES) {
            sv_ao_engine_add(&e, hmac, key->key, key->length);
            sv_ao_engine_end(&e, hmac, master);
            sv_ao_engine_begin(&e, hmac, master, SV_AES_BYTES);
        }
    }
    sv_ao_engine_add(&e, hmac, input, n);
    sv_ao_engine_end(&e, hmac, traffic);
}

/* RFC 5925 §5.1 item 3: the header with the checksum zero and with the option's code zero; of the options that alone
 * where the key says so. Gives its bytes. */
static uint32_t sv_ao_header(const struct sv_tcp_key *key, const uint8_t *tcp, uint8_t to[60])
{
    const uint32_t header = (uint32_t)(tcp[12] >> 4) * 4u;
    uint32_t n = SV_TCP_HEADER_LENGTH;
    sv_memcpy(to, tcp, header);
    sv_put_u16(to + 16, 0);
    for (uint32_t i = SV_TCP_HEADER_LENGTH; i < header && tcp[i] != 0;) {
        const uint32_t length = tcp[i] == 1 ? 1u : tcp[i + 1u];
        if (tcp[i] == SV_TCP_AO_KIND && length >= 4) {
            sv_memset(to + i + 4u, 0, length - 4u);
            if (key->options_excluded) {
                sv_memmove(to + n, to + i, length);
                n += length;
            }
        }
        i += length;
    }
    return key->options_excluded ? n : header;
}

void sv_ao_mac(const struct sv_ao_mac *m, const uint8_t *tcp, uint32_t length, const struct sv_buf *b, uint16_t payload,
               uint8_t mac[SV_AO_MAC])
{
    const bool hmac = sv_ao_is_hmac(m->key);
    union sv_ao_engine e;
    uint8_t head[4 + 40], header[60], whole[SV_AO_TRAFFIC];
    sv_put_u32(head, m->rounds);
    sv_ao_engine_begin(&e, hmac, m->traffic, hmac ? SV_SHA1_BYTES : SV_AES_BYTES);
    sv_ao_engine_add(&e, hmac, head, 4u + sv_tcp_pseudo_header(m->src, m->dst, length, head + 4));
    sv_ao_engine_add(&e, hmac, header, sv_ao_header(m->key, tcp, header));
    sv_ao_engine_add(&e, hmac, sv_buf_at(b, payload), (uint32_t)b->head + b->linear_length - payload);
    for (uint32_t i = 0; i < b->slices; i++) {
        const struct sv_slice s = b->slice[i];
        sv_ao_engine_add(&e, hmac, sv_slab_bytes_fast(sv_buf_pool_fast(b), s.slab) + s.offset, s.length);
    }
    sv_ao_engine_end(&e, hmac, whole);
    sv_memcpy(mac, whole, SV_AO_MAC);
}
