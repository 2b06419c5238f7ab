/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/memory.h"

#include <sys/mman.h>

void *sv_memory_map(uint64_t bytes, bool huge)
{
    if (bytes == 0 || bytes > SIZE_MAX / 2)
        return NULL;
    void *m = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED)
        return NULL;
    if (huge)
        (void)madvise(m, (size_t)bytes, MADV_HUGEPAGE); /* a wish: refused is as good */
    return m;
}

void sv_memory_unmap(void *memory, uint64_t bytes)
{
    if (memory)
        (void)munmap(memory, (size_t)bytes);
}
