/* SPDX-License-Identifier: BSD-2-Clause */
/* seven private: any command line in a network of its own, with a TAP to this machine's kernel in it. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "cli/commands.h"
#include "port/control.h"
#include "port/private.h"

struct private_config {
    const char *device;
    struct cli_prefixes kernel;
    uint64_t mtu;
    bool verbose;
};

#define AT(member) offsetof(struct private_config, member)
static const struct cli_option private_options[] = {
    {'i', "device", CLI_DEVICE, "tap:NAME", "name of the device that is made there (default tap:seven0)", AT(device),
     NULL, 0, 0},
    {'k', "kernel", CLI_PREFIXES, "ADDR/LEN",
     "address of the kernel's end; may be repeated (default 10.7.0.1/24 and fd07::1/64)", AT(kernel), NULL, 0, 0},
    {0, "mtu", CLI_SIZE, "BYTES", "longest IP packet on it (default 1500)", AT(mtu), NULL, 576, 65535},
    {'v', "verbose", CLI_FLAG, NULL, "say on stderr what was made", AT(verbose), NULL, 0, 0},
    {0, NULL, CLI_FLAG, NULL, NULL, 0, NULL, 0, 0},
};

static int private_run(int argc, char **argv)
{
    struct private_config config = {.device = "tap:seven0"};
    struct cli_parse parse = {.command = &cli_command_private, .config = &config};
    char error[SV_DEVICE_TEXT];
    struct sv_device_options device;
    bool pair = false;
    const int r = cli_parse(&parse, argc, argv);
    if (r != CLI_PARSED)
        return r;
    if (!parse.words.n)
        return cli_usage("private", "command missing; for example seven private -- seven ping 10.7.0.1");
    if (strncmp(config.device, "tap:", 4) != 0)
        return cli_usage("private", "-i: \"%s\" cannot be made there; it takes tap:NAME", config.device);
    sv_device_defaults(&device);
    device.mtu = (uint32_t)config.mtu;
    if (config.kernel.n > 4)
        return cli_usage("private", "-k: at most four addresses");
    for (uint32_t i = 0; i < config.kernel.n; i++) {
        device.kernel[i].addr = config.kernel.addr[i];
        device.kernel[i].length = config.kernel.length[i];
        device.kernel_addresses = i + 1;
    }
    /* Who asks with seven ss from outside looks where we looked before we became root in here. */
    sv_control_keep_directory();
    if (sv_private_enter(error) != SV_PRIVATE_OK)
        return cli_fail("private", "%s", error);
    if (!sv_private_interface(config.device + 4, &device, &pair, error))
        return cli_fail("private", "%s: %s", config.device, error);
    if (config.verbose)
        (void)fprintf(stderr, "seven private: a network of its own, with %s (%s)\n", config.device,
                      pair ? "a veth pair" : "a TAP");
    parse.words.word[parse.words.n] = NULL;
    const int e = sv_private_exec(parse.words.word);
    (void)cli_fail("private", "%s: %s", parse.words.word[0], strerror(e));
    return e == ENOENT ? 127 : 126; /* as shells have it */
}

const struct cli_command cli_command_private = {
    .name = "private",
    .summary = "run a command line in a network of its own, without any right",
    .usage = "[--] COMMAND [ARGUMENT...]",
    .examples = "seven private -- seven ping -c 3 10.7.0.1\tSeven's stack asks this machine's kernel\n"
                "seven private -- sh -c 'seven serve http & sleep 1; curl 10.7.0.2'\tand the other way\n"
                "seven private -- sh\ta shell in there; exit ends it all\n",
    .detail = "The command sees one device more, tap:seven0, whose other end is the kernel with the address 10.7.0.1; "
              "every seven command in there uses it by default. Nothing of the host's network is touched, and nothing "
              "is left when the last process has ended.",
    .exit_codes = "0\twhat COMMAND gives, else:\n1\tno namespace or no device to be had\n2\tusage\n126\tCOMMAND could "
                  "not be run\n127\tCOMMAND was not found\n",
    .options = private_options,
    .stop_at_word = true,
    .run = private_run,
};
