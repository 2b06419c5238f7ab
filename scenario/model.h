/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scenario says, once read: names resolved to numbers, quantities to units, words to selectors and facts. If you
 * hold one, it is consistent; what was not is in the errors. docs/SCENARIOS.md is the grammar. */
#ifndef SC_MODEL_H
#define SC_MODEL_H

#include "scenario/tell.h"
#include "scenario/tree.h"
#include "seven/drop.h"
#include "seven/stack.h"
#include "l1_physical/link.h"
#include "sim/link.h"

extern const char *const sc_file_keys[]; /* NULL-terminated */
extern const char *const sc_host_keys[];

#define SC_HOSTS 8192u /* hosts, routers and switches together */
#define SC_LINKS 8191u
#define SC_ADDRS 64u /* of one host or router */
#define SC_SERVES 16u

/* --- hosts --- */

enum sc_knob_bit {
    SC_KNOB_RETRANSMIT = 1u << 0, /* off: what was sent once is never sent again */
    SC_KNOB_VERIFY = 1u << 1,     /* off: transport checksums are not looked at */
};

/* What `set:` says; only what is given counts. */
struct sc_knobs {
    uint64_t given; /* 1 << enum sc_knob */
    uint64_t value[64];
};
enum sc_knob {
    SC_MSS,
    SC_RECV_BUFFER,
    SC_SEND_BUFFER,
    SC_WINDOW_SCALE, /* SC_OFF: none */
    SC_TIMESTAMPS,
    SC_SACK,
    SC_RETRANSMIT,
    SC_VERIFY_CHECKSUM,
    SC_FAST_RETRANSMIT,
    SC_HANDSHAKE,
    SC_DELAYED_ACK,
    SC_NAGLE,
    SC_IW,
    SC_RTO_MIN,
    SC_KEEPALIVE,
    SC_USER_TIMEOUT,
    SC_BACKLOG,
    SC_HALF_OPEN,
    SC_RECOVERY,         /* enum sc_recovery */
    SC_CONGESTION,       /* enum sv_congestion */
    SC_ICMP_UNREACHABLE, /* off: it never says that a port or host cannot be reached */
    /* wrong openings (scenario/opening.c) */
    SC_ACK_SYN,
    SC_SYN_ACK_FORM,
    SC_SYN_OPTIONS,
    SC_SYN_REXMIT,
    SC_SIMULTANEOUS_OPEN,
    SC_RST_WHEN_CLOSED,
    SC_LISTEN_IGNORES_ACK,
    SC_OVERFLOW,
    SC_ECN,
    SC_SSTHRESH,
    SC_MTU_PROBING,
    /* What an implementation, or a program, could do wrong (scenario/flaws.h). */
    SC_FIN_TAKES_NUMBER,
    SC_CLOSING_STATE,
    SC_TIME_WAIT_RULE,
    SC_REUSE_TIME_WAIT,
    SC_PERSIST_TIMER,
    SC_ACCEPT_ACK_WITHOUT_FLAG,
    SC_RST_EXACT,
    SC_URGENT_POINTER,
    SC_PMTUD,
    SC_ACK_NUMBER,
    SC_PSEUDO_HEADER,
    SC_CLOSE_BOTH,
    SC_CLOSE_WAIT_TIMEOUT,
    SC_PSH_PER_WRITE,
    SC_ONE_WRITE_ONE_SEGMENT,
    SC_READ_PER_SEGMENT,
    SC_DECREMENT_TTL,
    SC_PORTS,
    SC_KARN,
    SC_SYN_COOKIES,
    SC_PORT_RANGE, /* first << 16 | last of those that are chosen for connections */
    SC_KNOBS
};
#define SC_OFF UINT64_MAX
#define SC_HANDSHAKE_ZERO 3u /* after those of l4_transport/tcp_teach.h: data goes with any SYN, and is taken */
/* How losses are found and mended: RFC 5681 alone, RFC 6582, RFC 6675, RFC 8985 with all that belongs to it. */
enum sc_recovery { SC_RENO, SC_NEWRENO, SC_SACK_ALONE, SC_RACK, SC_RENO_1996, SC_NEWRENO_1996 };

enum sc_app { SC_SINK, SC_GREET, SC_ECHO, SC_SOURCE, SC_MUTE, SC_ANSWER, SC_HTTP, SC_ARQ, SC_ARQ_NO_BIT };
struct sc_serve {
    uint16_t port;
    uint8_t app;      /* enum sc_app */
    bool udp;         /* a UDP socket: sink, echo or mute */
    uint32_t socket;  /* its name's number among the sockets; SV_NONE: a TCP service without a name */
    uint64_t bytes;   /* that greet and source send, and answer for each request */
    uint64_t request; /* bytes of one */
    uint64_t rate;    /* bytes a second it reads at most; 0: as they come */
    sv_time from;     /* it listens from then on */
    sv_time accept;   /* it accepts nobody before */
    bool keep;        /* it does not close when the peer has finished */
};

struct sc_route {
    struct sv_addr prefix, via;
    uint32_t length;
};

enum sc_icmp_filter { SC_ICMP_ALL, SC_ICMP_NO_ERRORS, SC_ICMP_NOTHING };
enum sc_node_kind { SC_HOST, SC_ROUTER, SC_SWITCH, SC_OUTSIDE };

struct sc_host {
    const char *name;
    const struct sc_node *at;
    uint32_t kind; /* enum sc_node_kind */
    uint32_t addrs;
    struct sv_addr addr[SC_ADDRS];
    uint32_t length[SC_ADDRS];
    uint32_t port_of[SC_ADDRS]; /* of a router: which port has it */
    struct sv_addr gateway;
    bool has_gateway, has_mac;
    uint8_t mac[6];
    uint32_t profile, msl_ms, mtu, ports;
    uint32_t isns, isn[32];
    bool isn_clock; /* wrong on purpose: they are the clock's, for everybody */
    struct sc_knobs set;
    uint32_t serves;
    struct sc_serve serve[SC_SERVES];
    uint32_t routes;
    struct sc_route *route;
    int32_t clock_ppb;
    sv_time clock_ahead;
    const char *tap;                /* of a host outside: its interface */
    uint32_t impostor;              /* of a router: 1 + the host in whose name it answers; 0: nobody's */
    uint32_t impersonated;          /* 1 + the router that does; 0: none */
    uint32_t nat_port;              /* of a router: 1 + the outside one; 0: none */
    sv_time nat_forget, nat_rebind; /* every so often; 0: never */
    uint32_t icmp;                  /* of a router: enum sc_icmp_filter */
    /* switches */
    bool rstp, force_stp, learn;
    uint64_t edge;  /* set of ports, from 1 */
    uint64_t wired; /* ports that have a link, from 0 */
    uint32_t priority;
};

struct sc_link {
    const char *name;
    const struct sc_node *at;
    uint32_t end[2], port[2]; /* hosts, and their ports from 0 */
    struct sv_link_way way[2];
    uint32_t mtu;
    bool arp;   /* hosts at its ends ask for each other's MAC */
    bool cable; /* frames are voltage: `pair` instead of `way` */
    bool autoneg, no_fcs, msb_first;
    uint32_t frames; /* of a cable: waiting and on it, each way */
    struct sv_phy_link_config pair[2];
};

/* --- selectors --- */

enum sc_packet_kind {
    SC_SEGMENT,
    SC_DATA,
    SC_SYN,
    SC_SYN_ACK,
    SC_ACK,
    SC_FIN,
    SC_RST,
    SC_PACKET,
    SC_FRAGMENT,
    SC_DATAGRAM,
    SC_ICMP,
    SC_FRAME,
    SC_ARP,
    SC_BPDU
};
enum sc_which { SC_EACH, SC_NTH, SC_EVERY, SC_LAST };
enum sc_field {
    SC_FIELD_NONE,
    SC_FIELD_SEQ,
    SC_FIELD_ACK,
    SC_FIELD_WINDOW,
    SC_FIELD_LENGTH,
    SC_FIELD_TTL,
    SC_FIELD_MSS,
    SC_FIELD_SOURCE_PORT,
    SC_FIELD_DESTINATION_PORT,
    SC_FIELD_TOS,
    SC_FIELD_NUMBER, /* of a datagram that an application of the scenario's wrote, from 1 */
    SC_FIELD_URGENT, /* the pointer */
    /* Each flag by itself, 0 or 1, in the header's order from the lowest bit. */
    SC_FIELD_FIN,
    SC_FIELD_SYN,
    SC_FIELD_RST,
    SC_FIELD_PSH,
    SC_FIELD_ACK_FLAG,
    SC_FIELD_URG,
    SC_FIELD_ECE,
    SC_FIELD_CWR,
    SC_FIELD_AE,
    SC_FIELD_IP_DESTINATION, /* IPv4, for edits */
    SC_FIELD_SOURCE_MAC,
    SC_FIELD_DESTINATION_MAC,
    SC_FIELDS
};

struct sc_selector {
    const char *words;                    /* as they were written */
    uint32_t which, n;                    /* enum sc_which */
    int8_t again;                         /* 0 original, 1 retransmitted, -1 either */
    uint32_t kind;                        /* enum sc_packet_kind */
    int16_t icmp_type, icmp_code, arp_op; /* -1: any */
    uint32_t from, to;                    /* hosts; SV_NONE */
    uint32_t attempt;                     /* of CONNECTION; SV_NONE */
    uint32_t socket;                      /* of SOCKET, UDP; SV_NONE */
    uint32_t link;                        /* SV_NONE: the sender's first */
    uint64_t covering, acknowledging;     /* SC_OFF */
    uint64_t longer;                      /* bytes of the IP packet; SC_OFF */
    uint32_t fields;
    struct {
        uint32_t field;
        uint64_t value;
    } field[4];
};

/* --- facts --- */

enum sc_fact_kind {
    SC_FACT_STATE,
    SC_FACT_ACCEPTS,
    SC_FACT_SENDS,
    SC_FACT_RECEIVES,
    SC_FACT_DROPS,
    SC_FACT_SENT_ALL,
    SC_FACT_READ_ALL,
    SC_FACT_TWICE,
    SC_FACT_HEARS,   /* a UDP socket is told of an ICMP error */
    SC_FACT_MISREADS /* what left one end of a cable did not come out of its receiver */
};
struct sc_fact {
    const char *words;
    uint32_t kind, host, attempt, state;
    uint32_t socket; /* SV_NONE */
    uint32_t link;   /* of drops and misreads; SV_NONE: the host's */
    uint32_t reason; /* SV_NONE: any */
    struct sc_selector what;
};

/* --- timeline --- */

enum sc_verb {
    SC_CONNECT,
    SC_LISTEN,
    SC_SEND,
    SC_READ,
    SC_SHUTDOWN,
    SC_CLOSE,
    SC_ABORT,
    SC_PING,
    SC_CRASH,
    SC_REBOOT,
    SC_UNPLUG,
    SC_PLUG,
    SC_SET,
    SC_BIND,
    SC_FORGET, /* of a translator: its mappings are gone; rebind: and the next have other ports */
    SC_REBIND,
    SC_FORGE,
    SC_WRITE /* becomes a SEND that has a text */
};
/* A number that a forger writes: plainly; any; or so much above what the other end of its own connection began with. */
struct sc_number {
    uint32_t value, attempt; /* SV_NONE */
    uint32_t step;           /* added with each segment */
    bool any;
};
#define SC_FORGED_BYTES 1400u
struct sc_forge {
    struct sv_endpoint from, to;
    bool from_any; /* each from an address and port that nobody has */
    uint8_t flags; /* as in the header */
    uint16_t window;
    uint32_t bytes;
    struct sc_number seq, ack;
};
struct sc_step {
    const struct sc_node *at_node;
    uint32_t verb, host;
    sv_time at;    /* SV_NEVER: after a fact */
    uint32_t fact; /* SV_NONE */
    sv_time plus;
    uint32_t attempt;          /* `as`, `of`, or the argument of shutdown, close, abort; SV_NONE */
    uint32_t socket;           /* the same, of a UDP socket; SV_NONE */
    struct sv_endpoint remote; /* of send: `to`, port 0: the socket's own */
    uint16_t from_port;
    struct sc_knobs set;
    sv_time give_up; /* 0: never */
    uint64_t bytes;
    const char *text; /* of send: these bytes and not the pattern's; NULL */
    uint32_t pieces;  /* of send: in so many writes */
    bool urgent;      /* of send: the last byte is */
    uint64_t size;    /* of read: bytes asked for at a time; 0: as many as there are */
    uint64_t rate;    /* of read */
    bool read_stop;
    sv_time every;
    uint32_t count, ping, ttl; /* ttl 0: the stack's */
    sv_time resend;            /* of datagrams: each is answered before the next; 0: nobody waits for that */
    uint16_t ethertype;        /* of send: a frame of this type; 0: it is none */
    uint32_t frame_to;         /* SV_NONE: everybody */
    struct sc_serve serve;
    uint32_t link;  /* unplug, plug */
    uint32_t crowd; /* of connect: `count` connections, their socket; SV_NONE: one */
    struct sc_forge forge;
};

/* --- faults --- */

enum sc_deed {
    SC_DROP,
    SC_HOLD,
    SC_DELAY,
    SC_DUPLICATE,
    SC_CORRUPT,
    SC_TRUNCATE,
    SC_EDIT,
    SC_CUT,
    SC_PARTITION,
    SC_RESET, /* a reset is forged when it passes */
    SC_STRIP, /* options become NOPs */
    SC_PROBE, /* nothing: a byte's signal is looked at on its cable */
    SC_STRAY  /* with what comes to a host, segments come that nobody sent (stray.c) */
};
enum sc_to_whom { SC_TO_RECEIVER, SC_TO_SENDER, SC_TO_BOTH };
enum sc_option { SC_OPTION_UNKNOWN = 6 }; /* those before it: boxes.c */
struct sc_fault {
    const char *id;
    const struct sc_node *at_node;
    uint32_t deed;
    struct sc_selector what;
    uint32_t link, host[2];   /* cut, partition */
    bool one_way;             /* partition from host[0] to host[1] alone */
    sv_time until, by;        /* hold; delay, duplicate after */
    sv_time every;            /* of stray: so long after the one before it; 0: with what comes */
    sv_time at;               /* duplicate at; SV_NEVER */
    uint32_t bit, to, chance; /* chance in millionths; SV_NONE: always */
    sv_time between[2];
    uint32_t fields;
    struct {
        uint32_t field;
        uint64_t value;
    } field[4];
    uint32_t to_whom, off, times; /* of reset: enum sc_to_whom; from the right number; how many */
    bool guess;                   /* its number is drawn */
    uint32_t strip;               /* set of options: 1 << their place in model_boxes.c */
    bool strip_options, keep_checksums;
    bool mend_ip_only;      /* as a router would */
    bool without_addresses; /* TCP's sum without them: scenario/flaws.c */
};

/* --- expectations --- */

enum sc_expect_kind {
    SC_NEVER,
    SC_ALWAYS,
    SC_EVENTUALLY,
    SC_VALUE,
    SC_ORDER,
    SC_STREAMS,
    SC_POOLS,
    SC_LINKED,
    SC_LAWFUL
};
#define SC_ORDERED 32u
#define SC_LINKS_OF_CHAIN 8u
struct sc_expect {
    const char *id;
    const struct sc_node *at_node;
    uint32_t kind;
    uint32_t fact;
    sv_time by, within;
    uint32_t after; /* fact; SV_NONE */
    sv_time between[2];
    bool has_between, decisive, exactly;
    bool accounted; /* of streams: an attempt that came to nothing with an error is as good as a stream */
    struct sc_words say;
    const char *counter; /* as written; the counter is found when it is asked for */
    uint32_t counter_of[4];
    sv_time at; /* SV_NEVER: at `until` */
    bool has_equals, has_least, has_most;
    uint64_t equals, at_least, at_most;
    char unit[8];
    uint32_t orders, in_millionths; /* `in: 95%` of the runs */
    struct sc_selector order[SC_ORDERED];
    uint32_t linked, chain[SC_LINKS_OF_CHAIN]; /* facts about one and the same packet, or its bytes */
};

struct sc_mutant {
    const char *name;
    const struct sc_node *at_node, *set;
    uint32_t fails;
    uint32_t fail[32]; /* expectations: these fail, and no others */
    uint32_t mays;
    uint32_t may[32]; /* but these, which may fail as well */
};

/* --- counters, named "b.c.bytes_delivered" --- */
enum sc_counter_group {
    SC_OF_HOST,
    SC_OF_CONNECTION,
    SC_OF_DROPS,
    SC_OF_LINK,
    SC_OF_LINK_DROPS,
    SC_OF_PING,
    SC_OF_SWITCH,
    SC_OF_SWITCHES,
    SC_OF_FAULT,
    SC_OF_SOCKET,
    SC_OF_SERVICE,
    SC_OF_CROWD
};

/* A UDP socket, or a service with a name. */
struct sc_socket {
    const char *name; /* NULL: of a service without one */
    uint32_t host;
    uint16_t port; /* 0: a random one */
    bool tcp;      /* a TCP service: its connections' counters together */
    bool crowd;    /* many connections, one after the other, counted together */
    bool connected;
    struct sv_endpoint remote;
    uint8_t app; /* enum sc_app */
};

struct sc_attempt {
    const char *name;
    uint32_t host, step;
};

struct sc_limits {
    uint64_t events, memory;
    uint32_t connections, packets; /* 0: as many as the timeline asks for, but not few (build.c) */
};

enum sc_name_kind { SC_NAME_HOST, SC_NAME_LINK, SC_NAME_ATTEMPT, SC_NAME_SOCKET, SC_NAME_PING };
struct sc_named {
    const char *name; /* NULL: free */
    uint32_t kind, number;
};

struct sc_model {
    const char *name;
    const struct sc_node *root;
    uint64_t seed;
    sv_time until, settle;
    uint32_t hosts, links, steps, faults, expects, mutants, facts, attempts, pings, sockets;
    struct sc_host *host;
    struct sc_link *link;
    struct sc_step *step;
    struct sc_fault *fault;
    struct sc_expect *expect;
    struct sc_mutant *mutant;
    struct sc_fact *fact;
    struct sc_attempt *attempt;
    struct sc_socket *socket;
    const char **ping;
    struct sc_limits limits;
    struct sc_tell *tell; /* NULL: a scenario without a narrative */
    struct sc_memory *memory;
    struct sc_named *name_slot; /* names.c */
    uint32_t name_slots, names;
};

/* NULL: e says what is wrong. The tree must outlive the model. */
struct sc_model *sc_model_read(struct sc_memory *m, const struct sc_node *root, struct sc_errors *e);

/* --- shared by the readers (private) --- */

struct sc_reader {
    struct sc_model *model;
    struct sc_memory *m;
    struct sc_errors *e;
};
void sc_read_hosts(struct sc_reader *r, const struct sc_node *root);
void sc_read_links(struct sc_reader *r, const struct sc_node *root);
void sc_read_sense(struct sc_reader *r, const struct sc_node *root); /* model_sense.c: does it fit together? */
void sc_read_timeline(struct sc_reader *r, const struct sc_node *list);
/* model_sockets.c: names a service or a UDP socket. SV_NONE: e says why not. */
uint32_t sc_socket_new(struct sc_reader *r, const struct sc_node *as, struct sc_socket socket);
bool sc_step_is_udp(const struct sc_node *step); /* it begins a UDP socket */
void sc_read_bind(struct sc_reader *r, const struct sc_node *c, const struct sc_node *port, struct sc_step *s);
void sc_read_connect_udp(struct sc_reader *r, const struct sc_node *c, struct sc_step *s);
void sc_read_datagrams(struct sc_reader *r, const struct sc_node *c, struct sc_step *s);
bool sc_read_endpoint(struct sc_reader *r, const struct sc_node *n, struct sv_endpoint *to);
bool sc_read_ttl(struct sc_reader *r, const struct sc_node *c, uint32_t *ttl);
/* frames.c */
bool sc_step_is_frame(const struct sc_node *step);
void sc_read_frame_step(struct sc_reader *r, const struct sc_node *c, struct sc_step *s);
/* model_forge.c */
void sc_read_forge(struct sc_reader *r, const struct sc_node *c, const struct sc_node *v, struct sc_step *s);
bool sc_step_is_crowd(const struct sc_node *step);
void sc_read_crowd(struct sc_reader *r, const struct sc_node *c, struct sc_step *s);
/* model_boxes.c */
void sc_read_reset(struct sc_reader *r, const struct sc_node *c, struct sc_fault *f);
void sc_read_strip(struct sc_reader *r, const struct sc_node *c, struct sc_fault *f);
void sc_read_stray(struct sc_reader *r, const struct sc_node *c, const struct sc_node *host, struct sc_fault *f);
void sc_read_nat(struct sc_reader *r, const struct sc_node *n, struct sc_host *h);
void sc_read_icmp(struct sc_reader *r, const struct sc_node *n, struct sc_host *h);
/* model_cables.c */
void sc_read_cable(struct sc_reader *r, const struct sc_node *c, struct sc_link *l);
bool sc_fact_hears(struct sc_reader *r, const struct sc_node *n, char *subject, const char *rest, struct sc_fact *f);
void sc_read_faults(struct sc_reader *r, const struct sc_node *list);
void sc_read_expect(struct sc_reader *r, const struct sc_node *list);
void sc_read_mutants(struct sc_reader *r, const struct sc_node *list);

bool sc_keys(struct sc_reader *r, const struct sc_node *map, const char *const *keys, const char *what);
bool sc_name_ok(const char *name);
/* names.c. Room for so many; false: no memory. A name that is there already keeps its number. */
bool sc_names_open(struct sc_model *model, uint32_t names);
void sc_names_add(struct sc_model *model, uint32_t kind, const char *name, uint32_t number);
uint32_t sc_host_named(const struct sc_model *model, const char *name); /* SV_NONE */
uint32_t sc_link_named(const struct sc_model *model, const char *name);
uint32_t sc_attempt_named(const struct sc_model *model, const char *name);
uint32_t sc_socket_named(const struct sc_model *model, const char *name);
uint32_t sc_ping_named(const struct sc_model *model, const char *name);
/* The same with an error that suggests the near one. */
uint32_t sc_need_host(struct sc_reader *r, const struct sc_node *at, const char *name);
uint32_t sc_need_link(struct sc_reader *r, const struct sc_node *at, const char *name);
uint32_t sc_need_attempt(struct sc_reader *r, const struct sc_node *at, const char *name);

/* Quantities. False: e says what would be right. */
bool sc_time(struct sc_reader *r, const struct sc_node *n, sv_time *ns);
bool sc_rate(struct sc_reader *r, const struct sc_node *n, uint64_t *bit_s);
bool sc_size(struct sc_reader *r, const struct sc_node *n, uint64_t *bytes);
bool sc_chance(struct sc_reader *r, const struct sc_node *n, uint32_t *millionths);
bool sc_count(struct sc_reader *r, const struct sc_node *n, uint64_t low, uint64_t high, uint64_t *count);
bool sc_bool(struct sc_reader *r, const struct sc_node *n, bool *value);
bool sc_between(struct sc_reader *r, const struct sc_node *n, sv_time between[2]);
bool sc_mac_read(const char *text, uint8_t mac[6]); /* "02:00:00:00:00:01", and nothing else; it says nothing */
/* Any of them, in its base unit (ns, bytes, bit/s, millionths, 1), and which: "ns", "B", "bit/s", "%", "". */
bool sc_quantity(const char *text, uint64_t *value, char unit[8]);
/* opening.c: of SC_ACK_SYN to SC_OVERFLOW; and the mistakes they make, enum sv_teach_opening. */
bool sc_opening_read(struct sc_reader *r, const struct sc_node *n, uint32_t knob, uint64_t *value);
uint32_t sc_opening_of(const struct sc_knobs *k);
bool sc_knobs_read(struct sc_reader *r, const struct sc_node *map, struct sc_knobs *k, bool of_host);
bool sc_serve_read(struct sc_reader *r, const struct sc_node *map, uint32_t host, struct sc_serve *s);
bool sc_app_read(struct sc_reader *r, const struct sc_node *n, bool udp, uint8_t *app);

/* Words or a mapping. */
bool sc_selector_read(struct sc_reader *r, const struct sc_node *n, struct sc_selector *s);
bool sc_selector_words(struct sc_reader *r, const struct sc_node *at, const char *words, struct sc_selector *s);
bool sc_icmp_named(const char *word, int16_t *type, int16_t *code);
/* The fact's number; SV_NONE: e says what is wrong. */
uint32_t sc_fact_read(struct sc_reader *r, const struct sc_node *n);
bool sc_counter_check(struct sc_reader *r, const struct sc_node *at, const char *counter, uint32_t of[4]);

/* Names of what may be counted, by group; NULL-terminated. */
extern const char *const sc_counters_host[];
extern const char *const sc_counters_connection[];
extern const char *const sc_counters_link[];
extern const char *const sc_counters_ping[];
extern const char *const sc_counters_socket[];
extern const char *const sc_counters_service[];
extern const char *const sc_counters_switch[];
extern const char *const sc_counters_fault[];
extern const char *const sc_knob_names[];
extern const char *const sc_fields[];

#endif
