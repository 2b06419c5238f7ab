/* SPDX-License-Identifier: BSD-2-Clause */
/* Two copies of liblwip and the link between them: see lwip_pair.h. */
#include "bench/lwip_pair.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that the loader would take, copied to memory: another file to the loader, another set of globals. */
static int copy_of_library(void)
{
    const struct link_map *map = NULL;
    void *l = dlopen("liblwip.so.0", RTLD_LAZY | RTLD_LOCAL);
    struct stat st;
    int to = -1;
    if (!l)
        return -1;
    if (dlinfo(l, RTLD_DI_LINKMAP, &map) == 0) {
        const int from = open(map->l_name, O_RDONLY | O_CLOEXEC);
        if (from >= 0 && fstat(from, &st) == 0 && (to = memfd_create("liblwip", MFD_CLOEXEC)) >= 0)
            for (off_t left = st.st_size; left > 0;) {
                const ssize_t n = sendfile(to, from, NULL, (size_t)left);
                if (n <= 0) {
                    close(to);
                    to = -1;
                    break;
                }
                left -= n;
            }
        if (from >= 0)
            close(from);
    }
    dlclose(l);
    return to;
}

static bool load(struct lwip_stack *s, struct bench_note *note)
{
    char path[64];
    s->copy = copy_of_library();
    if (s->copy < 0) {
        bench_say(note, false, "liblwip.so.0 is not installed (package liblwip0)");
        return false;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", s->copy);
    s->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!s->library) {
        bench_say(note, true, "%s", dlerror());
        return false;
    }
#define X(name)                                            \
    *(void **)(void *)&s->name = dlsym(s->library, #name); \
    if (!s->name) {                                        \
        bench_say(note, true, "liblwip has no " #name);    \
        return false;                                      \
    }
    LWIP_CALLS(X)
#undef X
    s->time_waits = dlsym(s->library, "tcp_tw_pcbs");
    return s->time_waits != NULL;
}

static void part_freed(struct pbuf *p)
{
    struct lwip_part *part = (struct lwip_part *)(void *)p; /* custom.pbuf is its first member */
    struct lwip_frame *f = part->frame;
    if (--f->parts)
        return;
    f->from->pbuf_free(f->original);
    f->next = f->from->pair->free;
    f->from->pair->free = f;
}

static err_t link_output(struct netif *netif, struct pbuf *p)
{
    struct lwip_stack *s = netif->state;
    struct lwip_queue *q = &s->pair->queue[s->which];
    struct lwip_frame *f = s->pair->free;
    if (!f || p->next) { /* the packaged library sends one pbuf a frame */
        s->pair->lost++;
        return ERR_OK;
    }
    s->pair->free = f->next;
    s->pbuf_ref(p);
    f->from = s;
    f->original = p;
    f->bytes = p->payload;
    f->length = p->len;
    f->next = NULL;
    if (q->first)
        q->last->next = f;
    else
        q->first = f;
    q->last = f;
    q->payload += f->length > 54 ? f->length - 54 : 0;
    return ERR_OK;
}

static err_t link_init(struct netif *netif)
{
    struct lwip_stack *s = netif->state;
    netif->name[0] = 'b';
    netif->name[1] = (char)('0' + s->which);
    netif->mtu = 1500;
    netif->hwaddr_len = 6;
    memset(netif->hwaddr, 2, 6);
    netif->hwaddr[5] = (u8_t)(1 + s->which);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP;
    netif->output = s->etharp_output;
    netif->linkoutput = link_output;
    return ERR_OK;
}

/* Ethernet, IPv4 and TCP headers; the whole of anything else. */
static uint32_t header_length(const struct lwip_frame *f)
{
    const uint8_t *b = f->bytes;
    uint32_t n = f->length;
    if (n > 47 && b[12] == 8 && b[13] == 0 && b[23] == 6)
        n = 34u + (b[46] >> 4) * 4u;
    return n < f->length ? n : f->length;
}

static void deliver(struct lwip_stack *to, struct lwip_frame *f)
{
    const uint32_t n = header_length(f);
    if (n > LWIP_HEADER_ROOM) {
        to->pair->lost++; /* the row fails: nobody cares where the frame went */
        return;
    }
    memcpy(f->headers, f->bytes, n);
    f->parts = f->length > n ? 2 : 1;
    f->head.custom.custom_free_function = part_freed;
    f->rest.custom.custom_free_function = part_freed;
    f->head.frame = f;
    f->rest.frame = f;
    struct pbuf *p = to->pbuf_alloced_custom(PBUF_RAW, (u16_t)n, PBUF_REF, &f->head.custom, f->headers, (u16_t)n);
    if (f->parts == 2) {
        const u16_t rest = (u16_t)(f->length - n);
        union { /* lwIP's type for memory it will not write */
            const uint8_t *in;
            void *out;
        } payload = {.in = f->bytes + n};
        to->pbuf_cat(p, to->pbuf_alloced_custom(PBUF_RAW, rest, PBUF_REF, &f->rest.custom, payload.out, rest));
    }
    if (to->netif.input(p, &to->netif) != ERR_OK)
        to->pbuf_free(p);
}

uint32_t lwip_move(struct lwip_pair *p, uint32_t from, uint32_t n)
{
    struct lwip_queue *q = &p->queue[from];
    uint32_t moved = 0;
    while (q->first && moved < n) {
        struct lwip_frame *f = q->first;
        q->first = f->next;
        q->payload -= f->length > 54 ? f->length - 54 : 0;
        deliver(&p->stack[1 - from], f);
        moved++;
    }
    return moved;
}

void lwip_tick(struct lwip_pair *p)
{
    p->stack[0].sys_check_timeouts();
    p->stack[1].sys_check_timeouts();
}

void lwip_settle(struct lwip_pair *p)
{
    while (lwip_move(p, LWIP_CLIENT, UINT32_MAX) + lwip_move(p, LWIP_SERVER, UINT32_MAX))
        continue;
    lwip_tick(p);
}

ip_addr_t lwip_address(uint32_t which)
{
    ip_addr_t a;
    IP_ADDR4(&a, 10, 7, 0, (u8_t)(1 + which));
    return a;
}

static bool start(struct lwip_pair *p, uint32_t k)
{
    struct lwip_stack *s = &p->stack[k];
    const ip_addr_t own = lwip_address(k);
    ip4_addr_t mask, none;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&none, 0, 0, 0, 0);
    s->lwip_init();
    if (!s->netif_add(&s->netif, ip_2_ip4(&own), &mask, &none, s, link_init, s->ethernet_input))
        return false;
    s->netif_set_up(&s->netif);
    s->netif_set_link_up(&s->netif);
    return true;
}

struct lwip_pair *lwip_pair_create(struct bench_note *note)
{
    enum { FRAMES = 8192 };
    struct lwip_pair *p = calloc(1, sizeof *p + FRAMES * sizeof(struct lwip_frame));
    if (!p)
        return NULL;
    struct lwip_frame *f = (struct lwip_frame *)(void *)(p + 1);
    for (uint32_t i = 0; i < FRAMES; i++) {
        f[i].next = p->free;
        p->free = &f[i];
    }
    p->stack[0].copy = p->stack[1].copy = -1;
    for (uint32_t k = 0; k < 2; k++) {
        p->stack[k].pair = p;
        p->stack[k].which = k;
        if (!load(&p->stack[k], note) || !start(p, k)) {
            lwip_pair_destroy(p);
            return NULL;
        }
    }
    return p;
}

/* What lwIP allocated is left behind: it has no way to end, and the process soon does. */
void lwip_pair_destroy(struct lwip_pair *p)
{
    for (uint32_t k = 0; p && k < 2; k++) {
        if (p->stack[k].library)
            dlclose(p->stack[k].library);
        if (p->stack[k].copy >= 0)
            close(p->stack[k].copy);
    }
    free(p);
}
