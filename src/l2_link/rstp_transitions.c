/* SPDX-License-Identifier: BSD-2-Clause */
/* Port role transitions (17.29): from the role that was selected to the role that is played, and when a port may learn
 * and forward. This is where the rapid protocol is rapid:
 *   a root port forwards at once when no port that was root lately still might ("re-rooted");
 *   a designated port forwards at once when the other side agreed to its proposal;
 *   who is proposed to first blocks all that might loop ("sync"), then agrees.
 * Everything else waits forwardDelay twice. */
#include "core/mem.h"
#include "l2_link/rstp.h"

enum {
    SV_PRT_INIT,
    SV_PRT_DISABLE_PORT,
    SV_PRT_DISABLED_PORT,
    SV_PRT_ROOT_PORT,
    SV_PRT_ROOT_PROPOSED,
    SV_PRT_ROOT_AGREED,
    SV_PRT_ROOT_REROOT,
    SV_PRT_ROOT_FORWARD,
    SV_PRT_ROOT_LEARN,
    SV_PRT_ROOT_REROOTED,
    SV_PRT_DESIGNATED_PORT,
    SV_PRT_DESIGNATED_PROPOSE,
    SV_PRT_DESIGNATED_SYNCED,
    SV_PRT_DESIGNATED_RETIRED,
    SV_PRT_DESIGNATED_FORWARD,
    SV_PRT_DESIGNATED_LEARN,
    SV_PRT_DESIGNATED_DISCARD,
    SV_PRT_BLOCK_PORT,
    SV_PRT_ALTERNATE_PORT,
    SV_PRT_ALTERNATE_PROPOSED,
    SV_PRT_ALTERNATE_AGREED,
    SV_PRT_BACKUP_PORT
};

/* --- over all ports --- */

static void sv_stp_set_sync(const struct sv_stp_at *a)
{
    for (sv_port i = 0; i < a->stp->ports; i++)
        a->stp->port[i].sync = true;
}
static bool sv_stp_all_synced(const struct sv_stp_at *a) /* 17.20.3 */
{
    for (sv_port i = 0; i < a->stp->ports; i++) {
        const struct sv_stp_port *p = &a->stp->port[i];
        if (i == a->port || p->role == SV_STP_ROOT_PORT)
            continue;
        if (!p->selected || p->updt_info || p->role != p->selected_role || !p->synced)
            return false;
    }
    return true;
}
static bool sv_stp_re_rooted(const struct sv_stp_at *a) /* 17.20.10 */
{
    for (sv_port i = 0; i < a->stp->ports; i++)
        if (i != a->port && a->stp->port[i].rr_while != 0)
            return false;
    return true;
}

static void sv_stp_play(const struct sv_stp_at *a, uint8_t role)
{
    if (a->p->role != role)
        sv_bridge_stp_event(a->br, SV_STP_ROLE, a->port, a->p->role, role);
    a->p->role = role;
}

/* --- disabled --- */

static void sv_prt_disable(const struct sv_stp_at *a)
{
    sv_stp_play(a, a->p->selected_role);
    a->p->learn = a->p->forward = false;
}
static void sv_prt_init(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->role = p->selected_role = SV_STP_DISABLED;
    p->learn = p->forward = p->synced = false;
    p->sync = p->re_root = true;
    p->rr_while = a->stp->bridge_times.forward_delay;
    p->fd_while = a->stp->bridge_times.max_age;
    p->rb_while = 0;
}
static void sv_prt_disabled(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->fd_while = p->designated_times.max_age;
    p->synced = true;
    p->rr_while = 0;
    p->sync = p->re_root = false;
}
static bool sv_prt_to_disabled(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->selected_role == SV_STP_DISABLED && a->p->role != SV_STP_DISABLED;
}
static bool sv_prt_silent(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && !a->p->learning && !a->p->forwarding;
}
static bool sv_prt_disabled_again(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && (p->fd_while != p->designated_times.max_age || p->sync || p->re_root || !p->synced);
}

/* --- root --- */

static void sv_prt_root(const struct sv_stp_at *a)
{
    sv_stp_play(a, SV_STP_ROOT_PORT);
    a->p->rr_while = a->p->designated_times.forward_delay;
}
static void sv_prt_proposed(const struct sv_stp_at *a)
{
    sv_stp_set_sync(a);
    a->p->proposed = false;
}
static void sv_prt_root_agreed(const struct sv_stp_at *a)
{
    a->p->proposed = a->p->sync = false;
    a->p->agree = true;
    a->p->new_info = true;
}
static void sv_prt_reroot(const struct sv_stp_at *a)
{
    for (sv_port i = 0; i < a->stp->ports; i++)
        a->stp->port[i].re_root = true;
}
static void sv_prt_forward_root(const struct sv_stp_at *a)
{
    a->p->fd_while = 0;
    a->p->forward = true;
}
static void sv_prt_learn(const struct sv_stp_at *a)
{
    a->p->fd_while = sv_stp_forward_delay(a);
    a->p->learn = true;
}
static void sv_prt_rerooted(const struct sv_stp_at *a)
{
    a->p->re_root = false;
}
static bool sv_prt_to_root(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->selected_role == SV_STP_ROOT_PORT && a->p->role != SV_STP_ROOT_PORT;
}
static bool sv_prt_is_proposed(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->proposed && !a->p->agree;
}
static bool sv_prt_may_agree(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && ((sv_stp_all_synced(a) && !a->p->agree) || (a->p->proposed && a->p->agree));
}
static bool sv_prt_must_reroot(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && !a->p->forward && !a->p->re_root;
}
static bool sv_prt_root_ready(const struct sv_stp_at *a)
{
    return a->p->fd_while == 0 || (sv_stp_re_rooted(a) && a->p->rb_while == 0 && a->stp->rapid);
}
static bool sv_prt_root_may_forward(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && sv_prt_root_ready(a) && a->p->learn && !a->p->forward;
}
static bool sv_prt_root_may_learn(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && sv_prt_root_ready(a) && !a->p->learn;
}
static bool sv_prt_is_rerooted(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->re_root && a->p->forward;
}
static bool sv_prt_root_again(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->rr_while != a->p->designated_times.forward_delay;
}

/* --- designated --- */

static void sv_prt_designated(const struct sv_stp_at *a)
{
    sv_stp_play(a, SV_STP_DESIGNATED);
}
static void sv_prt_propose(const struct sv_stp_at *a)
{
    a->p->proposing = true;
    a->p->edge_delay_while = sv_stp_edge_delay(a);
    a->p->new_info = true;
}
static void sv_prt_synced(const struct sv_stp_at *a)
{
    a->p->rr_while = 0;
    a->p->synced = true;
    a->p->sync = false;
}
static void sv_prt_forward_designated(const struct sv_stp_at *a)
{
    a->p->forward = true;
    a->p->fd_while = 0;
    a->p->agreed = a->p->send_rstp;
}
static void sv_prt_discard(const struct sv_stp_at *a)
{
    a->p->learn = a->p->forward = a->p->disputed = false;
    a->p->fd_while = sv_stp_forward_delay(a);
}
static bool sv_prt_to_designated(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->selected_role == SV_STP_DESIGNATED && a->p->role != SV_STP_DESIGNATED;
}
static bool sv_prt_should_propose(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && !p->forward && !p->agreed && !p->proposing && !p->oper_edge;
}
static bool sv_prt_is_synced(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && ((!p->learning && !p->forwarding && !p->synced) || (p->agreed && !p->synced) ||
                                 (p->oper_edge && !p->synced) || (p->sync && p->synced));
}
static bool sv_prt_is_retired(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->rr_while == 0 && a->p->re_root;
}
static bool sv_prt_designated_ready(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return (p->fd_while == 0 || p->agreed || p->oper_edge) && (p->rr_while == 0 || !p->re_root) && !p->sync;
}
static bool sv_prt_designated_may_forward(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && sv_prt_designated_ready(a) && a->p->learn && !a->p->forward;
}
static bool sv_prt_designated_may_learn(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && sv_prt_designated_ready(a) && !a->p->learn;
}
static bool sv_prt_must_discard(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && ((p->sync && !p->synced) || (p->re_root && p->rr_while != 0) || p->disputed) &&
           !p->oper_edge && (p->learn || p->forward);
}

/* --- alternate and backup --- */

static void sv_prt_alternate(const struct sv_stp_at *a)
{
    struct sv_stp_port *p = a->p;
    p->fd_while = sv_stp_forward_delay(a);
    p->synced = true;
    p->rr_while = 0;
    p->sync = p->re_root = false;
}
static void sv_prt_alternate_agreed(const struct sv_stp_at *a)
{
    a->p->proposed = false;
    a->p->agree = true;
    a->p->new_info = true;
}
static void sv_prt_backup(const struct sv_stp_at *a)
{
    a->p->rb_while = (uint16_t)(2u * a->p->designated_times.hello);
}
static bool sv_prt_to_blocked(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && (p->selected_role == SV_STP_ALTERNATE || p->selected_role == SV_STP_BACKUP) &&
           p->role != p->selected_role;
}
static bool sv_prt_backup_again(const struct sv_stp_at *a)
{
    return sv_stp_settled(a) && a->p->role == SV_STP_BACKUP && a->p->rb_while != 2u * a->p->designated_times.hello;
}
static bool sv_prt_alternate_again(const struct sv_stp_at *a)
{
    const struct sv_stp_port *p = a->p;
    return sv_stp_settled(a) && (p->fd_while != sv_stp_forward_delay(a) || p->sync || p->re_root || !p->synced);
}

static const struct sv_stp_edge sv_prt_edges[] = {
    {SV_PRT_INIT, SV_PRT_DISABLE_PORT, NULL},
    {SV_STP_ANY, SV_PRT_DISABLE_PORT, sv_prt_to_disabled},
    {SV_STP_ANY, SV_PRT_ROOT_PORT, sv_prt_to_root},
    {SV_STP_ANY, SV_PRT_DESIGNATED_PORT, sv_prt_to_designated},
    {SV_STP_ANY, SV_PRT_BLOCK_PORT, sv_prt_to_blocked},
    {SV_PRT_DISABLE_PORT, SV_PRT_DISABLED_PORT, sv_prt_silent},
    {SV_PRT_DISABLED_PORT, SV_PRT_DISABLED_PORT, sv_prt_disabled_again},

    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_PROPOSED, sv_prt_is_proposed},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_AGREED, sv_prt_may_agree},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_REROOT, sv_prt_must_reroot},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_FORWARD, sv_prt_root_may_forward},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_LEARN, sv_prt_root_may_learn},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_REROOTED, sv_prt_is_rerooted},
    {SV_PRT_ROOT_PORT, SV_PRT_ROOT_PORT, sv_prt_root_again},
    {SV_PRT_ROOT_PROPOSED, SV_PRT_ROOT_PORT, NULL},
    {SV_PRT_ROOT_AGREED, SV_PRT_ROOT_PORT, NULL},
    {SV_PRT_ROOT_REROOT, SV_PRT_ROOT_PORT, NULL},
    {SV_PRT_ROOT_FORWARD, SV_PRT_ROOT_PORT, NULL},
    {SV_PRT_ROOT_LEARN, SV_PRT_ROOT_PORT, NULL},
    {SV_PRT_ROOT_REROOTED, SV_PRT_ROOT_PORT, NULL},

    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_PROPOSE, sv_prt_should_propose},
    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_SYNCED, sv_prt_is_synced},
    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_RETIRED, sv_prt_is_retired},
    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_DISCARD, sv_prt_must_discard},
    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_FORWARD, sv_prt_designated_may_forward},
    {SV_PRT_DESIGNATED_PORT, SV_PRT_DESIGNATED_LEARN, sv_prt_designated_may_learn},
    {SV_PRT_DESIGNATED_PROPOSE, SV_PRT_DESIGNATED_PORT, NULL},
    {SV_PRT_DESIGNATED_SYNCED, SV_PRT_DESIGNATED_PORT, NULL},
    {SV_PRT_DESIGNATED_RETIRED, SV_PRT_DESIGNATED_PORT, NULL},
    {SV_PRT_DESIGNATED_FORWARD, SV_PRT_DESIGNATED_PORT, NULL},
    {SV_PRT_DESIGNATED_LEARN, SV_PRT_DESIGNATED_PORT, NULL},
    {SV_PRT_DESIGNATED_DISCARD, SV_PRT_DESIGNATED_PORT, NULL},

    {SV_PRT_BLOCK_PORT, SV_PRT_ALTERNATE_PORT, sv_prt_silent},
    {SV_PRT_ALTERNATE_PORT, SV_PRT_ALTERNATE_PROPOSED, sv_prt_is_proposed},
    {SV_PRT_ALTERNATE_PORT, SV_PRT_ALTERNATE_AGREED, sv_prt_may_agree},
    {SV_PRT_ALTERNATE_PORT, SV_PRT_BACKUP_PORT, sv_prt_backup_again},
    {SV_PRT_ALTERNATE_PORT, SV_PRT_ALTERNATE_PORT, sv_prt_alternate_again},
    {SV_PRT_ALTERNATE_PROPOSED, SV_PRT_ALTERNATE_PORT, NULL},
    {SV_PRT_ALTERNATE_AGREED, SV_PRT_ALTERNATE_PORT, NULL},
    {SV_PRT_BACKUP_PORT, SV_PRT_ALTERNATE_PORT, NULL},
};

static void (*const sv_prt_entry[])(const struct sv_stp_at *) = {
    [SV_PRT_INIT] = sv_prt_init,
    [SV_PRT_DISABLE_PORT] = sv_prt_disable,
    [SV_PRT_DISABLED_PORT] = sv_prt_disabled,
    [SV_PRT_ROOT_PORT] = sv_prt_root,
    [SV_PRT_ROOT_PROPOSED] = sv_prt_proposed,
    [SV_PRT_ROOT_AGREED] = sv_prt_root_agreed,
    [SV_PRT_ROOT_REROOT] = sv_prt_reroot,
    [SV_PRT_ROOT_FORWARD] = sv_prt_forward_root,
    [SV_PRT_ROOT_LEARN] = sv_prt_learn,
    [SV_PRT_ROOT_REROOTED] = sv_prt_rerooted,
    [SV_PRT_DESIGNATED_PORT] = sv_prt_designated,
    [SV_PRT_DESIGNATED_PROPOSE] = sv_prt_propose,
    [SV_PRT_DESIGNATED_SYNCED] = sv_prt_synced,
    [SV_PRT_DESIGNATED_RETIRED] = sv_prt_rerooted,
    [SV_PRT_DESIGNATED_FORWARD] = sv_prt_forward_designated,
    [SV_PRT_DESIGNATED_LEARN] = sv_prt_learn,
    [SV_PRT_DESIGNATED_DISCARD] = sv_prt_discard,
    [SV_PRT_BLOCK_PORT] = sv_prt_disable,
    [SV_PRT_ALTERNATE_PORT] = sv_prt_alternate,
    [SV_PRT_ALTERNATE_PROPOSED] = sv_prt_proposed,
    [SV_PRT_ALTERNATE_AGREED] = sv_prt_alternate_agreed,
    [SV_PRT_BACKUP_PORT] = sv_prt_backup,
};
const struct sv_stp_table sv_stp_prt = {
    SV_STP_PRT, SV_COUNT_OF(sv_prt_edges), SV_COUNT_OF(sv_prt_entry), sv_prt_edges, sv_prt_entry,
};
