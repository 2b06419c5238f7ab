/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's addresses, over all interfaces: interned, counted records whose index the transports keep as
 * `local`. A tentative address (RFC 5227 probing still runs, see acd.h) or one in conflict is usable for
 * nothing. A host that takes connections for addresses of others (a tunnel) interns those as FOREIGN. A record
 * that is removed while somebody counts on it stays, unusable for anything new, until the last lets go. */
#ifndef SV_L3_ADDRESS_H
#define SV_L3_ADDRESS_H

#include "core/addr.h"
#include "core/core.h"
#include "core/wheel_kinds.h"
#include "l3_network/select.h"
#include "l3_network/slaac_times.h"

enum sv_address_state {
    SV_ADDRESS_FREE,
    SV_ADDRESS_TENTATIVE, /* the public face's 0 */
    SV_ADDRESS_PREFERRED, /* 1 */
    SV_ADDRESS_CONFLICT,  /* 2: another station has it */
    SV_ADDRESS_FOREIGN,   /* interned only */
    SV_ADDRESS_REMOVED,   /* kept until the last user lets go */
};

/* Where an address comes from, and what became of it. */
enum sv_address_flag {
    SV_ADDRESS_STABLE = 1u << 0,      /* made by SLAAC from a prefix (RFC 4862, RFC 7217) */
    SV_ADDRESS_TEMPORARY = 1u << 1,   /* ... for a while (RFC 8981) */
    SV_ADDRESS_LINK_LOCAL = 1u << 2,  /* made by the stack when the interface came up; IPv4: RFC 3927 */
    SV_ADDRESS_DEPRECATED = 1u << 3,  /* its preferred lifetime is over: for nothing new (RFC 4862 §5.5.4) */
    SV_ADDRESS_NO_ROUTE = 1u << 4,    /* says nothing of what is on link: the prefix list does (RFC 4861 §6.3.4) */
    SV_ADDRESS_REGENERATED = 1u << 5, /* a temporary one whose successor was made */
};

struct sv_address {
    struct sv_wheel_node timer;
    struct sv_addr addr;
    sv_time deadline; /* of probing and announcing; SV_NEVER */
    sv_time defended; /* when its last conflict was answered; SV_NEVER: never */
    struct sv_lifetimes life;
    sv_time life_at; /* the next moment at which its lifetimes want something; SV_NEVER */
    sv_time created;
    struct sv_addr router; /* who advertised its prefix (RFC 6724 rule 5.5); zero: nobody */
    uint32_t desync_s;     /* of a temporary one (RFC 8981 §3.8) */
    uint16_t flags;        /* enum sv_address_flag */
    uint8_t dad_counter;   /* conflicts that its identifier was changed for (RFC 7217 §6) */
    uint8_t looped;        /* solicitations of ours that came back (RFC 7527) */
    uint8_t nonce[8];      /* of the last one; 6 are used */
    sv_port port;
    uint32_t uses;        /* records that keep its index */
    uint32_t chain;       /* next in the hash bucket, or the free list */
    uint32_t conflicts;   /* in its life: many slow probing down (RFC 5227 §2.1.1) */
    uint32_t prefix_bits; /* of 128 */
    uint8_t state;        /* enum sv_address_state */
    uint8_t phase;        /* enum sv_acd_phase */
    uint8_t sent;         /* probes or announcements of this phase */
    uint8_t spare;
};

struct sv_addresses {
    int64_t at, buckets_at; /* from this struct */
    uint32_t ceiling, buckets;
    uint32_t free_first, used;
    uint32_t last_hit;   /* the index found last: traffic has few destinations */
    uint32_t generation; /* changes with every record that comes, goes or changes its state */
};

SV_MUST_CHECK bool sv_addresses_init(struct sv_addresses *t, struct sv_core *c, struct sv_arena *arena,
                                     uint32_t ceiling);

static inline struct sv_address *sv_address_of(const struct sv_addresses *t, uint32_t index)
{
    return (struct sv_address *)((uintptr_t)t + (uintptr_t)t->at) + index;
}
/* Whether it may be sent from and received at: its own and usable, or another's that we answer for. */
static inline bool sv_address_usable(const struct sv_address *a)
{
    return a->state == SV_ADDRESS_PREFERRED || a->state == SV_ADDRESS_FOREIGN;
}

/* The record of an address in whatever state, SV_NONE if there is none. */
uint32_t sv_address_find_slowly(const struct sv_core *c, const struct sv_addresses *t, const struct sv_addr *addr);

static inline uint32_t sv_address_find(const struct sv_core *c, struct sv_addresses *t, const struct sv_addr *addr)
{
    if (SV_LIKELY(t->last_hit != SV_NONE && sv_addr_equal(&sv_address_of(t, t->last_hit)->addr, addr)))
        return t->last_hit;
    const uint32_t i = sv_address_find_slowly(c, t, addr);
    if (i != SV_NONE)
        t->last_hit = i;
    return i;
}

/* The index of a usable address of ours (preferred; of any interface: the weak model, RFC 1122 §3.3.4.2),
 * SV_NONE otherwise. */
static inline uint32_t sv_address_local(const struct sv_core *c, struct sv_addresses *t, const struct sv_addr *addr)
{
    const uint32_t i = sv_address_find(c, t, addr);
    return i != SV_NONE && sv_address_usable(sv_address_of(t, i)) ? i : SV_NONE;
}

/* A new address, TENTATIVE, counted once for the interface; acd.h makes it usable. SV_NONE: the ceiling, or the
 * address is there already. */
uint32_t sv_address_make(struct sv_core *c, struct sv_addresses *t, sv_port port, const struct sv_addr *addr,
                         uint32_t prefix_bits);
/* Takes it from the interface. */
void sv_address_remove(struct sv_core *c, struct sv_addresses *t, uint32_t index);

/* The one place that sets a state: traces it. */
void sv_address_move(struct sv_core *c, struct sv_addresses *t, uint32_t index, enum sv_address_state to);

/* The wheel wakes it at the sooner of its deadline and life_at. */
void sv_address_rearm(struct sv_core *c, struct sv_addresses *t, uint32_t index);

/* What RFC 6724 wants to know of it. next_hop: of the destination in question; NULL: none. */
struct sv_source sv_address_as_source(const struct sv_address *a, const struct sv_addr *next_hop);

/* The record of any address, made as FOREIGN if it is not ours; counted: release it. SV_NONE: the ceiling. */
uint32_t sv_address_intern(struct sv_core *c, struct sv_addresses *t, sv_port port, const struct sv_addr *addr);
void sv_address_hold(struct sv_addresses *t, uint32_t index);
void sv_address_release(struct sv_core *c, struct sv_addresses *t, uint32_t index);

/* The source to send from to `dst` out of `port`, by next_hop (NULL: itself): of its family, chosen by RFC 6724. For
 * IPv4 first what shares a subnet with the next hop (RFC 1122 §3.3.4.3). SV_NONE: there is none. */
uint32_t sv_address_select_by(const struct sv_addresses *t, sv_port port, const struct sv_addr *dst,
                              const struct sv_addr *next_hop);
static inline uint32_t sv_address_select(const struct sv_addresses *t, sv_port port, const struct sv_addr *dst)
{
    return sv_address_select_by(t, port, dst, NULL);
}

bool sv_address_is_broadcast_slowly(const struct sv_addresses *t, sv_port port, const struct sv_addr *addr);

/* Is it 255.255.255.255, or the all-ones or all-zeros host of a subnet of that interface (RFC 1122 §3.3.6)? Two
 * host bits at least are then all ones or all zeros, which half of all addresses are not. */
static inline bool sv_address_is_broadcast(const struct sv_addresses *t, sv_port port, const struct sv_addr *addr)
{
    const uint32_t last = addr->byte[15] & 3u;
    return (last == 0 || last == 3u) && sv_address_is_broadcast_slowly(t, port, addr);
}

/* Asserts every invariant. */
void sv_addresses_check(const struct sv_core *c, const struct sv_addresses *t);

#endif
