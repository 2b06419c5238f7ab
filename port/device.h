/* SPDX-License-Identifier: BSD-2-Clause */
/* A device: where a node's frames leave the process and come in. Opened by the word a user types after -i;
 * driven by the loop (port/loop.h), which turns packets into calls of a node's verbs. */
#ifndef SV_PORT_DEVICE_H
#define SV_PORT_DEVICE_H

#include "seven/arena.h"
#include "seven/buf.h"

#define SV_DEVICE_TEXT 256u /* room that every error text fits */

/* What went through and what was lost, and why. Packets, not wire segments, but for wire_*. */
struct sv_device_counts {
    uint64_t packets_in, bytes_in, wire_in;
    uint64_t packets_out, bytes_out, wire_out;
    uint64_t no_memory; /* in: the pool was empty; the frame is gone */
    uint64_t truncated; /* in: longer than the slabs that were to be had */
    uint64_t malformed; /* in: a header of the device's that contradicts its frame */
    uint64_t waited;    /* out: the device was full, the packet went later */
    uint64_t full;      /* out: dropped, the device was full and so was our backlog */
    uint64_t cut;       /* out: dropped, the cable is pulled (the interface is down) */
    uint64_t refused;   /* out: dropped, the device would not have it */
};

/* Of the caller's, in process memory; opened by sv_device_open() or filled by a driver of your own. */
struct sv_device {
    void *self;
    int fd;         /* readable when fill() has something, for epoll; -1: polled (a wire, a ring) */
    uint32_t flags; /* enum sv_interface_flag, for sv_interface_add() */
    uint8_t mac[6]; /* an address for our end; no other station has it */
    uint32_t mtu;
    char name[32]; /* "seven0" */
    struct sv_device_counts counts;

    /* Up to a burst of frames into fresh packets charged to `account`; the count added to b->n. 0: nothing is
     * there now, or the device is dead (then `dead` is set). */
    uint32_t (*fill)(struct sv_device *d, struct sv_pool *pool, uint16_t account, struct sv_burst *b);

    /* Sends, keeps for a while or drops (counted) every packet; b->n is 0 afterwards. */
    void (*send)(struct sv_device *d, struct sv_burst *b);

    /* What it can take now. packets 0: wait until fd is writable, then flush. */
    struct sv_room (*room)(const struct sv_device *d);

    /* Sends what was kept, as far as it goes. True: nothing is kept any more. */
    bool (*flush)(struct sv_device *d);

    void (*close)(struct sv_device *d);
    bool dead; /* the other end is gone for good (a switch that ended): close it */
};

/* What -i and its companions say. Zero it, then sv_device_defaults(). */
struct sv_device_address {
    struct sv_addr addr;
    uint32_t length;
};

struct sv_device_options {
    struct sv_device_address kernel[4]; /* tap: addresses of the kernel's end; none: leave it as it is */
    uint32_t kernel_addresses;
    uint32_t mtu;         /* 0: the device's own, 1500 for a new one */
    uint8_t mac[6];       /* all zero: one is made up */
    bool plain;           /* no virtio-net header: a frame a packet, checksums ours (for comparison) */
    bool persist;         /* tap: stays when it is closed, until its namespace ends */
    bool unattended;      /* cable: do not wait at once for the other end */
    bool not_promiscuous; /* packet: only frames to the interface's own address, which becomes ours */
};

/* The kernel's end 10.7.0.1/24 and fd07::1/64. */
void sv_device_defaults(struct sv_device_options *options);

/* "tap:NAME", "packet:IFNAME", "unix:PATH" (a stream socket that somebody listens on), "unix:PATH,dgram[,peer=PATH]"
 * (a datagram socket of our own: a frame a datagram, to the peer, or to whoever wrote first) or "cable:NAME,CODE,..."
 * (voltage_cable.h). False: `error` (SV_DEVICE_TEXT bytes) says what was wrong and
 * what would be right. "tap:NAME" on a machine where /dev/net/tun cannot be opened takes a veth pair in its
 * place when it may make one or finds one (NAME and NAMEp), as `seven private` does for ordinary users. */
SV_MUST_CHECK bool sv_device_open(struct sv_device *d, const char *what, const struct sv_device_options *options,
                                  char *error);

/* The same over a stream socket that is connected already, and becomes the device's. False: no memory; it stays the
 * caller's. */
SV_MUST_CHECK bool sv_device_adopt_socket(struct sv_device *d, int fd, const struct sv_device_options *options);

/* Closes and frees; harmless when it is closed already. */
void sv_device_close(struct sv_device *d);

/* For drivers without an interface of the kernel's behind them: an empty device at `fd` with the MTU and address that
 * the options say, else 1500 and one made up. Its verbs are the driver's to set. */
void sv_device_begin(struct sv_device *d, void *self, int fd, const char *name,
                     const struct sv_device_options *options);

/* An address of the locally administered kind, at random (IEEE 802-2014 §8.2). */
void sv_device_random_mac(uint8_t mac[6]);

#endif
