/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text: what is taken as an address must be written in one way and read back the same. */
#include <string.h>

#include "seven/stack.h"

#define TEXT_MAX 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, bool with_length)
{
    struct sv_addr addr, again;
    uint32_t length = 0, length_again = 0;
    char canonical[SV_ADDR_TEXT + 1];
    if (!sv_addr_parse(text, &addr, with_length ? &length : NULL))
        return;
    memset(canonical, 'x', sizeof canonical);
    SV_ASSERT(sv_addr_text(&addr, canonical) == canonical);
    SV_ASSERT(memchr(canonical, '\0', SV_ADDR_TEXT) != NULL);
    SV_ASSERT(length <= (strchr(canonical, ':') != NULL ? 128u : 32u));
    SV_ASSERT(sv_addr_parse(canonical, &again, &length_again));
    SV_ASSERT(memcmp(&addr, &again, sizeof addr) == 0);
    char second[SV_ADDR_TEXT];
    SV_ASSERT(strcmp(sv_addr_text(&again, second), canonical) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check(text, true);
    check(text, false);
    if (size >= 16) { /* every address has a text */
        struct sv_addr addr, again;
        memcpy(addr.byte, data, 16);
        SV_ASSERT(sv_addr_parse(sv_addr_text(&addr, text), &again, NULL));
        SV_ASSERT(memcmp(&addr, &again, sizeof addr) == 0);
    }
    return 0;
}
