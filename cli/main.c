/* SPDX-License-Identifier: BSD-2-Clause */
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "cli/commands.h"

int main(int argc, char **argv)
{
    (void)setlocale(LC_CTYPE, "");
    /* A reader that went away is told by EPIPE to whoever writes, so that summaries still reach stderr. */
    (void)signal(SIGPIPE, SIG_IGN);
    const int status = cli_main(argc, argv);
    if (fflush(stdout) != 0 && status == 0)
        return 1;
    return status;
}
