/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of layer 1 share: symbols of frames, a generator the code under test does not know, and the folder
 * of vectors beside the tree. */
#ifndef SV_TESTS_UNIT_L1_PHYSICAL_PHY_SUPPORT_H
#define SV_TESTS_UNIT_L1_PHYSICAL_PHY_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/crc32.h"
#include "l1_physical/phy.h"

_Noreturn void sv_assert_failed(const char *what, const char *file, int line)
{
    mock_assert(0, what, file, line);
    abort();
}

/* The frame that every vector carries: an ARP request, padded, with its FCS. */
static inline const uint8_t *arp_frame(void)
{
    static uint8_t frame[64] = {255, 255, 255, 255, 255, 255, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                                1,   2,   0,   0,   0,   0,   1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};
    const uint8_t fcs[4] = {0xe8, 0x6f, 0x4d, 0xf8};
    memcpy(frame + 60, fcs, sizeof fcs);
    return frame;
}

static inline uint32_t draw(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

/* A file of ../shared/data/phy, or NULL with the reason printed. The caller frees it. */
static inline char *vector_file(const char *name)
{
    char path[512];
    const char *root = getenv("SEVEN_SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/../shared/data/phy/%s", root ? root : ".", name);
    FILE *in = fopen(path, "rb");
    if (!in) {
        print_message("skip: no %s beside the tree\n", name);
        return NULL;
    }
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, in) > 0);
    fclose(in);
    return text;
}

/* An encoder and a decoder are some kilobytes: kept off the stack. */
static inline struct sv_phy_encoder *new_encoder(uint32_t code)
{
    struct sv_phy_encoder *e = malloc(sizeof *e);
    assert_non_null(e);
    sv_phy_encoder_init(e, code);
    return e;
}
static inline struct sv_phy_decoder *new_decoder(uint32_t code)
{
    struct sv_phy_decoder *d = malloc(sizeof *d);
    assert_non_null(d);
    sv_phy_decoder_init(d, code);
    return d;
}

/* How much idle makes any decoder lock and settle, and how long a frame may take to come out. */
static inline uint32_t settle_symbols(uint32_t code)
{
    return code == SV_PHY_PAM4 ? 3 * 2752 : code == SV_PHY_10GBASE_R ? 66 * 90 : 400;
}

#endif
