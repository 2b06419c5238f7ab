/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/core/support.h"

#include "core/checksum.h"
#include "core/checksum_fast.h"
#include "core/cursor.h"

#define ROOM 70000u

/* RFC 1071 §1 to the letter, in network order. */
static uint16_t model(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)p[i] << 8 | p[i + 1];
    if (n % 2 != 0)
        sum += (uint32_t)p[n - 1] << 8;
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint16_t as_on_wire(uint16_t sum)
{
    uint8_t b[2];
    memcpy(b, &sum, 2);
    return sv_get_u16(b);
}

static uint32_t cpus(uint32_t *cpu)
{
    uint32_t n = 0;
    cpu[n++] = SV_CPU_PORTABLE;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        cpu[n++] = SV_CPU_AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
        cpu[n++] = SV_CPU_AVX512 | SV_CPU_AVX2;
#endif
    return n;
}

static void check(const uint8_t *from, size_t n, uint8_t *to, uint32_t cpu)
{
    const uint16_t wanted = model(from, n);
    assert_int_equal(as_on_wire(sv_sum(from, n, cpu)), wanted);
    memset(to, 0xa5, n + 64);
    assert_int_equal(as_on_wire(sv_sum_copy(to + 32, from, n, cpu)), wanted);
    assert_memory_equal(to + 32, from, n);
    for (size_t i = 0; i < 32; i++) {
        assert_int_equal(to[i], 0xa5);
        assert_int_equal(to[32 + n + i], 0xa5);
    }
}

/* Every length up to 600 and some long ones, at every alignment of source and target, over random bytes,
 * all zeros and all ones; exact allocations, so that a sanitizer sees a read past the end. */
static void agrees_with_the_letter(void **state)
{
    (void)state;
    struct dice d = {7};
    uint32_t cpu[3];
    const uint32_t n_cpu = cpus(cpu);
    static uint8_t to[ROOM + 128];
    for (uint32_t c = 0; c < n_cpu; c++) {
        for (size_t n = 0; n < 2200; n += n < 600 ? 1 : 37) {
            const size_t skew = n % 67;
            uint8_t *exact = malloc(n + skew + 1);
            assert_non_null(exact);
            for (size_t i = 0; i < n + skew; i++)
                exact[i] = (uint8_t)roll(&d, 256);
            check(exact + skew, n, to + roll(&d, 32), cpu[c]);
            memset(exact, 0, n + skew);
            check(exact + skew, n, to + roll(&d, 32), cpu[c]);
            memset(exact, 0xff, n + skew);
            check(exact + skew, n, to + roll(&d, 32), cpu[c]);
            free(exact);
        }
        uint8_t *large = malloc(ROOM);
        assert_non_null(large);
        for (size_t i = 0; i < ROOM; i++)
            large[i] = (uint8_t)roll(&d, 256);
        for (size_t n = ROOM - 70; n < ROOM; n++)
            check(large + ROOM - n, n, to, cpu[c]);
        memset(large, 0xff, ROOM);
        check(large, ROOM, to, cpu[c]);
        free(large);
    }
    printf("routines tested: %u\n", n_cpu);
}

/* The most that a wide routine takes at once, and a little more, of the words that drive its lanes furthest. */
static void holds_the_largest_sums(void **state)
{
    (void)state;
    static const uint8_t word[][2] = {{0, 0}, {255, 255}, {0, 128}, {128, 0}, {255, 127}, {127, 255}};
    uint32_t cpu[3];
    const uint32_t n_cpu = cpus(cpu);
    uint8_t *bytes = malloc(SV_SUM_WIDE_MAX + 64);
    assert_non_null(bytes);
    for (size_t w = 0; w < sizeof word / sizeof word[0]; w++) {
        for (size_t i = 0; i < SV_SUM_WIDE_MAX + 64; i++)
            bytes[i] = word[w][i % 2];
        for (uint32_t c = 0; c < n_cpu; c++)
            for (size_t n = SV_SUM_WIDE_MAX - 3; n <= SV_SUM_WIDE_MAX + 64; n += 1 + n % 7)
                assert_int_equal(as_on_wire(sv_sum(bytes, n, cpu[c])), model(bytes, n));
    }
    free(bytes);
}

/* Exactly one byte set, anywhere: no byte is left out, none counted twice. */
static void counts_every_byte_once(void **state)
{
    (void)state;
    uint32_t cpu[3];
    const uint32_t n_cpu = cpus(cpu);
    uint8_t bytes[520] = {0};
    for (uint32_t c = 0; c < n_cpu; c++)
        for (size_t n = 1; n < sizeof bytes; n += 13)
            for (size_t i = 0; i < n; i++) {
                bytes[i] = 0x81;
                assert_int_equal(as_on_wire(sv_sum(bytes, n, cpu[c])), i % 2 != 0 ? 0x81 : 0x8100);
                bytes[i] = 0;
            }
}

/* RFC 1071 §3's worked example. */
static void gives_the_rfcs_example(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(as_on_wire(sv_sum(bytes, sizeof bytes, 0)), 0xddf2);
    uint8_t field[2];
    sv_sum_store(field, sv_sum(bytes, sizeof bytes, 0));
    assert_int_equal(sv_get_u16(field), 0x220d);
}

static void adds_pieces(void **state)
{
    (void)state;
    struct dice d = {9};
    uint8_t bytes[400];
    for (int round = 0; round < 2000; round++) {
        const uint32_t n = 1 + roll(&d, sizeof bytes);
        const uint32_t cut = roll(&d, n + 1);
        for (uint32_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)roll(&d, 256);
        const uint16_t left = sv_sum(bytes, cut, 0);
        uint16_t right = sv_sum(bytes + cut, n - cut, 0);
        if (cut % 2 != 0)
            right = sv_sum_odd(right);
        assert_int_equal(as_on_wire(sv_sum_add(left, right)), model(bytes, n));
    }
    static const uint8_t number[] = {0x12, 0x34, 0xab, 0xcd};
    assert_int_equal(sv_sum_u16(0x1234), sv_sum(number, 2, 0));
    assert_int_equal(sv_sum_u32(0x1234abcd), sv_sum(number, 4, 0));
}

/* RFC 1624 §3 (equation 3): an updated field equals one computed afresh. */
static void replaces_words(void **state)
{
    (void)state;
    struct dice d = {10};
    uint8_t header[20];
    for (int round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof header; i++)
            header[i] = (uint8_t)roll(&d, 256);
        header[0] = 0x45; /* never all zero, as no IP header is */
        sv_put_u16(header + 10, 0);
        sv_sum_store(header + 10, sv_sum(header, sizeof header, 0));
        const uint16_t from = sv_get_u16(header + 8);
        const uint16_t to = (uint16_t)(round % 3 == 0 ? from - 0x100 : (int)roll(&d, 65536));
        sv_put_u16(header + 8, to);
        sv_sum_replace_u16(header + 10, from, to);
        assert_int_equal(sv_sum(header, sizeof header, 0), 0xffff);
        const uint16_t updated = sv_get_u16(header + 10);
        sv_put_u16(header + 10, 0);
        sv_sum_store(header + 10, sv_sum(header, sizeof header, 0));
        assert_int_equal(updated, sv_get_u16(header + 10));
    }
}

/* Words in host order and words as they lie, added up in 64 bits, give the field that folding gives. */
static void finishes_words(void **state)
{
    (void)state;
    struct dice d = {11};
    uint8_t bytes[80];
    for (int round = 0; round < 20000; round++) {
        uint64_t numbers = 0, lies = 0;
        for (uint32_t at = 0; at < sizeof bytes; at += 4) {
            const uint32_t extreme = roll(&d, 2) ? 0 : 0xffffffffu;
            uint32_t word = roll(&d, 4) ? roll(&d, 65536) << 16 | roll(&d, 65536) : extreme;
            word |= at == 0; /* not all of them 0 */
            sv_put_u32(bytes + at, word);
            if (roll(&d, 2)) {
                numbers += word;
            } else {
                sv_memcpy(&word, bytes + at, 4);
                lies += word;
            }
        }
        uint8_t wanted[2];
        sv_sum_store(wanted, sv_sum(bytes, sizeof bytes, 0));
        const uint16_t got = sv_sum_complement(lies + sv_sum_of_numbers(numbers));
        assert_memory_equal(&got, wanted, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_letter),
        cmocka_unit_test(holds_the_largest_sums),
        cmocka_unit_test(counts_every_byte_once),
        cmocka_unit_test(gives_the_rfcs_example),
        cmocka_unit_test(adds_pieces),
        cmocka_unit_test(replaces_words),
        cmocka_unit_test(finishes_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
