/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/outside.h"

#include "core/pool_inline.h"

bool sc_is_outside(const struct sc_run *run, uint32_t host)
{
    return host < run->model->hosts && run->model->host[host].kind == SC_OUTSIDE;
}

uint32_t sc_outsides(const struct sc_model *model)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < model->hosts; i++)
        n += model->host[i].kind == SC_OUTSIDE;
    return n;
}

void sc_outside_put(struct sc_run *run, uint32_t host, struct sv_burst *take, sv_time at)
{
    struct sv_world *w = run->sim->world;
    const uint32_t entry = run->index.link_first[host];
    if (!entry || run->over) { /* no link leads there */
        for (uint32_t i = 0; i < take->n; i++)
            sv_buf_free(take->packet[i]);
        take->n = 0;
        return;
    }
    sv_world_advance(w, at);
    const struct sv_passage p = {.now = sv_world_now(w),
                                 .from = host,
                                 .to = run->model->hosts + (entry - 1u) / 2u,
                                 .to_port = (entry - 1u) % 2u};
    sc_tap(run, &p, take);
    for (uint32_t i = 0; i < take->n; i++) {
        if (!sv_world_post(w, p.to, p.to_port, take->packet[i], p.now, 0))
            sv_buf_free(take->packet[i]); /* as a device whose ring is full would */
    }
    take->n = 0;
    sc_observe(run);
}

void sc_outside_give(struct sc_run *run, uint32_t host, struct sv_buf *take)
{
    if (run->outside && !run->settling)
        run->outside(run->outside_ctx, run, host, take);
    else
        sv_buf_free(take);
}
