/* SPDX-License-Identifier: BSD-2-Clause */
/* exchange GROUP           plays the group's conversations
 * exchange GROUP TEST      one of them
 * exchange -6 GROUP [TEST] the same over IPv6
 * exchange --first         plays all, as far as the first that fails
 * exchange --grid          plays all and prints the grid (docs/TCP_GRID.md)
 * exchange --scripts FOLDER plays all and writes them as packet scripts, into FOLDER/rfc and so on, by profile
 * exchange --check FILE    fails if FILE is not that, or an empty cell has no reason */
#include <string.h>

#include "tests/exchange/groups.h"
#include "tests/support/exchange.h"
#include "tests/support/exchange_script.h"

static uint32_t play(const struct sv_exchange *x, FILE *say)
{
    uint32_t bad = 0;
    if (x->family && x->family != (sv_exchange_six ? 6 : 4))
        return 0;
    if (!x->starts)
        return sv_exchange_run(x, SV_CLOSED, say) ? 0 : 1;
    for (uint32_t s = 0; s < SV_TCP_STATES; s++) {
        if (x->starts & SV_START(s))
            bad += sv_exchange_run(x, (enum sv_tcp_state)s, say) ? 0 : 1;
    }
    return bad;
}

static uint32_t play_group(const struct sv_exchange_group *g, const char *only, FILE *say)
{
    uint32_t bad = 0;
    sv_script.group = g->name;
    for (uint32_t i = 0; i < g->count; i++) {
        if (!only || strcmp(only, g->tests[i].name) == 0)
            bad += play(&g->tests[i], say);
    }
    return bad;
}

static uint32_t play_all(FILE *say)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < sv_exchange_group_count; i++)
        bad += play_group(sv_exchange_groups[i], NULL, say);
    return bad;
}

/* For tools/mutants: is anything noticed? */
static bool first_fails(FILE *say)
{
    if (!sv_exchange_table(say))
        return true;
    for (uint32_t i = 0; i < sv_exchange_group_count; i++) {
        const struct sv_exchange_group *g = sv_exchange_groups[i];
        for (uint32_t k = 0; k < g->count; k++) {
            if (play(&g->tests[k], say))
                return true;
        }
    }
    return false;
}

static bool same_as(FILE *made, const char *path)
{
    FILE *file = fopen(path, "r");
    int a = 0, b = 0;
    rewind(made);
    while (file && a == b && a != EOF) {
        a = fgetc(made);
        b = fgetc(file);
    }
    const bool same = file && a == b;
    if (file)
        fclose(file);
    return same;
}

/* Played once more, to see which could be scripts; that is no other conversation. */
static bool scripts_are_thought_of(void)
{
    const struct sv_grid counted = sv_grid;
    sv_script.folder = "";
    const uint32_t bad = play_all(stderr);
    sv_script.folder = NULL;
    sv_grid = counted;
    return bad == 0;
}

static int grid(const char *path)
{
    if (play_all(stderr) || !scripts_are_thought_of())
        return 1;
    if (!path) {
        sv_grid_print(stdout);
        sv_script_table(stdout);
        return 0;
    }
    FILE *made = tmpfile();
    if (!made)
        return 1;
    sv_grid_print(made);
    sv_script_table(made);
    uint32_t bad = sv_grid_unexplained(stderr) + !sv_exchange_table(stderr);
    if (!same_as(made, path)) {
        fprintf(stderr, "%s is not what `exchange --grid` prints: make it anew\n", path);
        bad++;
    }
    fclose(made);
    return bad ? 1 : 0;
}

static int scripts(const char *folder)
{
    sv_script.folder = folder;
    const uint32_t bad = play_all(stderr);
    sv_script_summary(stdout);
    return bad || !sv_script.written ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "-6") == 0) {
        sv_exchange_six = true;
        argv++;
        argc--;
    }
    if (argc == 2 && strcmp(argv[1], "--first") == 0)
        return first_fails(stderr) ? 1 : 0;
    if (argc == 2 && strcmp(argv[1], "--grid") == 0)
        return grid(NULL);
    if (argc == 3 && strcmp(argv[1], "--check") == 0)
        return grid(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--scripts") == 0)
        return scripts(argv[2]);
    for (uint32_t i = 0; argc > 1 && i < sv_exchange_group_count; i++) {
        const struct sv_exchange_group *g = sv_exchange_groups[i];
        if (strcmp(g->name, argv[1]) != 0)
            continue;
        const uint32_t bad = play_group(g, argc > 2 ? argv[2] : NULL, stderr);
        printf("%s: %u conversations, %u lines, %u failed\n", g->name, sv_grid.conversations, sv_grid.lines, bad);
        return bad || !sv_grid.conversations ? 1 : 0;
    }
    fprintf(stderr, "exchange [-6] GROUP [TEST] | --first | --grid | --scripts FOLDER | --check FILE\n");
    return 2;
}
