/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of the operating system as a tree to serve (seven/files.h).
 *
 * Nothing outside the directory can be opened: openat2() with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS lets
 * the kernel see to it (symbolic links that stay within the tree work); where that call is missing or
 * forbidden, each component is opened by itself with O_NOFOLLOW, and no symbolic link works at all. Only
 * regular files and directories open; names that begin with a dot do, but servers do not list them. */
#ifndef SV_PORT_FILES_H
#define SV_PORT_FILES_H

#include "seven/files.h"

struct sv_port_files;

enum sv_port_files_flag {
    /* Large files are mapped and lent in place (view): one copy less, but a file that shrinks while it is
     * sent kills the process with SIGBUS. For trees that hold still. */
    SV_PORT_FILES_MAP = 1u << 0,
    SV_PORT_FILES_NO_OPENAT2 = 1u << 1, /* walk by component even where openat2() works (tests) */
};

/* NULL: errno says why. `handles` files and directories can be open at once (0: 256). */
struct sv_port_files *sv_port_files_open(const char *root, uint32_t handles, uint32_t flags);
void sv_port_files_close(struct sv_port_files *f);

/* Valid until closed. */
struct sv_files sv_port_files(struct sv_port_files *f);

#endif
