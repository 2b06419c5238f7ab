/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of files to serve: a directory of the operating system (port/files.h), a table in memory
 * (sv_memory_files), or the embedder's own. Servers see nothing else, so none of them can read outside. */
#ifndef SEVEN_FILES_H
#define SEVEN_FILES_H

#include "seven/text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum sv_file_result {
    SV_FILE_OK,
    SV_FILE_NOT_FOUND, /* no such name, or not a regular file or directory */
    SV_FILE_DENIED,    /* permissions, or a link that leaves the tree */
    SV_FILE_BUSY,      /* no handle is free now */
    SV_FILE_FAILED,    /* the medium failed */
};

struct sv_file_info {
    uint64_t size_bytes; /* 0 for a directory */
    int64_t mtime_s;     /* seconds since 1970 */
    uint32_t mtime_ns;   /* and nanoseconds */
    uint32_t directory;  /* 1: a directory */
    uint64_t inode;      /* tells two files of one tree apart */
};

struct sv_file_entry {
    struct sv_text name; /* borrowed until the next call or close */
    struct sv_file_info info;
};

struct sv_files_ops {
    /* Opens a path relative to the root: decoded bytes, without NUL, without a leading or trailing slash,
     * without "." and ".." segments; "" is the root. An implementation checks all of that again. */
    enum sv_file_result (*open)(void *self, struct sv_text path, uint64_t *handle, struct sv_file_info *info);
    void (*close)(void *self, uint64_t handle);
    /* Copies up to n bytes from `offset`. Less than n only at the end of the file; 0 there, or when the
     * medium fails (the server then breaks the transfer off, since the length was promised). */
    size_t (*read)(void *self, uint64_t handle, uint64_t offset, void *to, size_t n);
    /* Optional (may be NULL): borrows bytes from `offset` until the next call; the count, 0 at the end or
     * when it cannot. Saves one of the two copies of read() and write(). */
    size_t (*view)(void *self, uint64_t handle, uint64_t offset, const void **data);
    /* The entry number `index` of an open directory, in byte order of the names, without "." and "..".
     * The listing does not change while the handle is open. False: no more. */
    bool (*entry)(void *self, uint64_t handle, uint32_t index, struct sv_file_entry *entry);
};

struct sv_files {
    const struct sv_files_ops *ops;
    void *self;
};

/* Files in memory, for tests, the simulator and embedders without a file system. Directories are implied
 * by the paths. Needs no library at all. */
struct sv_memory_file {
    const char *path; /* "index.html", "docs/a b.txt" */
    const void *bytes;
    uint64_t size_bytes;
    int64_t mtime_s;
};
struct sv_memory_files {
    const struct sv_memory_file *file; /* the caller's, in any order */
    uint32_t files;
};
SV_API struct sv_files sv_memory_files(struct sv_memory_files *table);

#ifdef __cplusplus
}
#endif
#endif
