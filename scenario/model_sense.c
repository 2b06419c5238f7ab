/* SPDX-License-Identifier: BSD-2-Clause */
/* Each part of the topology is well said: do the parts fit together? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/model.h"

struct taken {
    struct sv_addr addr;
    uint32_t host;
};

static int by_address(const void *a, const void *b)
{
    const struct taken *x = a, *y = b;
    const int order = memcmp(x->addr.byte, y->addr.byte, sizeof x->addr.byte);
    return order ? order : x->host < y->host ? -1 : x->host > y->host;
}

static const struct sc_node *said(const struct sc_node *root, const struct sc_host *h, const char *key)
{
    const struct sc_node *all = sc_member(root, h->kind == SC_ROUTER ? "routers" : "hosts");
    const struct sc_node *own = all ? sc_member(all, h->name) : NULL;
    const struct sc_node *n = own ? sc_member(own, key) : NULL;
    return n ? n : own ? own : root;
}

/* Who is meant is found by address: each is one host's. */
static void addresses(struct sc_reader *r, const struct sc_node *root)
{
    const struct sc_model *m = r->model;
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->hosts; i++)
        n += m->host[i].addrs;
    struct taken *all = sc_take(r->m, (n + 1u) * sizeof *all);
    if (!all)
        return;
    n = 0;
    for (uint32_t i = 0; i < m->hosts; i++) {
        for (uint32_t k = 0; k < m->host[i].addrs; k++)
            all[n++] = (struct taken){m->host[i].addr[k], i};
    }
    qsort(all, n, sizeof *all, by_address);
    for (uint32_t i = 1; i < n; i++) {
        if (memcmp(all[i].addr.byte, all[i - 1u].addr.byte, sizeof all[i].addr.byte) == 0)
            sc_error(r->e, said(root, &m->host[all[i].host], "addr"), "\"%s\" has an address of \"%s\"",
                     m->host[all[i].host].name, m->host[all[i - 1u].host].name);
    }
}

static bool on_net(const struct sv_addr *a, const struct sv_addr *net, uint32_t length)
{
    const bool v4 = net->byte[10] == 0xff && net->byte[11] == 0xff && !net->byte[0];
    const uint32_t bits = length + (v4 ? 96u : 0), whole = bits / 8u;
    const uint8_t mask = (uint8_t)(0xff00u >> bits % 8u);
    return memcmp(a->byte, net->byte, whole) == 0 && (!mask || !((a->byte[whole] ^ net->byte[whole]) & mask));
}

static void gateway(struct sc_reader *r, const struct sc_node *root, const struct sc_host *h)
{
    const struct sc_node *n = said(root, h, "gateway");
    bool near = !h->has_gateway || (h->gateway.byte[0] == 0xfe && (h->gateway.byte[1] & 0xc0) == 0x80); /* fe80::/10 */
    for (uint32_t k = 0; k < h->addrs && !near; k++)
        near = on_net(&h->gateway, &h->addr[k], h->length[k]);
    if (!near)
        sc_error(r->e, n, "the gateway \"%s\" is on none of the networks of \"%s\"",
                 n->kind == SC_SCALAR ? n->text : "", h->name);
}

void sc_read_sense(struct sc_reader *r, const struct sc_node *root)
{
    const struct sc_model *m = r->model;
    addresses(r, root);
    for (uint32_t i = 0; i < m->hosts; i++) {
        const struct sc_host *h = &m->host[i];
        gateway(r, root, h);
        if (h->nat_port > h->ports)
            sc_error(r->e, said(root, h, "nat"), "the outside port is %u, and \"%s\" has the ports 1 to %u",
                     h->nat_port, h->name, h->ports);
    }
}
