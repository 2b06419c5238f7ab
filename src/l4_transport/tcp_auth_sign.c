/* SPDX-License-Identifier: BSD-2-Clause */
/* Signatures: over what, and where they stand. RFC 2385 §2.0: the pseudo-header, the TCP header without its options
 * and with a checksum of zero, the data, the key. */
#include "core/addr.h"
#include "core/md5.h"
#include "core/pool_inline.h"
#include "l4_transport/tcp_accecn.h"
#include "l4_transport/tcp_auth.h"

/* The bytes from `from` of the linear part to the packet's end. */
static void sv_md5_add_packet(struct sv_md5 *m, const struct sv_buf *b, uint16_t from)
{
    sv_md5_add(m, sv_buf_at(b, from), (uint32_t)b->head + b->linear_length - from);
    for (uint32_t i = 0; i < b->slices; i++) {
        const struct sv_slice s = b->slice[i];
        sv_md5_add(m, sv_slab_bytes_fast(sv_buf_pool_fast(b), s.slab) + s.offset, s.length);
    }
}

uint32_t sv_tcp_pseudo_header(const struct sv_addr *src, const struct sv_addr *dst, uint32_t length, uint8_t to[40])
{
    if (sv_addr_is_v4(src)) {
        sv_memcpy(to, src->byte + 12, 4);
        sv_memcpy(to + 4, dst->byte + 12, 4);
        sv_put_u32(to + 8, SV_TCP_PROTOCOL << 16 | length);
        return 12;
    }
    sv_memcpy(to, src->byte, 16);
    sv_memcpy(to + 16, dst->byte, 16);
    sv_put_u32(to + 32, length);
    sv_put_u32(to + 36, SV_TCP_PROTOCOL);
    return 40;
}

/* tcp: the header; the data begins at `payload` of b's linear part. */
static void sv_tcp_md5(const struct sv_tcp_key *key, const struct sv_addr *src, const struct sv_addr *dst,
                       const uint8_t *tcp, uint32_t length, const struct sv_buf *b, uint16_t payload,
                       uint8_t digest[SV_MD5_BYTES])
{
    struct sv_md5 m;
    uint8_t pseudo[40], header[SV_TCP_HEADER_LENGTH];
    sv_memcpy(header, tcp, sizeof header);
    sv_put_u16(header + 16, 0);
    sv_md5_begin(&m);
    sv_md5_add(&m, pseudo, sv_tcp_pseudo_header(src, dst, length, pseudo));
    sv_md5_add(&m, header, sizeof header);
    sv_md5_add_packet(&m, b, payload);
    sv_md5_add(&m, key->key, key->length);
    sv_md5_end(&m, digest);
}

bool sv_signature_equal(const uint8_t *a, const uint8_t *b, uint32_t n)
{
    uint32_t differ = 0;
    for (uint32_t i = 0; i < n; i++)
        differ |= (uint32_t)(a[i] ^ b[i]);
    return differ == 0;
}

bool sv_tcp_md5_is_right(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, const struct sv_seg *s)
{
    const uint8_t *tcp = sv_buf_head(s->packet) - s->header_length;
    uint8_t digest[SV_MD5_BYTES];
    sv_tcp_md5(key, ends->remote, ends->local, tcp, s->header_length + s->length, s->packet, s->packet->head, digest);
    return sv_signature_equal(digest, sv_seg_signature(s), sizeof digest);
}

void sv_tcp_md5_sign(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, struct sv_buf *b)
{
    uint8_t *tcp = sv_buf_head(b);
    const uint16_t header = (uint16_t)((uint32_t)(tcp[12] >> 4) * 4u);
    sv_tcp_md5(key, ends->local, ends->remote, tcp, b->length, b, (uint16_t)(b->head + header), tcp + SV_SIGNATURE_AT);
}

uint16_t sv_tcp_auth_push(const struct sv_tcp_key *key, const struct sv_tcp_ends *ends, struct sv_buf *b,
                          struct sv_tcp_header h, uint32_t cpu)
{
    h.options |= SV_OPTION_MD5;
    sv_accecn_fit(&h);
    const uint8_t *tcp = sv_tcp_emit(b, &h);
    sv_tcp_md5_sign(key, ends, b);
    return sv_sum(tcp, sv_tcp_header_length(&h), cpu);
}
