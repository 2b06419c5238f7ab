/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

/* Its reader has gone, as head's does when it has seen enough: nothing to complain of. */
static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0);
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, "");
    /* A reader that went away is told by EPIPE to whoever writes, so that summaries still reach stderr. */
    (void)signal(SIGPIPE, SIG_IGN);
    const int status = cli_main(argc, argv);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (!reader_left())
        (void)cli_fail(NULL, "stdout: %s",
                       errno ? strerror(errno) : "could not be written; what is there is cut short");
    return status ? status : 1;
}
