/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of files in memory. A directory is whatever some path goes through: its handle is the number of
 * one file below it and the length of its own path. Listings look at every file for every entry, which
 * suits the few files that such trees have. */
#include "core/mem.h"
#include "seven/files.h"

#define DIRECTORY (1ull << 63)

static size_t length_of(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static uint64_t handle_of(uint32_t file, size_t prefix)
{
    return DIRECTORY | (uint64_t)prefix << 32 | file;
}

static enum sv_file_result memory_open(void *self, struct sv_text path, uint64_t *handle, struct sv_file_info *info)
{
    const struct sv_memory_files *t = self;
    *info = (struct sv_file_info){.directory = 1};
    if (path.n == 0) {
        *handle = handle_of(0, 0);
        return SV_FILE_OK;
    }
    for (uint32_t i = 0; i < t->files; i++) {
        const struct sv_memory_file *f = &t->file[i];
        const size_t n = length_of(f->path);
        if (n < path.n || sv_memcmp(f->path, path.at, path.n) != 0)
            continue;
        if (n == path.n) {
            *handle = i;
            *info = (struct sv_file_info){.size_bytes = f->size_bytes, .mtime_s = f->mtime_s, .inode = i + 1u};
            return SV_FILE_OK;
        }
        if (f->path[path.n] == '/') {
            *handle = handle_of(i, path.n);
            return SV_FILE_OK;
        }
    }
    return SV_FILE_NOT_FOUND;
}

static void memory_close(void *self, uint64_t handle)
{
    (void)self;
    (void)handle;
}

static size_t memory_view(void *self, uint64_t handle, uint64_t offset, const void **data)
{
    const struct sv_memory_files *t = self;
    if (handle >= t->files || offset >= t->file[handle].size_bytes)
        return 0;
    *data = (const uint8_t *)t->file[handle].bytes + offset;
    return (size_t)(t->file[handle].size_bytes - offset);
}

static size_t memory_read(void *self, uint64_t handle, uint64_t offset, void *to, size_t n)
{
    const void *from;
    const size_t have = memory_view(self, handle, offset, &from);
    if (n > have)
        n = have;
    if (n > 0)
        sv_memcpy(to, from, n);
    return n;
}

/* The name of the entry that leads to this file, if it is below the directory. */
static bool entry_of(const struct sv_memory_file *f, struct sv_text directory, struct sv_file_entry *e)
{
    const size_t n = length_of(f->path);
    size_t at = 0;
    if (directory.n > 0) {
        if (n <= directory.n || sv_memcmp(f->path, directory.at, directory.n) != 0 || f->path[directory.n] != '/')
            return false;
        at = directory.n + 1;
    }
    size_t end = at;
    while (end < n && f->path[end] != '/')
        end++;
    e->name = (struct sv_text){f->path + at, end - at};
    e->info = (struct sv_file_info){.mtime_s = f->mtime_s};
    if (end < n)
        e->info.directory = 1;
    else
        e->info.size_bytes = f->size_bytes;
    return true;
}

static int compare(struct sv_text a, struct sv_text b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    const int c = n > 0 ? sv_memcmp(a.at, b.at, n) : 0;
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static bool memory_entry(void *self, uint64_t handle, uint32_t index, struct sv_file_entry *entry)
{
    const struct sv_memory_files *t = self;
    const size_t prefix = (size_t)(handle >> 32 & 0x7fffffffu);
    struct sv_text last = SV_TEXT_NONE;
    if (t->files == 0)
        return false;
    const struct sv_text directory = {t->file[(uint32_t)handle].path, prefix};
    for (uint32_t k = 0;; k++) { /* the smallest name above the last one, index + 1 times */
        bool found = false;
        for (uint32_t i = 0; i < t->files; i++) {
            struct sv_file_entry e;
            if (!entry_of(&t->file[i], directory, &e) || (k > 0 && compare(e.name, last) <= 0))
                continue;
            if (!found || compare(e.name, entry->name) < 0)
                *entry = e;
            found = true;
        }
        if (!found || k == index)
            return found;
        last = entry->name;
    }
}

static const struct sv_files_ops memory_ops = {
    .open = memory_open,
    .close = memory_close,
    .read = memory_read,
    .view = memory_view,
    .entry = memory_entry,
};

struct sv_files sv_memory_files(struct sv_memory_files *table)
{
    return (struct sv_files){&memory_ops, table};
}
