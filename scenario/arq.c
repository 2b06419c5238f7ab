/* SPDX-License-Identifier: BSD-2-Clause */
/* Stop-and-wait over UDP: what a program has to do itself to be sure. `send: 100B, of: u, count: 50, resend: 250ms`
 * sends one message, waits until it is answered, sends it again when `resend` has passed, and only then the next. App
 * `arq` answers each with its bit, and gives it to its program unless the bit is that of the one before. */
#include "scenario/run.h"

#define ANSWER 2u /* bytes: a mark, and the bit of the message that has come */
#define MARK 0xa5u

/* A message has come: is it the one that is waited for? */
void sc_arq_message(struct sc_run *run, uint32_t socket, const struct sv_endpoint *from, uint32_t number, sv_time now)
{
    const struct sc_socket *s = &run->model->socket[socket];
    struct sc_udp *u = &run->udp[socket];
    const uint8_t bit = number & 1u;
    const uint8_t answer[ANSWER] = {MARK, bit};
    const bool again = bit != ((u->messages + 1u) & 1u);
    if (!number)
        return;
    if (!again)
        u->messages++;
    else if (s->app == SC_ARQ_NO_BIT)
        u->handed_twice++;
    else
        u->discarded++;
    u->failed += sv_udp_send(run->stack[s->host], u->sock, from, answer, sizeof answer, now) != SV_OK;
}

/* The job's message is answered. False: this is no answer to it. */
bool sc_arq_answered(const struct sc_job *job, const uint8_t *bytes, size_t n)
{
    return job->sent == job->number && job->left && n == ANSWER && bytes[0] == MARK && bytes[1] == (job->number & 1u);
}
