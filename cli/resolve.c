/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "cli/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* HOST:PORT:ADDR in its parts; HOST may be "*". */
static bool split_entry(const char *entry, char *host, size_t room, uint16_t *port, struct sv_addr *addr)
{
    if (*entry == '+')
        entry++;
    const char *first = strchr(entry, ':');
    const char *second = first ? strchr(first + 1, ':') : NULL;
    char number[8];
    if (!second || (size_t)(first - entry) >= room || second - first - 1 >= (int)sizeof number)
        return false;
    (void)snprintf(host, room, "%.*s", (int)(first - entry), entry);
    (void)snprintf(number, sizeof number, "%.*s", (int)(second - first - 1), first + 1);
    return *host && cli_parse_port(number, port) && cli_parse_addr(second + 1, addr);
}

const char *cli_resolve_check(const struct cli_texts *resolve)
{
    char host[256];
    uint16_t port;
    struct sv_addr addr;
    for (uint32_t i = 0; i < resolve->n; i++)
        if (!split_entry(resolve->text[i], host, sizeof host, &port, &addr))
            return resolve->text[i];
    return NULL;
}

/* Every address that the file has for the name, in its order. */
static uint32_t in_hosts(const char *name, const char *path, struct sv_addr *addr, uint32_t most)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    uint32_t n = 0;
    if (!file)
        return 0;
    while (n < most && getline(&line, &room, file) >= 0) {
        char *rest = line;
        bool found = false;
        line[strcspn(line, "#\n")] = '\0';
        const char *word = strtok_r(line, " \t", &rest);
        struct sv_addr a;
        if (!word || !cli_parse_addr(word, &a))
            continue;
        while (!found && (word = strtok_r(NULL, " \t", &rest)))
            found = strcasecmp(word, name) == 0;
        if (found)
            addr[n++] = a;
    }
    free(line);
    (void)fclose(file);
    return n;
}

uint32_t cli_resolve_all(const char *name, uint16_t port, const struct cli_texts *resolve, const char *hosts,
                         struct sv_addr *addr, uint32_t most)
{
    char host[256];
    uint16_t its_port;
    struct sv_addr its_addr;
    uint32_t n = 0;
    for (uint32_t i = 0; resolve && i < resolve->n && n < most; i++) {
        if (split_entry(resolve->text[i], host, sizeof host, &its_port, &its_addr) && its_port == port &&
            (strcmp(host, "*") == 0 || strcasecmp(host, name) == 0))
            addr[n++] = its_addr;
    }
    if (n)
        return n;
    if (most && cli_parse_addr(name, &its_addr)) {
        *addr = its_addr;
        return 1;
    }
    return in_hosts(name, hosts ? hosts : "/etc/hosts", addr, most);
}

bool cli_resolve(const char *name, uint16_t port, const struct cli_texts *resolve, const char *hosts,
                 struct sv_addr *addr)
{
    return cli_resolve_all(name, port, resolve, hosts, addr, 1) == 1;
}

static bool printable(const char *name)
{
    for (; *name; name++)
        if (*name <= ' ' || *name > '~')
            return false;
    return true;
}

bool cli_resolve_back(const struct sv_addr *addr, const char *hosts, char *name, size_t room)
{
    FILE *file = fopen(hosts ? hosts : "/etc/hosts", "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    if (!file)
        return false;
    while (!found && getline(&line, &size, file) >= 0) {
        char *rest = line;
        struct sv_addr a;
        line[strcspn(line, "#\n")] = '\0';
        const char *word = strtok_r(line, " \t", &rest);
        if (!word || !cli_parse_addr(word, &a) || memcmp(&a, addr, sizeof a) != 0)
            continue;
        word = strtok_r(NULL, " \t", &rest);
        found = word && strlen(word) < room && printable(word);
        if (found)
            (void)snprintf(name, room, "%s", word);
    }
    free(line);
    (void)fclose(file);
    return found;
}
