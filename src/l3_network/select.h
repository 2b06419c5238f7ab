/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of our addresses to send from, and which of a name's addresses to try first (RFC 6724): the rules, as pure
 * functions of what is known of the candidates. IPv4 addresses are v4-mapped, as that RFC wants them. */
#ifndef SV_L3_SELECT_H
#define SV_L3_SELECT_H

#include "core/addr.h"

/* RFC 6724 §3.1: scopes are those of multicast, from narrow to wide. */
enum sv_scope {
    SV_SCOPE_INTERFACE = 1,
    SV_SCOPE_LINK = 2,
    SV_SCOPE_ADMIN = 4,
    SV_SCOPE_SITE = 5,
    SV_SCOPE_ORGANIZATION = 8,
    SV_SCOPE_GLOBAL = 14,
};
uint32_t sv_addr_scope(const struct sv_addr *a);

/* §2.1: the default policy table. */
uint32_t sv_addr_label(const struct sv_addr *a);
uint32_t sv_addr_precedence(const struct sv_addr *a);

/* §2.2: how many leading bits two addresses share, at most `limit`. */
uint32_t sv_addr_common_bits(const struct sv_addr *a, const struct sv_addr *b, uint32_t limit);

struct sv_source {
    struct sv_addr addr;
    uint32_t prefix_bits; /* of 128 */
    sv_port port;
    bool deprecated;
    bool temporary;
    bool home;          /* rule 4, for mobile hosts */
    bool from_next_hop; /* rule 5.5: the next hop advertised its prefix */
};

/* What the destination asks of its source. */
struct sv_source_wish {
    struct sv_addr dst;
    sv_port port;       /* it goes out of this interface */
    bool public_source; /* rule 7 turned round: rather a stable one than a temporary one */
};

/* §5: is a better than b? Exactly one of better(a, b), better(b, a) and "the rules see no difference" is true. */
bool sv_source_better(const struct sv_source *a, const struct sv_source *b, const struct sv_source_wish *wish);

struct sv_destination {
    struct sv_addr addr;
    struct sv_source source; /* what sv_source_better() chose for it */
    bool reachable;          /* there is a route and a source: rule 1 */
    bool encapsulated;       /* rule 7: through a tunnel */
};

/* §6: is a to be tried before b? */
bool sv_destination_better(const struct sv_destination *a, const struct sv_destination *b);

/* Sorts by §6; equals keep their order (rule 10). */
void sv_destinations_sort(struct sv_destination *d, uint32_t n);

#endif
