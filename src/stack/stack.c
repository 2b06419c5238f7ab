/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack is made: ceilings from the configuration, one layer after the other. */
#include "stack/stack_internal.h"

static uint32_t sv_or(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

/* The defaults of seven/stack.h. */
static struct sv_stack_config sv_stack_defaults(const struct sv_stack_config *given)
{
    struct sv_stack_config c = {.size = sizeof c};
    if (given)
        c = *given;
    c.interfaces = sv_or(c.interfaces, 4);
    c.addresses = sv_or(c.addresses, 32);
    c.routes = sv_or(c.routes, 64);
    c.neighbours = sv_or(c.neighbours, 256);
    c.fragments = sv_or(c.fragments, 64);
    c.connections = sv_or(c.connections, 1024);
    c.half_open = sv_or(c.half_open, 1024);
    c.time_waits = sv_or(c.time_waits, 4096);
    c.busy = sv_or(c.busy, c.connections);
    c.listeners = sv_or(c.listeners, 64);
    c.udp_sockets = sv_or(c.udp_sockets, 64);
    c.timers = sv_or(c.timers, 64);
    c.send_buffer = sv_or(c.send_buffer, 4u << 20);
    c.recv_buffer = sv_or(c.recv_buffer, c.profile == SV_PROFILE_LINUX ? 15u << 20 : 4u << 20);
    c.msl_ms = sv_or(c.msl_ms, 30000);
    c.auth_keys = sv_or(c.auth_keys, 16);
    c.auth_connections = sv_or(c.auth_connections, 64);
    c.acl_rules = sv_or(c.acl_rules, c.forward ? 128 : 0);
    c.route_tables = sv_or(c.route_tables, c.forward ? 4 : 0);
    return c;
}

static struct sv_net_config sv_stack_net_config(const struct sv_stack_config *c)
{
    return (struct sv_net_config){
        .interfaces = c->interfaces,
        .addresses = c->addresses,
        .routes = c->routes,
        .neighbours = c->neighbours,
        .fragments = c->fragments,
        .forward = c->forward,
        .nat_sessions = c->nat_sessions,
        .route_tables = c->route_tables,
        .acl_rules = c->acl_rules,
    };
}

static struct sv_tcp_config sv_stack_tcp_config(const struct sv_stack_config *c)
{
    return (struct sv_tcp_config){
        .connections = c->connections,
        .busy = c->busy,
        .half_open = c->half_open,
        .time_waits = c->time_waits,
        .listeners = c->listeners,
        .interfaces = c->interfaces,
        .profile = c->profile,
        .msl_ms = c->msl_ms,
        .send_buffer = c->send_buffer,
        .recv_buffer = c->recv_buffer,
        .recover = c->recover,
        .congestion = c->congestion,
        .ecn = c->ecn,
        .keys = c->auth_keys,
        .aos = c->auth_connections,
    };
}

uint64_t sv_stack_bytes(const struct sv_stack_config *config)
{
    const struct sv_stack_config c = sv_stack_defaults(config);
    const struct sv_net_config net = sv_stack_net_config(&c);
    const struct sv_tcp_config tcp = sv_stack_tcp_config(&c);
    return sizeof(struct sv_stack) + sv_net_bytes(&net) + sv_tcp_bytes(&tcp) + sv_udp_bytes(c.udp_sockets) +
           sv_session_bytes(c.timers) + 512u;
}

static bool sv_stack_config_ok(const struct sv_stack_config *c)
{
    if (c->profile > SV_PROFILE_TINY || !sv_tcp_cc_exists(c->congestion) || c->ecn > SV_ECN_ACCEPT_ACCURATE ||
        c->recover > (SV_RECOVER_PLAIN | SV_RECOVER_ALL))
        return false;
    if (c->interfaces > 1024 || c->connections > 1u << 29 || c->route_tables > 14 || c->routes > 1u << 24 ||
        c->acl_rules > 65536 || c->auth_keys > 65536 || c->auth_connections > 1u << 24)
        return false;
    if ((uint64_t)c->half_open + c->time_waits > 1u << 29)
        return false;
    return c->recv_buffer >= 2048 && c->send_buffer >= 2048 && c->recv_buffer <= 1u << 30;
}

struct sv_stack *sv_stack_create(struct sv_arena *arena, struct sv_pool *pool, const struct sv_stack_config *config,
                                 sv_time now)
{
    if (config && config->size != sizeof *config)
        return NULL;
    const struct sv_stack_config c = sv_stack_defaults(config);
    if (!sv_stack_config_ok(&c))
        return NULL;
    struct sv_stack *s = sv_arena_take(arena, sizeof *s, 64);
    if (!s)
        return NULL;
    uint32_t account =
        sv_pool_account(pool, c.pool_bufs ? c.pool_bufs : UINT32_MAX, c.pool_slabs ? c.pool_slabs : UINT32_MAX);
    if (account == SV_NONE && (c.pool_bufs || c.pool_slabs))
        return NULL;
    if (account == SV_NONE) /* a world of more hosts than accounts: those without a quota share the world's own */
        account = 0;
    const struct sv_core_config core = {.arena = arena,
                                        .pool = pool,
                                        .trace = c.trace,
                                        .seed = c.seed,
                                        .secret = {c.secret[0], c.secret[1]},
                                        .cpu = c.cpu,
                                        .host = c.host,
                                        .stream = c.stream,
                                        .account = account};
    sv_core_init(&s->core, &core, now);
    const struct sv_net_config net = sv_stack_net_config(&c);
    const struct sv_tcp_config tcp = sv_stack_tcp_config(&c);
    if (!sv_net_init(&s->net, &s->core, arena, &net) || !sv_udp_init(&s->udp, &s->core, arena, c.udp_sockets) ||
        !sv_tcp_init(&s->tcp, &s->core, arena, &tcp) ||
        !sv_session_init(&s->session, &s->core, &s->net, &s->udp, &s->tcp, arena, c.timers))
        return NULL;
    if (c.stable_secret[0] | c.stable_secret[1])
        s->net.nd.stable_key = (struct sv_siphash_key){c.stable_secret[0], c.stable_secret[1]};
    s->tcp.net_at = (int64_t)((intptr_t)&s->net - (intptr_t)&s->tcp);
    s->node.kind = SV_NODE_STACK;
    return s;
}

struct sv_tcp_teach *sv_stack_teach(struct sv_stack *s)
{
    return &s->tcp.teach;
}

struct sv_node *sv_stack_node(struct sv_stack *s)
{
    return &s->node;
}

/* --- the verbs, as every node has them --- */

void sv_stack_set_checked(struct sv_stack *s, bool checked)
{
    s->checked = checked;
}

static struct sv_stack *sv_stack_of(struct sv_node *x)
{
    SV_ASSERT(x->kind == SV_NODE_STACK);
    return (struct sv_stack *)(void *)x;
}

SV_HOT static void sv_stack_op_receive(struct sv_node *x, sv_port in, struct sv_burst *take, sv_time now)
{
    struct sv_stack *s = sv_stack_of(x);
    if (SV_LIKELY(!s->checked)) {
        sv_stack_receive(s, in, take, now);
        return;
    }
    sv_stack_check(s);
    sv_stack_receive(s, in, take, now);
    sv_stack_check(s);
}

SV_HOT static uint32_t sv_stack_op_transmit(struct sv_node *x, sv_port out, struct sv_room room, struct sv_burst *give,
                                            sv_time now)
{
    struct sv_stack *s = sv_stack_of(x);
    if (SV_LIKELY(!s->checked))
        return sv_stack_transmit(s, out, room, give, now);
    sv_stack_check(s);
    const uint32_t n = sv_stack_transmit(s, out, room, give, now);
    sv_stack_check(s);
    return n;
}

SV_HOT static sv_port sv_stack_op_next_output(const struct sv_node *x, sv_port after)
{
    return sv_stack_next_output((const struct sv_stack *)(const void *)x, after);
}

SV_HOT static sv_time sv_stack_op_next_deadline(const struct sv_node *x)
{
    return sv_stack_next_deadline((const struct sv_stack *)(const void *)x);
}

static void sv_stack_op_expire(struct sv_node *x, sv_time now)
{
    struct sv_stack *s = sv_stack_of(x);
    if (s->checked)
        sv_stack_check(s);
    sv_stack_expire(s, now);
    if (s->checked)
        sv_stack_check(s);
}

const struct sv_node_ops sv_stack_ops = {
    sv_stack_op_receive, sv_stack_op_transmit, sv_stack_op_next_output, sv_stack_op_next_deadline, sv_stack_op_expire,
};
