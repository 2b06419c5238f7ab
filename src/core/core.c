/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/core.h"

void sv_core_init(struct sv_core *c, const struct sv_core_config *config, sv_time now)
{
    c->now = now;
    c->arena_at = (int64_t)((intptr_t)config->arena - (intptr_t)c);
    c->pool_at = (int64_t)((intptr_t)config->pool - (intptr_t)c);
    c->trace_at = config->trace ? (int64_t)((intptr_t)config->trace - (intptr_t)c) : 0;
    c->cpu = config->cpu;
    c->host = (uint16_t)config->host;
    c->account = (uint16_t)config->account;
    for (uint32_t i = 0; i < SV_RNG_PURPOSES; i++)
        sv_rng_seed(&c->rng[i], config->seed, config->stream ? config->stream : config->host, i);
    c->secret.k0 = config->secret[0];
    c->secret.k1 = config->secret[1];
    if (!(config->secret[0] | config->secret[1])) {
        c->secret.k0 = sv_rng_u64(&c->rng[SV_RNG_KEYS]);
        c->secret.k1 = sv_rng_u64(&c->rng[SV_RNG_KEYS]);
    }
    sv_wheel_init(&c->wheel, now);
}
