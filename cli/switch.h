/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of seven switch: its ports, what it tells, what others may ask it. */
#ifndef SV_CLI_SWITCH_H
#define SV_CLI_SWITCH_H

#include "cli/commands.h"
#include "port/capture_file.h"
#include "port/control.h"
#include "port/loop.h"
#include "seven/bridge.h"

#define SWITCH_LISTENERS 16u

struct switch_options {
    struct cli_texts ports;
    bool stp, stp_old, snooping, strict, proxy_arp, lldp, quiet, querier;
    struct sv_addr querier_address;
    uint32_t overflow; /* enum sv_bridge_overflow */
    uint32_t verbose;
    uint64_t age_ns, table, storm, arp, priority, hello_ns, max_age_ns, forward_delay_ns, seed, mtu;
    struct cli_mac mac;
    const char *capture, *name;
    struct cli_output_options output;
};

/* One word after -i, read: "DEVICE,option,option=value". */
struct switch_spec {
    char device[256];
    struct sv_bridge_port_config config;
    bool vlans;                      /* something about VLANs was said */
    uint16_t access, native, tunnel; /* 0: not given */
    bool trunk_all;
    uint8_t trunk[512];                 /* a bit for each VID */
    const char *mirror_in, *mirror_out; /* names with + between, in `text` */
    uint32_t peers;                     /* unix: that may connect */
    uint32_t mtu;
    char text[512];
};

struct seven_switch;

struct switch_port {
    struct seven_switch *owner;
    struct sv_device device;
    bool open;     /* a device is there */
    bool cabled;   /* as far as the kernel says */
    uint32_t spec; /* which -i it belongs to */
    char name[32];
};

struct switch_listener {
    struct seven_switch *owner;
    int fd;
    uint32_t spec;
    const char *path;
};

struct seven_switch {
    struct switch_options options;
    struct switch_spec spec[CLI_LIST_MAX];
    void *memory;
    uint64_t memory_bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_bridge *bridge;
    struct sv_loop loop;
    bool loop_open, control_open, capturing, failed;
    uint32_t party;
    struct sv_control control;
    struct switch_port port[SV_BRIDGE_PORTS];
    uint32_t ports;
    struct switch_listener listener[SWITCH_LISTENERS];
    uint32_t listeners;
    int links; /* tells of cables pulled; -1: nothing does */
    sv_time began;
    struct sv_capture_out capture;
    uint32_t interface[SV_BRIDGE_PORTS]; /* of the capture, by port; SV_NONE: none yet */
    uint64_t wall_offset_ns;
    sv_time look; /* at the TAPs again */
    uint8_t bytes[65536];
};

/* --- switch_spec.c --- */
/* Reads one -i. CLI_PARSED, or CLI_USAGE after saying what was wrong. */
int switch_spec_parse(struct switch_spec *s, const char *text);

/* --- switch_ports.c --- */
/* Opens all devices and adds the ports. 0, or the exit status after saying why. */
int switch_ports_open(struct seven_switch *w);
void switch_ports_close(struct seven_switch *w);
/* Once a round: devices that died, and from time to time TAPs that were set down or up. When to look again. */
sv_time switch_ports_look(struct seven_switch *w, sv_time now);
const char *switch_port_name(const struct seven_switch *w, sv_port port);

/* --- switch_events.c --- */
bool switch_capture_open(struct seven_switch *w);
void switch_capture_close(struct seven_switch *w);
void switch_events_drain(struct seven_switch *w);

/* --- switch_status.c --- */
bool switch_request(void *self, const char *line, struct sv_control_answer *a, sv_time now);
const char *switch_role_name(uint32_t role);
const char *switch_state_name(uint32_t state);

#endif
