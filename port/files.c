/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "port/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

#define WINDOW_BYTES (4u << 20) /* of a mapping */
#define ENTRIES_MAX 65536u      /* of a directory; the rest is not listed */

struct entry {
    char *name;
    struct sv_file_info info;
};

struct handle {
    int fd; /* -1: free */
    uint32_t next_free;
    uint64_t size_bytes;
    uint8_t *map; /* the window in place */
    uint64_t map_at;
    size_t map_bytes;
    struct entry *entry; /* of a directory, read on first use */
    uint32_t entries;
    bool listed;
};

struct sv_port_files {
    int root;
    uint32_t flags;
    uint32_t handles;
    uint32_t first_free;
    struct sv_files_ops ops;
    struct handle handle[];
};

#define NO_HANDLE UINT32_MAX
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* Component by component, never through a link. The path has no "." and no ".." in it. */
static int walk(int root, const char *path)
{
    int at = dup(root);
    while (at >= 0 && *path) {
        char name[256];
        const char *slash = strchr(path, '/');
        const size_t n = slash ? (size_t)(slash - path) : strlen(path);
        if (n >= sizeof name) {
            close(at);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, path, n);
        name[n] = 0;
        const int next = openat(at, name, OPEN_FLAGS | O_NOFOLLOW | (slash ? O_DIRECTORY : 0));
        const int why = errno;
        close(at);
        errno = why;
        at = next;
        path += n + (slash ? 1 : 0);
    }
    return at;
}

static int open_beneath(struct sv_port_files *f, const char *path)
{
#ifdef RESOLVE_BENEATH
    if (!(f->flags & SV_PORT_FILES_NO_OPENAT2)) {
        struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
        int tries = 8; /* EAGAIN: something was renamed meanwhile, and the kernel could not be sure */
        long fd;
        do
            fd = syscall(SYS_openat2, f->root, *path ? path : ".", &how, sizeof how);
        while (fd < 0 && errno == EAGAIN && --tries > 0);
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EINVAL))
            return (int)fd;
        f->flags |= SV_PORT_FILES_NO_OPENAT2; /* an old kernel, or a sandbox's filter */
    }
#endif
    return walk(f->root, path);
}

static enum sv_file_result result_of(int why)
{
    switch (why) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ENXIO: /* a socket, or a device without its driver */
    case EINVAL:
        return SV_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EXDEV: /* openat2: leaves the tree */
    case ELOOP: /* a link, for the walk; too many, or a magic one, for openat2 */
    case EAGAIN:
        return SV_FILE_DENIED;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        return SV_FILE_BUSY;
    default:
        return SV_FILE_FAILED;
    }
}

/* The shape that seven/files.h promises, checked once more: this is the door. */
static bool is_tame(struct sv_text path)
{
    if (path.n >= 4096 || memchr(path.at, 0, path.n))
        return false;
    for (size_t at = 0; at < path.n;) {
        size_t end = at;
        while (end < path.n && path.at[end] != '/')
            end++;
        const size_t n = end - at;
        if (n == 0 || (n == 1 && path.at[at] == '.') || (n == 2 && path.at[at] == '.' && path.at[at + 1] == '.'))
            return false;
        at = end + 1;
        if (at == path.n)
            return false; /* a trailing slash */
    }
    return true;
}

static void info_of(const struct stat *st, struct sv_file_info *info)
{
    *info = (struct sv_file_info){
        .size_bytes = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size,
        .mtime_s = st->st_mtim.tv_sec,
        .mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
        .directory = S_ISDIR(st->st_mode) ? 1 : 0,
        .inode = st->st_ino,
    };
}

static enum sv_file_result files_open(void *self, struct sv_text path, uint64_t *handle, struct sv_file_info *info)
{
    struct sv_port_files *f = self;
    char text[4096];
    struct stat st;
    if (path.n > 0 && !is_tame(path))
        return SV_FILE_NOT_FOUND;
    if (f->first_free == NO_HANDLE)
        return SV_FILE_BUSY;
    memcpy(text, path.n > 0 ? path.at : "", path.n);
    text[path.n] = 0;
    const int fd = open_beneath(f, text);
    if (fd < 0)
        return result_of(errno);
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        close(fd);
        return SV_FILE_NOT_FOUND;
    }
    info_of(&st, info);
    const uint32_t k = f->first_free;
    f->first_free = f->handle[k].next_free;
    f->handle[k] = (struct handle){.fd = fd, .size_bytes = info->size_bytes};
    *handle = k;
    return SV_FILE_OK;
}

static void forget_entries(struct handle *h)
{
    for (uint32_t i = 0; i < h->entries; i++)
        free(h->entry[i].name);
    free(h->entry);
    h->entry = NULL;
    h->entries = 0;
}

static void files_close(void *self, uint64_t handle)
{
    struct sv_port_files *f = self;
    struct handle *h = &f->handle[handle];
    SV_ASSERT(handle < f->handles && h->fd >= 0);
    if (h->map)
        munmap(h->map, h->map_bytes);
    forget_entries(h);
    close(h->fd);
    h->map = NULL;
    h->fd = -1;
    h->next_free = f->first_free;
    f->first_free = (uint32_t)handle;
}

static size_t files_read(void *self, uint64_t handle, uint64_t offset, void *to, size_t n)
{
    struct sv_port_files *f = self;
    size_t got = 0;
    while (got < n && offset + got <= INT64_MAX) {
        const ssize_t r = pread(f->handle[handle].fd, (uint8_t *)to + got, n - got, (off_t)(offset + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            break;
        got += (size_t)r;
    }
    return got;
}

static size_t files_view(void *self, uint64_t handle, uint64_t offset, const void **data)
{
    struct sv_port_files *f = self;
    struct handle *h = &f->handle[handle];
    if (offset >= h->size_bytes || h->size_bytes < 65536)
        return 0;
    if (!h->map || offset < h->map_at || offset - h->map_at >= h->map_bytes) {
        if (h->map)
            munmap(h->map, h->map_bytes);
        h->map_at = offset - offset % WINDOW_BYTES;
        const uint64_t rest = h->size_bytes - h->map_at;
        h->map_bytes = rest < WINDOW_BYTES ? (size_t)rest : WINDOW_BYTES;
        void *map = mmap(NULL, h->map_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, h->fd, (off_t)h->map_at);
        h->map = map == MAP_FAILED ? NULL : map;
        if (!h->map)
            return 0;
    }
    const size_t skip = (size_t)(offset - h->map_at);
    *data = h->map + skip;
    return h->map_bytes - skip;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* What a listing may show: what would open. A link counts as what it leads to, if that is within. */
static bool entry_info(struct sv_port_files *f, int directory, const char *name, struct sv_file_info *info)
{
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISLNK(st.st_mode)) {
        if (f->flags & SV_PORT_FILES_NO_OPENAT2)
            return false;
        /* Within the tree, seen from the directory itself: links that climb out of it and in again by
         * another way are not listed, though they open. */
        struct sv_port_files here = {.root = directory, .flags = f->flags};
        const int fd = open_beneath(&here, name);
        if (fd < 0)
            return false;
        const int r = fstat(fd, &st);
        close(fd);
        if (r != 0)
            return false;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return false;
    info_of(&st, info);
    return true;
}

static void list(struct sv_port_files *f, struct handle *h)
{
    uint32_t room = 0;
    h->listed = true;
    const int fd = openat(h->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *e; h->entries < ENTRIES_MAX && (e = readdir(d));) {
        struct sv_file_info info;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || !entry_info(f, h->fd, e->d_name, &info))
            continue;
        if (h->entries == room) {
            room = room ? room * 2 : 64;
            struct entry *more = realloc(h->entry, room * sizeof *more);
            if (!more)
                break;
            h->entry = more;
        }
        char *name = strdup(e->d_name);
        if (!name)
            break;
        h->entry[h->entries++] = (struct entry){name, info};
    }
    closedir(d);
    if (h->entries > 0)
        qsort(h->entry, h->entries, sizeof *h->entry, by_name);
}

static bool files_entry(void *self, uint64_t handle, uint32_t index, struct sv_file_entry *entry)
{
    struct sv_port_files *f = self;
    struct handle *h = &f->handle[handle];
    if (!h->listed)
        list(f, h);
    if (index >= h->entries)
        return false;
    entry->name = (struct sv_text){h->entry[index].name, strlen(h->entry[index].name)};
    entry->info = h->entry[index].info;
    return true;
}

struct sv_port_files *sv_port_files_open(const char *root, uint32_t handles, uint32_t flags)
{
    if (handles == 0)
        handles = 256;
    struct sv_port_files *f = calloc(1, sizeof *f + handles * sizeof f->handle[0]);
    if (!f)
        return NULL;
    f->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->root < 0) {
        free(f);
        return NULL;
    }
    f->flags = flags;
    f->handles = handles;
    for (uint32_t i = 0; i < handles; i++) {
        f->handle[i].fd = -1;
        f->handle[i].next_free = i + 1 < handles ? i + 1 : NO_HANDLE;
    }
    f->ops = (struct sv_files_ops){files_open, files_close, files_read, flags & SV_PORT_FILES_MAP ? files_view : NULL,
                                   files_entry};
    return f;
}

void sv_port_files_close(struct sv_port_files *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->handles; i++)
        if (f->handle[i].fd >= 0)
            files_close(f, i);
    close(f->root);
    free(f);
}

struct sv_files sv_port_files(struct sv_port_files *f)
{
    return (struct sv_files){&f->ops, f};
}
