/* SPDX-License-Identifier: BSD-2-Clause */
/* Capture files: opened, buffered, compressed; their format is src/trace/pcapng.h's. */
#ifndef SV_PORT_CAPTURE_FILE_H
#define SV_PORT_CAPTURE_FILE_H

#include "port/device.h"
#include "trace/pcapng.h"

#define SV_CAPTURE_ROOM (1u << 20) /* longer packets are given cut */

struct sv_capture_in {
    void *file;
    struct sv_capture_reader reader;
    uint8_t *room;
};

/* "-" is stdin; gzip is noticed by its magic, as are all formats. False: `error` (SV_DEVICE_TEXT bytes) says
 * what was wrong. Then sv_capture_next(&in->reader, ...). */
SV_MUST_CHECK bool sv_capture_open(struct sv_capture_in *in, const char *path, char *error);
void sv_capture_close(struct sv_capture_in *in);

struct sv_capture_out {
    void *file; /* compressed, */
    int fd;     /* or plain, through buffer[] */
    size_t held;
    struct sv_pcapng_writer writer;
    uint8_t *buffer;
};

/* Creates the file and writes its section header; "-" is stdout; a name that ends in .gz is compressed. The
 * hardware and system of `about` are filled in where it leaves them out. False: `error` says why. Then
 * sv_pcapng_interface(&out->writer, ...) and so on. */
SV_MUST_CHECK bool sv_capture_create(struct sv_capture_out *out, const char *path, const struct sv_pcapng_about *about,
                                     char *error);

/* Writes what is held back, so that a reader at the other end of a pipe sees it. */
bool sv_capture_flush(struct sv_capture_out *out);

/* False: the disk is full or the like: some of the file is missing (errno). */
SV_MUST_CHECK bool sv_capture_finish(struct sv_capture_out *out);

#endif
