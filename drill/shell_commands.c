/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that scripts use. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/shell_private.h"

#define FILE_BYTES 65536u

static bool ends_in(const char *word, const char *end)
{
    const size_t n = strlen(word), m = strlen(end);
    return n >= m && strcmp(word + n - m, end) == 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void sv_drill_shell_note(struct sv_drill_shell_run *r, const char *format, const char *word)
{
    char text[256];
    (void)snprintf(text, sizeof text, format, word);
    if (r->shell->note)
        r->shell->note(r->shell->ctx, text);
}

/* --- sysctl --- */

int sv_drill_shell_set(struct sv_drill_shell_run *r, const char *name, const char *value)
{
    const int error = r->shell->sysctl(r->shell->ctx, name, value);
    if (error == -ENOENT)
        sv_drill_shell_note(r, "sysctl %s: means nothing here, passed over", name);
    else if (error)
        sv_drill_shell_why(r, "sysctl %s: \"%s\" is no value of it", name, value);
    return error == -ENOENT ? SV_DRILL_SHELL_PASSED : error != 0;
}

/* Of several: a failure is one of all, and so is what means nothing. */
static int both(int a, int b)
{
    return a > 0 || b == 0 ? a : b;
}

static int set(struct sv_drill_shell_run *r, char *assignment)
{
    char *value = strchr(assignment, '=');
    char name[128];
    (void)snprintf(name, sizeof name, "%.*s", (int)(value - assignment), assignment);
    value++;
    if (strncmp(name, "net.inet", 8) == 0 || strncmp(name, "kern.", 5) == 0)
        return sv_drill_shell_freebsd(r, name, value);
    return sv_drill_shell_set(r, name, value);
}

static int sysctl(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    int status = 0;
    char value[128];
    for (uint32_t i = 1; i < c->n; i++) {
        if (c->word[i][0] == '-')
            continue;
        if (strchr(c->word[i], '='))
            status = both(status, set(r, c->word[i]));
        else if (r->shell->sysctl_get(r->shell->ctx, c->word[i], value, sizeof value) == 0)
            sv_text_format(c->out, "%s = %s\n", c->word[i], value);
        else
            status = 1;
    }
    return status;
}

static int set_sysctls(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    int status = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        if (strchr(c->word[i], '='))
            status = both(status, set(r, c->word[i]));
    }
    return status;
}

/* --- text --- */

static int echo(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    char line[512] = "";
    struct sv_line_text text = sv_text_of(line, sizeof line);
    for (uint32_t i = 1; i < c->n; i++)
        sv_text_format(&text, "%s%s", i > 1 ? " " : "", c->word[i]);
    if (c->into && (strncmp(c->into, "/proc/sys/", 10) == 0 || strncmp(c->into, "/sys/", 5) == 0))
        return sv_drill_shell_set(r, c->into, line);
    sv_text_format(c->out, "%s\n", line);
    return 0;
}

static bool is_proc_tcp(const char *word)
{
    return strcmp(word, "/proc/net/tcp") == 0 || strcmp(word, "/proc/net/tcp6") == 0;
}

/* What grep and cat read: their files, or what the command before said. */
static bool input(struct sv_drill_shell_run *r, struct sv_drill_command *c, uint32_t from, char *to, size_t size)
{
    struct sv_line_text text = sv_text_of(to, size);
    if (from >= c->n)
        sv_text_put(&text, c->in, strlen(c->in));
    for (uint32_t i = from; i < c->n; i++) {
        if (!is_proc_tcp(c->word[i])) {
            sv_drill_shell_why(r, "%s %s: no file of the machine is read", c->word[0], c->word[i]);
            return false;
        }
        if (strcmp(c->word[i], "/proc/net/tcp") == 0)
            r->shell->sockets(r->shell->ctx, true, &text);
    }
    return true;
}

/* Plain words, no expressions. -c -q -v -i */
static int grep(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    static char text[SV_DRILL_SHELL_TEXT];
    bool count = false, quiet = false, invert = false;
    uint32_t i = 1, found = 0;
    for (; i < c->n && c->word[i][0] == '-'; i++) {
        count = count || strchr(c->word[i], 'c');
        quiet = quiet || strchr(c->word[i], 'q');
        invert = invert || strchr(c->word[i], 'v');
    }
    if (i == c->n || !input(r, c, i + 1, text, sizeof text))
        return 2;
    for (char *line = text; *line;) {
        char *end = line + strcspn(line, "\n");
        const bool last = *end == 0;
        *end = 0;
        if ((strstr(line, c->word[i]) != NULL) != invert) {
            found++;
            if (!count && !quiet)
                sv_text_format(c->out, "%s\n", line);
        }
        line = last ? end : end + 1;
    }
    if (count && !quiet)
        sv_text_format(c->out, "%" PRIu32 "\n", found);
    if (!found)
        sv_drill_shell_why(r, "grep %s: not found in \"%.100s\"", c->word[i], c->in);
    return found == 0;
}

static int cat(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    static char text[SV_DRILL_SHELL_TEXT];
    if (!input(r, c, 1, text, sizeof text))
        return 1;
    sv_text_put(c->out, text, strlen(text));
    return 0;
}

/* --- scripts --- */

static int script(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    char path[1024];
    if (strncmp(base_name(c->word[0]), "sysctl_restore_", 15) == 0)
        return 0; /* what set_sysctls.py leaves behind: the next script has a stack of its own */
    (void)snprintf(path, sizeof path, "%s%s", c->word[0][0] == '/' ? "" : r->shell->folder, c->word[0]);
    FILE *file = r->depth < SV_DRILL_SHELL_DEPTH ? fopen(path, "r") : NULL;
    if (!file && errno == ENOENT) /* packetdrill looks from where it was started */
        file = fopen(c->word[0], "r");
    char *text = calloc(1, FILE_BYTES);
    if (!file || !text) {
        sv_drill_shell_why(r, "%.200s: %s", path, r->depth < SV_DRILL_SHELL_DEPTH ? strerror(errno) : "it runs itself");
        if (file)
            (void)fclose(file);
        free(text);
        return 127;
    }
    const size_t n = fread(text, 1, FILE_BYTES - 1, file);
    (void)fclose(file);
    text[n] = 0;
    r->depth++;
    const int status = sv_drill_shell_text(r, text, c->out);
    r->depth--;
    r->exited = false;
    free(text);
    return status;
}

/* There is one way out, to every peer; so it is the one that is meant. */
static int route(struct sv_drill_shell_run *r, struct sv_drill_command *c, uint32_t at)
{
    static const char *const known[] = {"mtu", "advmss", "initcwnd"};
    uint32_t value[3] = {0};
    for (uint32_t i = at; i + 1u < c->n; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            const bool lock = strcmp(c->word[i + 1u], "lock") == 0 && i + 2u < c->n;
            if (strcmp(c->word[i], known[k]) == 0)
                value[k] = (uint32_t)strtoul(c->word[i + (lock ? 2u : 1u)], NULL, 10);
        }
    }
    if ((value[0] && (value[0] < 68 || value[0] > 65535)) || value[1] > 65535 || value[2] > 1000) {
        sv_drill_shell_why(r, "ip route: mtu, advmss or initcwnd is out of range");
        return 2;
    }
    r->shell->route(r->shell->ctx, value[0], value[1], value[2]);
    return 0;
}

static int ip(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    const uint32_t at = c->n > 1 && c->word[1][0] == '-' ? 2 : 1;
    if (c->n > at && strcmp(c->word[at], "link") == 0) /* of "set dev NAME up mtu N" the MTU is ours */
        return route(r, c, at + 1u);
    if (c->n > at && strcmp(c->word[at], "tcp_metrics") == 0) {
        if (c->n > at + 1u && strcmp(c->word[at + 1u], "flush") == 0)
            r->shell->flush_metrics(r->shell->ctx);
        return 0;
    }
    if (c->n > at + 1u && strcmp(c->word[at], "route") == 0 &&
        (strcmp(c->word[at + 1u], "change") == 0 || strcmp(c->word[at + 1u], "replace") == 0 ||
         strcmp(c->word[at + 1u], "add") == 0))
        return route(r, c, at + 2u);
    sv_drill_shell_why(r, "ip %s: not known here", c->n > at ? c->word[at] : "");
    return 127;
}

static int tc(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    char line[256] = "";
    struct sv_line_text text = sv_text_of(line, sizeof line);
    for (uint32_t i = 1; i < c->n; i++)
        sv_text_format(&text, "%s%s", i > 1 ? " " : "", c->word[i]);
    r->shell->tc(r->shell->ctx, line);
    return 0;
}

static int ethtool(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    for (uint32_t i = 1; i + 1u < c->n; i++) {
        if (strcmp(c->word[i], "tso") == 0)
            r->shell->tso(r->shell->ctx, strcmp(c->word[i + 1u], "off") != 0);
    }
    return 0;
}

/* What has been counted since it was last asked; -a: ever; -z: even nothing; -s: asks without being remembered. */
static int nstat(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    bool all = false, zeros = false, remember = true;
    const char *name, *wanted = NULL;
    uint64_t value;
    for (uint32_t i = 1; i < c->n; i++) {
        if (c->word[i][0] != '-') {
            wanted = c->word[i];
            continue;
        }
        all = all || strchr(c->word[i], 'a');
        zeros = zeros || strchr(c->word[i], 'z');
        remember = remember && !strchr(c->word[i], 's');
    }
    for (uint32_t i = 0; i < SV_DRILL_SHELL_COUNTERS && (name = r->shell->counter(r->shell->ctx, i, &value)); i++) {
        const uint64_t since = value - (all ? 0 : r->shell->told[i]);
        if ((since || zeros) && (!wanted || strcmp(wanted, name) == 0))
            sv_text_format(c->out, "%-32s%-16" PRIu64 "   0.0\n", name, since);
        if (remember)
            r->shell->told[i] = value;
    }
    return 0;
}

int sv_drill_shell_command(struct sv_drill_shell_run *r, struct sv_drill_command *c)
{
    static const char *const nothing[] = {"true", ":",    "ifconfig", "modprobe", "rm", "tcpdrop",
                                          "dd",   "wait", "set",      "sync",     NULL};
    const char *name = base_name(c->word[0]);
    for (uint32_t i = 0; nothing[i]; i++) {
        if (strcmp(nothing[i], name) == 0) {
            sv_drill_shell_note(r, "%s: there is nothing here for it to do", name);
            return 0;
        }
    }
    if (strcmp(name, "sysctl") == 0)
        return sysctl(r, c);
    if (strcmp(name, "set_sysctls.py") == 0)
        return set_sysctls(r, c);
    if (strcmp(name, "echo") == 0)
        return echo(r, c);
    if (strcmp(name, "grep") == 0)
        return grep(r, c);
    if (strcmp(name, "cat") == 0)
        return cat(r, c);
    if (strcmp(name, "ip") == 0)
        return ip(r, c);
    if (strcmp(name, "tc") == 0)
        return tc(r, c);
    if (strcmp(name, "ethtool") == 0)
        return ethtool(r, c);
    if (strcmp(name, "nstat") == 0)
        return nstat(r, c);
    if (strcmp(name, "sleep") == 0) {
        const double s = strtod(c->n > 1 ? c->word[1] : "0", NULL);
        r->shell->sleep(r->shell->ctx, s > 0 && s < 1e9 ? (uint64_t)(s * 1e9) : 0);
        return 0;
    }
    if (strcmp(name, "sockstat") == 0) {
        r->shell->sockets(r->shell->ctx, false, c->out);
        return 0;
    }
    if (strcmp(name, "exit") == 0) {
        r->exited = true;
        return c->n > 1 ? (int)(strtol(c->word[1], NULL, 10) & 255) : 0; /* as a shell has it */
    }
    if (ends_in(name, ".sh"))
        return script(r, c);
    if (strcmp(name, "false") != 0)
        sv_drill_shell_why(r, "the command \"%s\" is not known here", c->word[0]);
    return strcmp(name, "false") == 0 ? 1 : 127;
}
