/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/frames.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cursor.h"

#define GSO_FLAGS ((uint32_t)SV_BUF_GSO_TCP4 | (uint32_t)SV_BUF_GSO_TCP6)
#define VLAN_BYTES 4u

void sv_frames_init(struct sv_frames *f, int fd, bool socket, uint16_t header, uint32_t frame_max)
{
    memset(f, 0, sizeof *f);
    f->fd = fd;
    f->socket = socket;
    f->header = header;
    f->headroom = socket ? VLAN_BYTES : 0;
    const uint32_t longest = header ? 65536u + 64u : frame_max + 2u * VLAN_BYTES + 14u;
    const uint32_t slabs = (longest + f->headroom) / SV_SLAB_BYTES + 1u; /* one byte more than fits tells "cut" */
    f->spares_max = slabs - 1u < SV_FRAMES_SPARES ? slabs - 1u : SV_FRAMES_SPARES;
}

void sv_frames_release(struct sv_frames *f)
{
    while (f->spares > 0)
        sv_slab_unref(f->pool, f->spare[--f->spares]);
    sv_buf_free(f->fresh);
    f->fresh = NULL;
    while (f->kept > 0) {
        sv_buf_free(f->keep[f->kept_first]);
        f->kept_first = (f->kept_first + 1u) % SV_BURST;
        f->kept--;
    }
    f->pool = NULL;
    f->iovs = 0;
}

/* ---- in ---- */

/* Tops the spares up and keeps them in falling order, so that those used next (from the end) rise: slabs
 * that lie side by side then make one iovec, and the kernel has fewer to copy and check. */
static void top_up(struct sv_frames *f)
{
    while (f->spares < f->spares_max) {
        const uint32_t slab = sv_slab_alloc(f->pool, SV_WANT_DATA, f->account);
        if (slab == SV_NONE)
            break;
        uint32_t at = f->spares++;
        for (; at > 0 && f->spare[at - 1] < slab; at--)
            f->spare[at] = f->spare[at - 1];
        f->spare[at] = slab;
        f->iovs = 0;
    }
}

static void build_iov(struct sv_frames *f)
{
    f->iov[0] = (struct iovec){f->head_in, f->header};
    f->iovs = 2;
    f->iov_bytes = SV_SLAB_BYTES - f->headroom;
    for (uint32_t i = f->spares; i-- > 0;) {
        uint8_t *bytes = sv_slab_bytes(f->pool, f->spare[i]);
        struct iovec *last = &f->iov[f->iovs - 1];
        if (f->iovs > 2 && (uint8_t *)last->iov_base + last->iov_len == bytes)
            last->iov_len += SV_SLAB_BYTES;
        else
            f->iov[f->iovs++] = (struct iovec){bytes, SV_SLAB_BYTES};
        f->iov_bytes += SV_SLAB_BYTES;
    }
}

/* What a packet socket says beside the frame. */
struct beside {
    bool ours; /* a frame that we or the kernel sent: not for us */
    bool truncated;
    bool tagged;
    uint16_t tpid, tci;
};

static void read_auxiliary(struct msghdr *m, struct beside *beside)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        struct tpacket_auxdata aux;
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA || c->cmsg_len < CMSG_LEN(sizeof aux))
            continue;
        memcpy(&aux, CMSG_DATA(c), sizeof aux);
        if (aux.tp_status & TP_STATUS_VLAN_VALID) {
            beside->tagged = true;
            beside->tci = aux.tp_vlan_tci;
            beside->tpid = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : 0x8100u;
        }
    }
}

static ssize_t read_frame(struct sv_frames *f, struct beside *beside)
{
    const uint32_t skip = f->header ? 0 : 1; /* no header, no iovec for it */
    ssize_t got;

    memset(beside, 0, sizeof *beside);
    if (!f->socket) {
        do
            got = readv(f->fd, f->iov + skip, (int)(f->iovs - skip));
        while (got < 0 && errno == EINTR);
        beside->truncated = got >= 0 && (size_t)got >= f->iov_bytes + f->header;
        return got;
    }
    struct sockaddr_ll from;
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    } control;
    struct msghdr m = {.msg_name = &from,
                       .msg_namelen = sizeof from,
                       .msg_iov = f->iov + skip,
                       .msg_iovlen = f->iovs - skip,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    from.sll_pkttype = 0;
    do
        got = recvmsg(f->fd, &m, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got >= 0) {
        beside->ours = from.sll_pkttype == PACKET_OUTGOING;
        beside->truncated = (m.msg_flags & MSG_TRUNC) != 0;
        read_auxiliary(&m, beside);
    }
    return got;
}

/* The tag that the kernel took out goes back between the addresses and the EtherType (IEEE 802.1Q §9). */
static void put_tag_back(struct sv_buf *b, const struct beside *beside)
{
    uint8_t *p = sv_buf_push(b, VLAN_BYTES);
    memmove(p, p + VLAN_BYTES, 12);
    sv_put_u16(p + 12, beside->tpid);
    sv_put_u16(p + 14, beside->tci);
    if (b->flags & SV_BUF_CSUM_PARTIAL)
        b->csum_start = (uint16_t)(b->csum_start + VLAN_BYTES);
}

/* Makes a packet of what was read; NULL: it was none (counted; the buffer stays for the next). */
static struct sv_buf *finish(struct sv_frames *f, struct sv_device *d, uint32_t n, const struct beside *beside)
{
    struct sv_buf *b = f->fresh;
    const uint32_t first = SV_SLAB_BYTES - f->headroom;

    if (beside->ours)
        return NULL;
    if (beside->truncated) {
        d->counts.truncated++;
        return NULL;
    }
    if (n < 14) {
        d->counts.malformed++;
        return NULL;
    }
    b->linear_length = (uint16_t)(n < first ? n : first);
    b->length = b->linear_length;
    b->segments = 1;
    for (uint32_t left = n - b->linear_length; left > 0;) {
        const uint32_t part = left < SV_SLAB_BYTES ? left : SV_SLAB_BYTES;
        SV_ASSERT(f->spares > 0);
        const struct sv_slice s = {f->spare[--f->spares], 0, (uint16_t)part};
        const bool appended = sv_buf_append_slice(b, s);
        SV_ASSERT(appended);
        left -= part;
        f->iovs = 0;
    }
    f->fresh = NULL;
    if (f->header && !sv_virtio_parse(f->head_in, b)) {
        d->counts.malformed++;
        sv_buf_free(b);
        return NULL;
    }
    if (beside->tagged)
        put_tag_back(b, beside);
    b->l2 = b->head;
    return b;
}

/* The pool is empty: a frame is taken and dropped, as a network card would, so that the descriptor does not
 * stay readable for ever. False: there was none. */
static bool drop_one(struct sv_frames *f, struct sv_device *d)
{
    uint8_t scratch[64];
    if (read(f->fd, scratch, sizeof scratch) < 0)
        return false;
    d->counts.no_memory++;
    return true;
}

uint32_t sv_frames_fill(struct sv_frames *f, struct sv_device *d, struct sv_pool *pool, uint16_t account,
                        struct sv_burst *b)
{
    const uint32_t before = b->n;
    struct beside beside;

    if (f->pool != pool || f->account != account) {
        sv_frames_release(f);
        f->pool = pool;
        f->account = account;
    }
    for (uint32_t turn = 0; turn < SV_BURST && b->n < SV_BURST; turn++) {
        /* What comes in may be the acknowledgement that lets memory go: it may use the reserve. Bodies of
         * super-frames may not; without them a small frame still gets through. */
        if (f->fresh == NULL)
            f->fresh = sv_buf_alloc_slab(pool, SV_WANT_CONTROL, account, f->headroom);
        if (f->fresh == NULL) {
            if (!drop_one(f, d))
                break;
            continue;
        }
        top_up(f);
        if (f->iovs == 0)
            build_iov(f);
        f->iov[1] = (struct iovec){sv_buf_head(f->fresh), SV_SLAB_BYTES - f->headroom};
        const ssize_t got = read_frame(f, &beside);
        if (got < 0) {
            if (errno == EBADFD || errno == ENODEV || errno == ENXIO)
                d->dead = true; /* the interface was deleted; one that is only down says EAGAIN */
            break;
        }
        const uint32_t n = (size_t)got < f->header ? 0 : (uint32_t)got - f->header;
        struct sv_buf *packet = finish(f, d, n, &beside);
        if (packet == NULL)
            continue;
        d->counts.packets_in++;
        d->counts.bytes_in += n;
        d->counts.wire_in += packet->segments;
        b->packet[b->n++] = packet;
    }
    return b->n - before;
}

/* ---- out ---- */

enum sent { SENT, SENT_LATER, SENT_NEVER };

static uint32_t gather(const struct sv_buf *b, struct iovec *iov, uint32_t n)
{
    struct sv_pool *pool = sv_buf_pool(b);
    iov[n++] = (struct iovec){sv_buf_head(b), b->linear_length};
    for (uint32_t i = 0; i < b->slices; i++) {
        const struct sv_slice *s = &b->slice[i];
        uint8_t *bytes = sv_slab_bytes(pool, s->slab) + s->offset;
        struct iovec *last = &iov[n - 1];
        if ((uint8_t *)last->iov_base + last->iov_len == bytes)
            last->iov_len += s->length;
        else
            iov[n++] = (struct iovec){bytes, s->length};
    }
    return n;
}

static enum sent write_error(struct sv_device *d, int error)
{
    switch (error) {
    case EAGAIN:
        return SENT_LATER;
    case EIO:      /* TAP: the interface is down */
    case ENETDOWN: /* packet socket: the same */
        d->counts.cut++;
        return SENT_NEVER;
    case EBADFD:
    case ENODEV:
    case ENXIO:
        d->dead = true;
        d->counts.cut++;
        return SENT_NEVER;
    case ENOBUFS: /* the interface's queue dropped it */
        d->counts.full++;
        return SENT_NEVER;
    default:
        d->counts.refused++;
        return SENT_NEVER;
    }
}

static enum sent write_frame(struct sv_frames *f, struct sv_device *d, struct sv_buf *b)
{
    struct iovec iov[2 + SV_SLICES_MAX];
    uint8_t head[12];
    uint32_t n = 0;
    ssize_t sent;

    if (f->header) {
        sv_virtio_emit(head, b);
        iov[n++] = (struct iovec){head, f->header};
    } else if (((b->flags & GSO_FLAGS) && b->segments > 1) ||
               ((b->flags & SV_BUF_CSUM_PARTIAL) && !sv_frames_finish_checksum(b))) {
        d->counts.refused++;
        return SENT_NEVER;
    }
    n = gather(b, iov, n);
    do {
        if (f->socket) {
            const struct msghdr m = {.msg_iov = iov, .msg_iovlen = n};
            sent = sendmsg(f->fd, &m, MSG_DONTWAIT);
        } else {
            sent = writev(f->fd, iov, (int)n);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return write_error(d, errno);
    d->counts.packets_out++;
    d->counts.bytes_out += b->length;
    d->counts.wire_out += b->segments ? b->segments : 1u;
    return SENT;
}

bool sv_frames_flush(struct sv_frames *f, struct sv_device *d)
{
    while (f->kept > 0) {
        struct sv_buf *b = f->keep[f->kept_first];
        if (write_frame(f, d, b) == SENT_LATER)
            return false;
        sv_buf_free(b);
        f->kept_first = (f->kept_first + 1u) % SV_BURST;
        f->kept--;
    }
    return true;
}

void sv_frames_send(struct sv_frames *f, struct sv_device *d, struct sv_burst *b)
{
    bool open = sv_frames_flush(f, d); /* order is kept: nothing overtakes what waits */
    for (uint32_t i = 0; i < b->n; i++) {
        struct sv_buf *packet = b->packet[i];
        if (open && write_frame(f, d, packet) != SENT_LATER) {
            sv_buf_free(packet);
            continue;
        }
        open = false;
        if (f->kept < SV_BURST) {
            f->keep[(f->kept_first + f->kept++) % SV_BURST] = packet;
            d->counts.waited++;
        } else {
            d->counts.full++;
            sv_buf_free(packet);
        }
    }
    b->n = 0;
}

struct sv_room sv_frames_room(const struct sv_frames *f)
{
    if (f->kept > 0)
        return (struct sv_room){0, 0, 0};
    return (struct sv_room){SV_BURST, UINT32_MAX, f->header ? SV_FRAMES_SUPER : 0};
}
