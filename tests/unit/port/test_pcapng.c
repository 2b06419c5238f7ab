/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of pcapng against its own reader, the reader against captures that others wrote, the writer
 * against tshark where it is installed. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/capture_file.h"
#include "trace/pcapng.h"

/* A file in memory. */
struct store {
    uint8_t bytes[65536];
    size_t n, at, limit;
};

static bool put(void *self, const void *bytes, size_t n)
{
    struct store *s = self;
    if (s->n + n > (s->limit ? s->limit : sizeof s->bytes))
        return false;
    memcpy(s->bytes + s->n, bytes, n);
    s->n += n;
    return true;
}

static size_t get(void *self, void *to, size_t n)
{
    struct store *s = self;
    const size_t take = s->n - s->at < n ? s->n - s->at : n;
    memcpy(to, s->bytes + s->at, take);
    s->at += take;
    return take;
}

static struct store store;
static struct sv_capture_reader reader;
static uint8_t room[70000];
static const uint8_t frame[61] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4};

static void write_three(struct sv_pcapng_writer *w)
{
    static const char *const truth[] = {"lost on cable 2, seed 42", "retransmission 1 of SYN"};
    const struct sv_pcapng_about about = {"seven 0.1.0", "none", "simulated, seed 42", "three frames"};
    const struct sv_pcapng_piece whole = {frame, 60}, parts[3] = {{frame, 14}, {frame + 14, 1}, {frame + 15, 46}};

    memset(&store, 0, sizeof store);
    assert_true(sv_pcapng_begin(w, put, &store, &about));
    assert_int_equal(sv_pcapng_interface(w, "seven0", SV_LINKTYPE_ETHERNET, 0), 0);
    assert_int_equal(sv_pcapng_interface(w, NULL, SV_LINKTYPE_ETHERNET, 96), 1);
    assert_true(sv_pcapng_tls_secrets(w, "CLIENT_RANDOM 00 11\n", 20));
    const struct sv_pcapng_packet a = {.time_ns = 1700000000123456789u,
                                       .direction = SV_PCAPNG_OUT,
                                       .piece = &whole,
                                       .pieces = 1,
                                       .comment = truth,
                                       .comments = 2};
    assert_true(sv_pcapng_packet(w, &a));
    const struct sv_pcapng_packet b = {.interface = 1,
                                       .time_ns = 1700000001000000001u,
                                       .wire_length = 1514,
                                       .direction = SV_PCAPNG_IN,
                                       .piece = parts,
                                       .pieces = 3};
    assert_true(sv_pcapng_packet(w, &b));
    const struct sv_pcapng_packet c = {.time_ns = 0, .piece = &whole, .pieces = 1};
    assert_true(sv_pcapng_packet(w, &c));
    assert_true(sv_pcapng_statistics(w, 0, 1700000002000000000u, 2, 1));
    assert_int_equal(store.n % 4, 0);
    assert_int_equal(w->bytes, store.n);
}

static void round_trip(void **state)
{
    struct sv_pcapng_writer w;
    struct sv_capture_packet p;
    (void)state;

    write_three(&w);
    assert_true(sv_capture_begin(&reader, get, &store, room, sizeof room));
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_SECRETS);
    assert_int_equal(p.captured, 20);
    assert_memory_equal(p.bytes, "CLIENT_RANDOM 00 11\n", 20);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_true(p.time_ns == 1700000000123456789u);
    assert_int_equal(p.captured, 60);
    assert_int_equal(p.length, 60);
    assert_int_equal(p.direction, SV_PCAPNG_OUT);
    assert_int_equal(p.comment_bytes, strlen("lost on cable 2, seed 42"));
    assert_memory_equal(p.comment, "lost on cable 2, seed 42", p.comment_bytes);
    assert_memory_equal(p.bytes, frame, 60);
    assert_string_equal(reader.interface[0].name, "seven0");
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_int_equal(p.interface, 1);
    assert_true(p.time_ns == 1700000001000000001u);
    assert_int_equal(p.captured, 61);
    assert_int_equal(p.length, 1514);
    assert_int_equal(p.direction, SV_PCAPNG_IN);
    assert_null(p.comment);
    assert_memory_equal(p.bytes, frame, 61);
    assert_int_equal(reader.interface[1].snaplen, 96);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_true(p.time_ns == 0);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_END);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_END);
    assert_int_equal(reader.packets, 3);
}

/* Every possible cut of the file gives what was whole, and says that it was cut. */
static void cut_anywhere(void **state)
{
    struct sv_pcapng_writer w;
    struct sv_capture_packet p;
    uint64_t before = 0;
    (void)state;

    write_three(&w);
    const size_t whole = store.n;
    for (size_t n = 0; n <= whole; n++) {
        store.n = n;
        store.at = 0;
        if (!sv_capture_begin(&reader, get, &store, room, sizeof room)) {
            assert_non_null(reader.error);
            assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_END);
            continue;
        }
        enum sv_capture_verdict v;
        do
            v = sv_capture_next(&reader, &p);
        while (v == SV_CAPTURE_PACKET || v == SV_CAPTURE_SECRETS);
        assert_true(v == SV_CAPTURE_END || v == SV_CAPTURE_CUT);
        assert_true(v == SV_CAPTURE_END || reader.error != NULL);
        assert_true(reader.packets >= before);
        before = reader.packets;
    }
    assert_int_equal(before, 3);
}

static void full_disk(void **state)
{
    struct sv_pcapng_writer w;
    const struct sv_pcapng_piece whole = {frame, 60};
    const struct sv_pcapng_packet a = {.piece = &whole, .pieces = 1};
    (void)state;

    memset(&store, 0, sizeof store);
    store.limit = 100;
    assert_true(sv_pcapng_begin(&w, put, &store, NULL));
    assert_int_equal(sv_pcapng_interface(&w, "x", SV_LINKTYPE_ETHERNET, 0), 0);
    assert_false(sv_pcapng_packet(&w, &a));
    assert_true(w.failed);
    assert_false(sv_pcapng_packet(&w, &a));
    assert_int_equal(sv_pcapng_interface(&w, "y", SV_LINKTYPE_ETHERNET, 0), SV_NONE);
}

static void no_such_interface(void **state)
{
    struct sv_pcapng_writer w;
    const struct sv_pcapng_packet a = {.interface = 0};
    (void)state;

    memset(&store, 0, sizeof store);
    assert_true(sv_pcapng_begin(&w, put, &store, NULL));
    const size_t n = store.n;
    assert_false(sv_pcapng_packet(&w, &a));
    assert_false(sv_pcapng_statistics(&w, 0, 0, 0, 0));
    assert_int_equal(store.n, n);
    assert_false(w.failed);
}

/* One packet of each kind and order, put together by hand. */
static void put_bytes(const uint8_t *b, size_t n)
{
    assert_true(put(&store, b, n));
}

static void number(bool big, uint32_t v, uint32_t bytes)
{
    uint8_t b[4];
    for (uint32_t i = 0; i < bytes; i++)
        b[big ? bytes - 1 - i : i] = (uint8_t)(v >> (8 * i));
    put_bytes(b, bytes);
}

static void old_pcap(uint32_t magic, bool big, uint32_t fraction, uint64_t expected_ns)
{
    struct sv_capture_packet p;

    memset(&store, 0, sizeof store);
    number(big, magic, 4);
    number(big, 2, 2);
    number(big, 4, 2);
    number(big, 0, 4);
    number(big, 0, 4);
    number(big, 262144, 4);
    number(big, 113, 4);
    number(big, 1500000000, 4);
    number(big, fraction, 4);
    number(big, 20, 4);
    number(big, 99, 4);
    if (magic == 0xa1b2cd34u) {
        number(big, 3, 4);
        number(big, 0x0800, 2);
        number(big, 0, 2);
    }
    put_bytes(frame, 20);
    assert_true(sv_capture_begin(&reader, get, &store, room, sizeof room));
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_true(p.time_ns == expected_ns);
    assert_true(p.timed);
    assert_int_equal(p.link_type, 113);
    assert_int_equal(p.captured, 20);
    assert_int_equal(p.length, 99);
    assert_memory_equal(p.bytes, frame, 20);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_END);
}

static void pcap_kinds(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        old_pcap(0xa1b2c3d4u, big, 999999, 1500000000999999000u);
        old_pcap(0xa1b23c4du, big, 999999999, 1500000000999999999u);
        old_pcap(0xa1b2cd34u, big, 1, 1500000000000001000u);
    }
}

/* Units and offsets of a pcapng interface; also a big-endian section, unknown blocks, SPB and the obsolete
 * packet block. */
static void hand_made(bool big, uint8_t resolution, int64_t offset, uint64_t units, uint64_t expected_ns)
{
    struct sv_capture_packet p;
    const uint64_t o = (uint64_t)offset;
    const uint8_t res[4] = {resolution, 0, 0, 0};

    memset(&store, 0, sizeof store);
    number(big, 0x0a0d0d0au, 4), number(big, 28, 4), number(big, 0x1a2b3c4du, 4), number(big, 1, 2);
    number(big, 0, 2), number(big, UINT32_MAX, 4), number(big, UINT32_MAX, 4), number(big, 28, 4);
    number(big, 0xbadu, 4), number(big, 16, 4), number(big, 7, 4), number(big, 16, 4);
    number(big, 1, 4), number(big, 44, 4), number(big, 101, 2), number(big, 0, 2), number(big, 8, 4);
    number(big, 9, 2), number(big, 1, 2), put_bytes(res, 4), number(big, 14, 2), number(big, 8, 2);
    number(big, (uint32_t)(big ? o >> 32 : o), 4), number(big, (uint32_t)(big ? o : o >> 32), 4);
    number(big, 0, 4), number(big, 44, 4);
    number(big, 6, 4), number(big, 40, 4), number(big, 0, 4), number(big, (uint32_t)(units >> 32), 4);
    number(big, (uint32_t)units, 4), number(big, 6, 4), number(big, 6, 4), put_bytes(frame + 6, 8);
    number(big, 40, 4);
    number(big, 3, 4), number(big, 24, 4), number(big, 60, 4), put_bytes(frame + 6, 8), number(big, 24, 4);
    number(big, 2, 4), number(big, 36, 4), number(big, 0, 2), number(big, 5, 2);
    number(big, (uint32_t)(units >> 32), 4);
    number(big, (uint32_t)units, 4), number(big, 2, 4), number(big, 6, 4), put_bytes(frame + 6, 4);
    number(big, 36, 4);

    assert_true(sv_capture_begin(&reader, get, &store, room, sizeof room));
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_true(p.time_ns == expected_ns);
    assert_int_equal(p.captured, 6);
    assert_int_equal(p.link_type, 101);
    assert_memory_equal(p.bytes, frame + 6, 6);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_false(p.timed);
    assert_int_equal(p.captured, 8); /* the interface's snaplen */
    assert_int_equal(p.length, 60);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_true(p.time_ns == expected_ns);
    assert_int_equal(p.captured, 2);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_END);
}

static void pcapng_kinds(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        hand_made(big, 6, 0, 1500000000123456u, 1500000000123456000u);
        hand_made(big, 9, 0, 1500000000123456789u, 1500000000123456789u);
        hand_made(big, 12, 0, 1500000123456789012u, 1500000123456789u);
        hand_made(big, 0, 0, 1500000000u, 1500000000000000000u);
        hand_made(big, 3, -1000, 1500000000123u, 1499999000123000000u);
        hand_made(big, 6, 7, 1u, 7000001000u);
        hand_made(big, 6, -7, 1u, 0);                 /* before 1970 */
        hand_made(big, 0, 0, UINT64_MAX, UINT64_MAX); /* after 2554 */
        hand_made(big, 0x80 | 10, 0, 1536, 1500000000u);
        hand_made(big, 0x80 | 32, 0, (5u * (uint64_t)1 << 32) + 0x80000000u, 5500000000u);
        hand_made(big, 0x80 | 60, 0, (uint64_t)3 << 59, 1500000000u);
        hand_made(big, 0x80 | 127, 0, UINT64_MAX, 0);
        hand_made(big, 127, 0, UINT64_MAX, 0);
        hand_made(big, 19, 0, 15000000000000000000u, 1500000000u);
    }
}

static void damaged(const char *what, size_t at, uint32_t value, enum sv_capture_verdict expected)
{
    struct sv_pcapng_writer w;
    struct sv_capture_packet p;
    enum sv_capture_verdict v;

    memset(&store, 0, sizeof store);
    assert_true(sv_pcapng_begin(&w, put, &store, NULL));
    assert_int_equal(sv_pcapng_interface(&w, NULL, 1, 0), 0);
    const size_t packet = store.n;
    const struct sv_pcapng_piece whole = {frame, 60};
    const struct sv_pcapng_packet a = {.piece = &whole, .pieces = 1};
    assert_true(sv_pcapng_packet(&w, &a));
    for (uint32_t i = 0; i < 4; i++)
        store.bytes[packet + at + i] = (uint8_t)(value >> (8 * i));
    assert_true(sv_capture_begin(&reader, get, &store, room, sizeof room));
    do
        v = sv_capture_next(&reader, &p);
    while (v == SV_CAPTURE_PACKET);
    if (v != expected)
        fail_msg("%s: verdict %d, expected %d", what, (int)v, (int)expected);
    assert_true((v == SV_CAPTURE_END) == (reader.error == NULL));
}

static void lengths_that_lie(void **state)
{
    (void)state;
    damaged("block of 4 bytes", 4, 4, SV_CAPTURE_BAD);
    damaged("block of 13 bytes", 4, 13, SV_CAPTURE_BAD);
    damaged("block of 4 GiB", 4, 0xfffffffcu, SV_CAPTURE_BAD);
    damaged("block longer than the file", 4, 4096, SV_CAPTURE_CUT);
    damaged("block shorter than its packet", 4, 96, SV_CAPTURE_BAD);
    damaged("packet longer than its block", 20, 61 + 28, SV_CAPTURE_BAD);
    damaged("packet of 4 GiB", 20, 0xffffffffu, SV_CAPTURE_BAD);
    damaged("unknown interface", 8, 1, SV_CAPTURE_BAD);
    damaged("unknown block", 0, 0x12345678u, SV_CAPTURE_END);
    damaged("option past the end", 28 + 60, 0xffff0001u, SV_CAPTURE_END);
}

/* A packet that the room does not hold is given cut, and the next one is found. */
static void small_room(void **state)
{
    static uint8_t big[40000];
    struct sv_pcapng_writer w;
    struct sv_capture_packet p;
    const struct sv_pcapng_piece first = {big, sizeof big}, second = {frame, 60};
    const struct sv_pcapng_packet a = {.piece = &first, .pieces = 1}, b = {.piece = &second, .pieces = 1};
    (void)state;

    memset(&store, 0, sizeof store);
    assert_true(sv_pcapng_begin(&w, put, &store, NULL));
    assert_int_equal(sv_pcapng_interface(&w, NULL, 1, 0), 0);
    assert_true(sv_pcapng_packet(&w, &a) && sv_pcapng_packet(&w, &b));
    assert_true(sv_capture_begin(&reader, get, &store, room, 256));
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_int_equal(p.captured, 256 - 20);
    assert_int_equal(p.file_captured, sizeof big);
    assert_int_equal(p.length, sizeof big);
    assert_int_equal(sv_capture_next(&reader, &p), SV_CAPTURE_PACKET);
    assert_int_equal(p.captured, 60);
    assert_memory_equal(p.bytes, frame, 60);
}

/* What tshark says of a file that files() wrote: it opens without complaint, and the truth is shown. */
static void ask_tshark(const char *path)
{
    char command[512], line[256] = "", first[256] = "";
    uint32_t lines = 0;

    if (system("command -v tshark >/dev/null 2>&1") != 0) {
        print_message("tshark is not installed: its word on %s is not heard\n", path);
        return;
    }
    snprintf(command, sizeof command,
             "tshark -n -r %s -T fields -e frame.time_epoch -e frame.comment -e frame.packet_flags_direction "
             "-e frame.interface_name 2>&1",
             path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (strncmp(line, "Running as", 10) != 0 && lines++ == 0)
            memcpy(first, line, sizeof first);
    }
    assert_int_equal(pclose(f), 0);
    assert_int_equal(lines, 10000);
    assert_int_equal(strncmp(first, "1700000000.000000000\tthe truth of it\t", 37), 0);
    assert_non_null(strstr(first, "2\tseven0\n")); /* outbound; versions differ in how they print a 2 */
}

static void write_file(const char *path)
{
    static const char *const truth[] = {"the truth of it"};
    const struct sv_pcapng_about about = {.application = "seven 0.1.0"};
    const struct sv_pcapng_piece whole = {frame, 60};
    char error[SV_DEVICE_TEXT];
    struct sv_capture_out out;

    assert_true(sv_capture_create(&out, path, &about, error));
    assert_int_equal(sv_pcapng_interface(&out.writer, "seven0", SV_LINKTYPE_ETHERNET, 0), 0);
    for (uint32_t k = 0; k < 10000; k++) {
        const struct sv_pcapng_packet a = {.time_ns = 1700000000000000000u + k,
                                           .direction = SV_PCAPNG_OUT,
                                           .piece = &whole,
                                           .pieces = 1,
                                           .comment = truth,
                                           .comments = 1};
        assert_true(sv_pcapng_packet(&out.writer, &a));
    }
    assert_true(sv_pcapng_statistics(&out.writer, 0, 1700000000000010000u, 10000, 0));
    assert_true(sv_capture_finish(&out));
}

static void read_file_back(const char *path)
{
    char error[SV_DEVICE_TEXT];
    struct sv_capture_in in;
    struct sv_capture_packet p;
    uint64_t n = 0;

    assert_true(sv_capture_open(&in, path, error));
    while (sv_capture_next(&in.reader, &p) == SV_CAPTURE_PACKET) {
        assert_true(p.time_ns == 1700000000000000000u + n);
        n++;
    }
    assert_int_equal(n, 10000);
    assert_null(in.reader.error);
    sv_capture_close(&in);
}

static void files(void **state)
{
    static const char *const names[] = {"plain.pcapng", "packed.pcapng.gz"};
    char directory[] = "/tmp/seven-test-XXXXXX", path[128], error[SV_DEVICE_TEXT];
    struct sv_capture_out out;
    struct sv_capture_in in;
    (void)state;

    assert_non_null(mkdtemp(directory));
    for (uint32_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        write_file(path);
        read_file_back(path);
        ask_tshark(path);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
    assert_false(sv_capture_open(&in, "/nonexistent.pcap", error));
    assert_non_null(strstr(error, "No such file"));
    assert_false(sv_capture_open(&in, "/proc/self/status", error));
    assert_non_null(strstr(error, "neither pcap nor pcapng"));
    assert_false(sv_capture_create(&out, "/nonexistent/x.pcapng", NULL, error));
    assert_false(sv_capture_finish(&out));
    /* A full disk is told, at the latest at the end. */
    assert_true(sv_capture_create(&out, "/dev/full", NULL, error));
    assert_false(sv_capture_finish(&out));
}

/* Captures that others wrote: the number of packets is the one their index says. */
static void real_captures(void **state)
{
    static const char *const roots[] = {"../shared/data/pcaps", "../../shared/data/pcaps"};
    const char *root = getenv("SEVEN_PCAPS");
    char path[1024], line[2048], error[SV_DEVICE_TEXT];
    FILE *index = NULL;
    uint32_t files = 0, wrong = 0, cut = 0;
    (void)state;

    for (uint32_t i = 0; index == NULL && i < 3; i++) {
        const char *try = i == 0 ? root : roots[i - 1];
        if (try == NULL)
            continue;
        snprintf(path, sizeof path, "%s/INDEX.tsv", try);
        index = fopen(path, "r");
        root = try;
    }
    if (index == NULL) {
        print_message("skip: no folder of captures (set SEVEN_PCAPS to one with an INDEX.tsv)\n");
        skip();
    }
    assert_non_null(fgets(line, sizeof line, index));
    while (fgets(line, sizeof line, index)) {
        struct sv_capture_in in;
        struct sv_capture_packet p;
        enum sv_capture_verdict v;
        char name[512];
        unsigned long packets;
        /* NOLINTNEXTLINE(cert-err34-c): an index of this repository, whose numbers are small */
        if (sscanf(line, "%511[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%lu", name, &packets) != 2)
            continue;
        snprintf(path, sizeof path, "%s/%s", root, name);
        files++;
        if (!sv_capture_open(&in, path, error)) {
            print_message("%s\n", error);
            wrong++;
            continue;
        }
        do
            v = sv_capture_next(&in.reader, &p);
        while (v == SV_CAPTURE_PACKET || v == SV_CAPTURE_SECRETS);
        cut += v == SV_CAPTURE_CUT;
        if (in.reader.packets != packets || v == SV_CAPTURE_BAD) {
            print_message("%s: %llu packets, the index says %lu; %s\n", name, (unsigned long long)in.reader.packets,
                          packets, in.reader.error ? in.reader.error : "no error");
            wrong++;
        }
        sv_capture_close(&in);
    }
    fclose(index);
    print_message("%u captures read, %u of them cut short by their origin\n", files, cut);
    assert_true(files > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),        cmocka_unit_test(cut_anywhere), cmocka_unit_test(full_disk),
        cmocka_unit_test(no_such_interface), cmocka_unit_test(pcap_kinds),   cmocka_unit_test(pcapng_kinds),
        cmocka_unit_test(lengths_that_lie),  cmocka_unit_test(small_room),   cmocka_unit_test(files),
        cmocka_unit_test(real_captures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
