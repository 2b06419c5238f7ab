/* SPDX-License-Identifier: BSD-2-Clause */
/* A scenario being run: the world that its model describes, the applications of its hosts, and what was seen. Nothing
 * here reads a clock or a file; the same model and seed give the same run. */
#ifndef SC_RUN_H
#define SC_RUN_H

#include "l4_transport/tcp_profile.h"
#include "scenario/index.h"
#include "scenario/model.h"
#include "scenario/rows.h"
#include "seven/bridge.h"
#include "seven/host.h"
#include "sim/cable.h"
#include "sim/world.h"

/* One end of a TCP connection, as the trace tells of it. */
struct sc_endpoint {
    uint32_t host, flow, epoch;
    uint32_t attempt;      /* its own; SV_NONE: passive, or nobody named it */
    uint32_t peer_attempt; /* whose ISN it took; SV_NONE */
    struct sv_endpoint local, remote;
    uint32_t iss, irs, state, cause;
    int32_t error;
    bool has_iss, has_irs, opened, ended, accepted, half_open;
    uint32_t sent_end, acked; /* highest numbers sent and acknowledged, as in the header */
    uint64_t segments_sent, retransmits, fast_retransmits, timeouts;
    uint32_t longest_segment, most_in_flight, most_cwnd;
    sv_time established_at, first_read_at, last_read_at, silence;
    uint32_t probes, rtt_samples;
    sv_time rtt_max;    /* of the samples that its retransmission timer was told */
    uint32_t arrived_n; /* segments with data that came; the lengths of the last are in sc_run.arrived */
    uint32_t conn;      /* SV_NONE */
    /* index.c */
    uint32_t next_number, next_half, next_own, next_peer, next_wait, listed_isn;
    uint16_t listed_port;
    bool listed;
};
#define SC_ARRIVED 64u

/* The same end as its application has it. */
struct sc_conn {
    sv_sock sock;
    uint32_t host, attempt, endpoint;
    struct sc_serve serve;
    bool used, open, server, connected, peer_done, want_close, want_shutdown, told_sent, failed;
    uint64_t to_write, written, read;
    uint32_t offer;     /* bytes it offers at once */
    bool refused;       /* its last write did not go in whole */
    uint64_t echo;      /* bytes read and not yet given back */
    uint64_t piece;     /* bytes of one write; 0: as many as there are */
    uint64_t size;      /* bytes of one read at most; 0: as many as there are */
    uint64_t urgent_at; /* the stream's byte before this one is urgent; 0: none */
    uint64_t reads, longest_read, first_read, urgents;
    sv_time write_at, abort_at; /* flaws: the next write, alone in its segment; CLOSE-WAIT is over */
    uint64_t rate;              /* bytes a second it reads; 0: as they come */
    sv_time read_at;
    bool read_stop, wrong;
    uint64_t wrong_at; /* the first byte that differs */
    int32_t error;
    sv_time give_up_at;
    uint32_t next_free; /* 1 + that one; 0: none */
    uint32_t place;     /* due.c */
    uint32_t line_end;  /* of http: so much of an empty line has come */
    const char *text;   /* what it writes at text_at is no pattern; NULL: nothing */
    uint64_t text_at;
};

struct sc_ping {
    sv_sock sock;
    uint32_t host, sent, replies;
    bool open;
    sv_time next, last, silence, asked;
    sv_time rtt_min, rtt_max;
    uint32_t step;
    uint32_t place; /* due.c */
};

#define SC_DATAGRAM_HEAD 16u
#define SC_DATAGRAMS_SEEN 8192u /* numbers of one sender remembered, in bits: 65,536 */

/* A UDP socket as its application has it. */
struct sc_udp {
    sv_sock sock;
    bool open, read_stop;
    uint16_t port;
    uint32_t sent, highest; /* highest: of its own numbers, that anybody read */
    uint64_t received, bytes_sent, bytes_received, answers, late, repeated, wrong, heard, failed;
    uint64_t aimed, distinct;                           /* sent to it; read by it, each number once */
    uint64_t messages, handed_twice, discarded, resent; /* arq.c */
    sv_time first_at, last_at, silence, rtt_min, rtt_max;
    uint8_t seen[SC_DATAGRAMS_SEEN];
};
/* A `send` of datagrams under way. */
struct sc_job {
    uint32_t step, left;
    sv_time next;          /* by the host's clock */
    uint32_t number, sent; /* of `resend`: the message whose turn it is, and the last that was sent; from 1 */
    uint32_t place;        /* due.c */
};

/* Connections one after the other, each closed by its opener as soon as it is open. */
struct sc_crowd {
    uint32_t step, left;
    bool used;
    sv_time next; /* by the host's clock */
    uint64_t begun, opened, refused, no_port, failed;
};
/* A `forge` under way: one segment at a time is on its way to the link. */
struct sc_forgery {
    uint32_t left, seq, ack;
};
#define SC_FORGED_MARKS 16384u /* packets on their way at once, of which it is remembered that they are forged */

/* A packet as selectors see it. */
struct sc_packet {
    uint32_t kinds; /* 1 << enum sc_packet_kind */
    uint32_t id;    /* sv_buf.id */
    uint32_t from, to, attempt, socket, link, number;
    bool six, again, transit, tcp, newest_ack;
    bool unseen;       /* of a crowd's connection, or to nobody: counted, not followed */
    uint32_t forger;   /* who sent it under another's address; SV_NONE: nobody */
    uint32_t pretends; /* whose address it has then; SV_NONE: nobody's */
    int16_t icmp_type, icmp_code, arp_op;
    uint32_t seq, ack, window, length, flags, ttl, mss, tos, urgent, bytes; /* bytes of the IP packet */
    uint16_t source_port, destination_port;
    uint64_t mac[2];            /* destination, source */
    uint64_t begin, end, acked; /* in the stream; `acked` bytes of the other direction's */
};

/* One direction of a flow, as seen at one place. */
struct sc_track {
    struct sv_endpoint from, to;
    uint32_t isn, attempt;
    bool used, has_isn;
    uint32_t last;        /* number of the segment that came last and took any */
    uint64_t high, acked; /* stream offsets: end of what was sent, of what was acknowledged */
    bool syn_seen, fin_seen;
};
struct sc_tracks {
    struct sc_track *track;
    uint32_t n; /* a power of two */
};

/* How often a selector was met. */
struct sc_counted {
    uint64_t seen; /* after the other words have filtered */
    uint64_t hits;
};

struct sc_fact_now {
    bool happened, holds;
    sv_time first, last;
    uint64_t times, occasions;
    uint32_t row; /* of the ladder, where it happened first; 0: none */
    bool row_arrival;
    struct sc_counted count;
};

/* What a fact is about: a packet, and if it carries a stream's bytes, which. */
struct sc_subject {
    uint32_t packet, from, attempt; /* packet 0: none */
    uint64_t begin, end;
};
#define SC_CHAINS 128u
struct sc_chain {
    struct sc_subject about;
    uint32_t links; /* of it, that have happened */
};

/* What went into a link, until another with the same place comes: who knows a packet's number asks here. */
#define SC_DEPARTED 4096u
struct sc_departed {
    uint32_t link, port, id;
    struct sc_packet packet;
};

enum sc_verdict { SC_OPEN, SC_PASSED, SC_FAILED };
struct sc_judged {
    uint32_t verdict; /* enum sc_verdict */
    sv_time when;     /* of what decided */
    uint32_t row;     /* of the ladder, of what decided; 0: none */
    bool row_arrival; /* at its arrival */
    uint64_t value, baseline;
    bool has_value, has_baseline;
    uint32_t ordered; /* of `order`: how many were met */
    struct sc_counted order_count[SC_ORDERED];
    struct sc_chain *chain; /* of `linked`: those open */
    uint32_t chains, chains_whole;
    char why[256];
};

/* What a stack was before anything was set. */
struct sc_unset {
    struct sv_tcp_profile habits;
    uint32_t recover;
    uint8_t congestion, recv_scale, ecn;
};

struct sc_app_host { /* what an sv_app of one host gets as self */
    struct sc_run *run;
    uint32_t host;
    sv_time accept_at; /* when the program takes what waits at `listener`; 0: it does at once */
    sv_sock listener;
    uint32_t serve;
};

struct sc_twice {
    uint64_t hash;
    uint16_t sent, received;
    uint32_t host;
};

struct sc_run {
    const struct sc_model *model;
    uint64_t seed;
    /* the world */
    void *memory; /* as allocated */
    uint64_t memory_bytes;
    struct sv_arena *arena;
    struct sv_pool *pool;
    struct sv_trace *trace;
    struct sv_sim *sim;
    struct sv_stack **stack; /* by host; NULL: a switch */
    struct sv_bridge **bridge;
    struct sv_link **link;        /* NULL: a cable */
    struct sv_cable_link **cable; /* NULL: a link */
    uint64_t *wrong_sample;       /* by link: the first that was decided wrongly */
    struct sc_departed *departed; /* NULL: nobody asks */
    struct sc_subject about;      /* of the fact that happens now */
    struct sv_host *host;
    struct sc_app_host *app_host;
    uint32_t *epoch;      /* by host: how often it was rebooted */
    bool *down;           /* by host: crashed */
    struct sc_knobs *set; /* by host: what it is set to now */
    struct sc_unset *unset;
    struct sv_pool_counts before;
    /* what was seen */
    struct sc_index index;
    struct sc_due *due; /* by host and application */
    struct sc_endpoint *endpoint;
    uint32_t endpoints, endpoints_max;
    uint32_t (*arrived)[SC_ARRIVED]; /* by endpoint; NULL: nobody asks */
    uint32_t *endpoint_of;           /* hash of (host, epoch, flow) */
    uint32_t endpoint_slots;
    struct sc_conn *conn;
    uint32_t conns, conns_max;
    uint32_t *conn_of_attempt, conn_free; /* conn_free: 1 + one that nobody has any more; 0: there is none */
    struct sc_ping *ping;
    struct sc_udp *udp; /* by socket */
    struct sc_job *job;
    uint32_t strays; /* faults that are */
    uint32_t jobs;
    struct sc_crowd *crowd; /* by socket */
    uint16_t *crowd_port;   /* by port: 1 + the host whose crowd has it; NULL: there is none */
    uint32_t crowds, forgers;
    bool crowd_connects;
    struct sc_forgery *forgery; /* by step */
    uint64_t *forged;           /* by host */
    uint32_t *forged_mark;      /* pairs: of a forged packet, and 1 + its forger */
    uint32_t forgeries;
    struct sc_tracks sent, received;
    struct sc_lawful_table *lawful; /* NULL: nobody asks */
    struct sc_counted *fault_count;
    struct sv_rng *fault_rng;
    struct sc_fact_now *fact;
    struct sc_judged *judged;
    sv_time *step_at; /* of the timeline; SV_NEVER: not yet known, or done */
    bool *step_done;
    uint64_t *accepts, *resets, *packets_sent, *packets_received;
    uint64_t (*drops)[SV_DROP_COUNT];
    struct sc_twice *twice;
    uint32_t twice_slots;
    struct sc_packet *last;    /* by host: what it received last */
    struct sc_packet last_syn; /* that a host received, for half-open records */
    struct sv_endpoint last_syn_from, last_syn_to;
    sv_time script_next, script_said;
    bool script_stale, script_begun;
    sv_time now;
    uint64_t events;
    bool settling, over, stopped; /* stopped: by a limit */
    bool mutated;
    bool out_of_room; /* a ceiling of the observer's was reached */
    bool watches_frames;
    bool sends_frames; /* a host does, without a layer above */
    char problem[256]; /* why the run is worth nothing; empty: it is not */
    char why[160];     /* a verdict's words, on their way */
    /* who else wants to know (cli); may be NULL */
    void (*frame)(void *ctx, const struct sc_run *run, uint32_t link, uint32_t port, const uint8_t *bytes, uint32_t n,
                  uint32_t length, const char *comment);
    void (*record)(void *ctx, const struct sc_run *run, const struct sv_trace_record *r, const uint8_t *bytes);
    void *ctx;
    /* A frame for a host that is outside: takes it. NULL: nobody is there. */
    void (*outside)(void *ctx, struct sc_run *run, uint32_t host, struct sv_buf *take);
    void *outside_ctx;
    struct sc_rows *rows; /* the caller's; NULL: nobody draws */
    uint32_t log_drops;
};

/* Builds the world. NULL: `why` says what does not fit. */
struct sc_run *sc_run_open(const struct sc_model *model, uint64_t seed, char *why, size_t room);
void sc_run_close(struct sc_run *run);
/* Runs to the end. With `only`, a mutant: what a limit cut off is left open, not judged. */
void sc_run_all(struct sc_run *run, const struct sc_mutant *only);
/* One turn; false: it is at its end (the judgement is given then). */
bool sc_run_turn(struct sc_run *run);
/* From here on the run is one of `to`: the same hosts, links, steps and expectations, with other values, and perhaps
 * faults more behind those there were. Both models outlive it. False: `why` says what cannot be. */
bool sc_run_branch(struct sc_run *run, const struct sc_model *to, char *why, size_t room);
bool sc_run_passed(const struct sc_run *run, uint32_t expectation);
uint64_t sc_run_hash(const struct sc_run *run);

/* --- private to the folder --- */

/* build.c */
bool sc_build_host(struct sc_run *run, uint32_t host, sv_time now);
void sc_set_host(struct sc_run *run, uint32_t host, const struct sc_knobs *set); /* while it runs */
uint64_t sc_name_hash(const char *name);
/* index.c */
uint32_t sc_host_of(const struct sc_run *run, const struct sv_addr *addr); /* SV_NONE */
struct sc_endpoint *sc_endpoint_find(const struct sc_run *run, uint32_t host, uint32_t attempt);
/* Who was called, and still holds it: a late SYN of the same attempt may have made another end since; NULL. */
struct sc_conn *sc_index_held(const struct sc_run *run, uint32_t host, uint32_t attempt);
/* The other end of it: whose ISN it took; NULL. */
struct sc_endpoint *sc_endpoint_peer(const struct sc_run *run, const struct sc_endpoint *e);
uint32_t sc_attempt_with(const struct sc_run *run, uint32_t isn, const struct sv_endpoint *opener);
void sc_mac_of(const struct sc_host *h, uint32_t port, uint8_t mac[6]);
/* frames.c */
void sc_frame_send(struct sc_run *run, const struct sc_step *s);
/* Of a frame with nothing above that anybody knows: hosts by their MAC addresses. */
void sc_frame_ends(const struct sc_run *run, const uint8_t *bytes, uint32_t n, const struct sc_packet *p,
                   struct sv_endpoint *from, struct sv_endpoint *to);
/* arq.c */
void sc_arq_message(struct sc_run *run, uint32_t socket, const struct sv_endpoint *from, uint32_t number, sv_time now);
bool sc_arq_answered(const struct sc_job *job, const uint8_t *bytes, size_t n);
/* packet.c */
bool sc_parse(const uint8_t *bytes, uint32_t n, uint32_t length, struct sc_packet *p, struct sv_endpoint *from,
              struct sv_endpoint *to);
void sc_track_packet(struct sc_run *run, struct sc_tracks *t, struct sc_packet *p, const struct sv_endpoint *from,
                     const struct sv_endpoint *to);
/* The number of the last segment of that direction that took any; false: there was none. */
bool sc_track_last(const struct sc_tracks *t, const struct sv_endpoint *from, const struct sv_endpoint *to,
                   uint32_t *seq);
bool sc_selects(const struct sc_selector *s, const struct sc_packet *p); /* all words but the ordinal */
bool sc_count_selected(struct sc_counted *c, const struct sc_selector *s, const struct sc_packet *p);
/* branch.c */
void sc_fault_stream(struct sc_run *run, const struct sc_model *m, uint32_t fault); /* its chance, named by its id */
/* tap.c */
void sc_tap(void *self, const struct sv_passage *p, struct sv_burst *b);
bool sc_edit(struct sv_buf *b, const struct sc_fault *f);
/* boxes.c: middle boxes */
#define SC_FORGED 2u /* tag of what a box made: no fault acts on it */
void sc_box_reset(struct sc_run *run, const struct sv_passage *p, const struct sv_buf *b, uint32_t fault);
void sc_box_strip(uint8_t *tcp, uint32_t header, uint32_t options);
bool sc_box_refuses(const struct sc_run *run, uint32_t router, const struct sc_packet *k);
void sc_box_forget(struct sc_run *run, uint32_t router, bool rebind);
sv_time sc_box_next(const struct sc_run *run, sv_time said);
void sc_box_speak(struct sc_run *run, sv_time now);
/* stray.c: segments that nobody sent, made at a host's door out of what it knows. */
#define SC_TAG_STRAY 0x80000000u                           /* and more: the fault's number is added */
void sc_stray_may_come(struct sc_run *run, uint32_t host); /* a segment has come there */
struct sv_buf *sc_stray_make(struct sc_run *run, uint32_t host, uint32_t tag); /* NULL: none comes */
/* flaws.c: what a host's wrong TCP would have sent, or taken */
void sc_flaw_departs(struct sc_run *run, uint32_t host, struct sv_buf *b);
void sc_flaw_arrives(struct sc_run *run, uint32_t host, struct sv_buf *b);
uint32_t sc_flaws_of(const struct sc_knobs *k);                         /* enum sv_teach_flaw */
bool sc_flawed(const struct sc_run *run, uint32_t host, uint32_t knob); /* `set` says false, or a word but the first */
/* observe.c */
void sc_observe(struct sc_run *run); /* the trace's records so far */
struct sc_endpoint *sc_endpoint_of_flow(struct sc_run *run, uint32_t host, uint32_t flow, bool make);
/* The half-open record of a followed SYN with that number; NULL. */
struct sc_endpoint *sc_half_open_with(const struct sc_run *run, uint32_t host, uint32_t irs);
/* A box that forgot gave the same SYN another port: which of its records ends is not told apart. */
bool sc_half_opens_alike(const struct sc_run *run, uint32_t host, uint32_t irs);
/* apps.c */
extern const struct sv_app sc_app_ops;
enum sv_err sc_app_connect(struct sc_run *run, const struct sc_step *s);
void sc_app_listen(struct sc_run *run, uint32_t host, const struct sc_serve *s, sv_time now);
void sc_app_ping(struct sc_run *run, uint32_t step);
struct sc_conn *sc_conn_of(struct sc_run *run, uint32_t host, uint32_t attempt);
void sc_conn_pump(struct sc_run *run, struct sc_conn *c, sv_time now);
void sc_app_crashed(struct sc_run *run, uint32_t host);
void sc_app_bytes(const struct sc_endpoint *writer, uint64_t at, uint8_t *to, size_t n); /* of its pattern */
/* http_app.c */
void sc_http_read(struct sc_conn *c, const uint8_t *bytes, size_t n);
void sc_words(const struct sc_conn *c, uint64_t at, uint8_t *to, size_t n); /* what it writes that is no pattern */
void sc_conn_timed(struct sc_run *run, struct sc_conn *c); /* after a change: when it wants a turn next */
/* socket_knobs.c */
void sc_socket_offer(struct sc_run *run, const struct sc_step *s, sv_sock sock);
void sc_socket_knobs(struct sc_run *run, uint32_t host, const struct sc_knobs *own, sv_sock sock, sv_time now);
/* forge.c */
bool sc_forge_open(struct sc_run *run); /* false: no memory */
void sc_forge_begin(struct sc_run *run, uint32_t step);
void sc_forge_passes(struct sc_run *run, uint32_t tag);                            /* the next is on its way */
uint32_t sc_forger_of(const struct sc_run *run, const uint8_t *frame, uint32_t n); /* a host; SV_NONE */
#define SC_TAG_FORGED 16u /* and more, a tag of the world's: the step's number is added */
/* crowd.c */
extern const struct sv_app sc_crowd_ops;
void sc_crowd_begin(struct sc_run *run, uint32_t step);
bool sc_crowd_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value);
bool sc_crowd_has(const struct sc_run *run, uint32_t host, uint16_t port);
/* datagrams.c */
extern const struct sv_app sc_datagram_ops;
void sc_udp_begin(struct sc_run *run, uint32_t socket, sv_time now);
void sc_udp_act(struct sc_run *run, uint32_t step);
void sc_udp_crashed(struct sc_run *run, uint32_t host, sv_time now);
uint32_t sc_udp_of(const struct sc_run *run, const struct sv_endpoint *from,
                   const struct sv_endpoint *to); /* SV_NONE */
uint32_t sc_datagram_number(const uint8_t *bytes, uint32_t n, uint32_t *socket);
bool sc_udp_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value);
bool sc_service_value(const struct sc_run *run, const uint32_t of[4], uint64_t *value);
/* judge.c */
void sc_decide(struct sc_run *run, uint32_t expectation, bool passed, sv_time when, const char *why);
void sc_fact_event(struct sc_run *run, const struct sc_fact *f, struct sc_fact_now *now);
void sc_state_event(struct sc_run *run, const struct sc_endpoint *e, uint32_t state);
void sc_packet_event(struct sc_run *run, const struct sc_packet *p, uint32_t host, bool sends);
void sc_drop_event(struct sc_run *run, uint32_t host, uint32_t reason, const struct sc_packet *p);
void sc_judge_at(struct sc_run *run, sv_time now); /* samples that are due */
sv_time sc_judge_next(const struct sc_run *run, sv_time after);
void sc_judge_end(struct sc_run *run, bool until); /* at `until`; at the very end */
/* What it names failed; `exact`: and only that. */
bool sc_mutant_caught(const struct sc_run *run, const struct sc_mutant *m, bool exact);
bool sc_mutant_names(const struct sc_mutant *m, uint32_t expectation);
bool sc_mutant_allows(const struct sc_mutant *m, uint32_t expectation); /* names, or says that it may */
/* chain.c */
void sc_depart(struct sc_run *run, uint32_t link, uint32_t port, uint32_t id, const struct sc_packet *p);
void sc_link_event(struct sc_run *run, uint32_t kind, uint32_t link, uint32_t port, uint32_t id, uint32_t reason);
void sc_about(struct sc_run *run, const struct sc_packet *p, uint32_t id);
void sc_chain_event(struct sc_run *run, uint32_t expectation, uint32_t fact);
uint64_t sc_link_drops(const struct sc_run *run, uint32_t link, enum sv_drop reason);
void sc_link_set_up(struct sc_run *run, uint32_t link, bool up);
bool sc_build_cable(struct sc_run *run, uint32_t link);
#define SC_LINK_VALUES 18u
bool sc_cable_value(const struct sc_run *run, uint32_t link, uint64_t all[SC_LINK_VALUES]);
/* value.c */
bool sc_value(struct sc_run *run, const struct sc_expect *x, uint64_t *value);

#endif
