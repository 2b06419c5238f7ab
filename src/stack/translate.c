/* SPDX-License-Identifier: BSD-2-Clause */
/* seven/nat.h: each call takes the time and leaves the rest to layer 3. */
#include "seven/nat.h"

#include "stack/stack_internal.h"

enum sv_err sv_nat_enable(struct sv_stack *s, const struct sv_nat_config *config, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    if (config->size != sizeof *config)
        return SV_ERR_VERSION;
    return sv_nat_setup(&s->core, &s->net, config);
}

enum sv_err sv_nat_forward(struct sv_stack *s, uint32_t protocol, uint16_t outside_port,
                           const struct sv_endpoint *inside, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    return sv_nat_add_forward(&s->core, &s->net.nat, protocol, outside_port, inside);
}

void sv_nat_forget(struct sv_stack *s, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    sv_nat_close_all(&s->core, &s->net.nat);
}

const char *sv_nat_state_name(enum sv_nat_state state)
{
    static const char *const names[SV_NAT_STATES] = {
        [SV_NAT_PLAIN] = "OPEN",       [SV_NAT_INIT_OUT] = "SYN-OUT",
        [SV_NAT_INIT_IN] = "SYN-IN",   [SV_NAT_ESTABLISHED] = "ESTABLISHED",
        [SV_NAT_FIN_OUT] = "FIN-OUT",  [SV_NAT_FIN_IN] = "FIN-IN",
        [SV_NAT_FIN_BOTH] = "CLOSING", [SV_NAT_TRANS] = "TRANSITORY",
        [SV_NAT_EXPECT] = "EXPECTED",
    };
    return (uint32_t)state < SV_NAT_STATES ? names[state] : "?";
}

bool sv_nat_each(const struct sv_stack *s, uint32_t *at, struct sv_nat_info *info)
{
    return sv_nat_walk(&s->net.nat, at, info);
}

void sv_nat_count(const struct sv_stack *s, struct sv_nat_counts *counts)
{
    *counts = s->net.nat.counts;
    counts->size = sizeof *counts;
}

enum sv_err sv_npt6_add(struct sv_stack *s, sv_port port, const struct sv_addr *inside, const struct sv_addr *outside,
                        uint32_t prefix_length, sv_time now)
{
    (void)sv_core_clock(&s->core, now);
    if (port >= s->net.link.interfaces.count)
        return SV_ERR_INVALID;
    return sv_npt6_pair_add(&s->net.npt6, port, inside, outside, prefix_length);
}
