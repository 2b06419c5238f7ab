/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices become ports of the switch; who connects to a unix socket becomes one too, and its port waits for the next
 * when it goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cli/switch.h"
#include "port/clock.h"
#include "port/link_watch.h"
#include "port/socket_listen.h"
#include "port/tap.h"

#define TAP_LOOK (250 * SV_MS) /* no news comes of a TAP in another namespace */

const char *switch_port_name(const struct seven_switch *w, sv_port port)
{
    return port < w->ports ? w->port[port].name : "?";
}

/* "sw0" of tap:sw0, "link" of unix:/run/link.sock. */
static void name_of(const struct switch_spec *s, char *to, size_t room)
{
    if (s->config.name[0]) {
        snprintf(to, room, "%s", s->config.name);
        return;
    }
    const char *name = strchr(s->device, ':') + 1, *slash;
    while ((slash = strchr(name, '/')) != NULL)
        name = slash + 1;
    snprintf(to, room, "%.*s", (int)strcspn(name, ".,"), name);
}

/* Every port of which a name says "A+B"; an empty text: all. SV_BRIDGE_PORTS bits; 0 after saying what is wrong. */
static uint64_t ports_named(const struct seven_switch *w, const char *text)
{
    uint64_t set = 0;
    if (!*text)
        return w->ports == 64 ? UINT64_MAX : ((uint64_t)1 << w->ports) - 1;
    for (const char *at = text; *at;) {
        const size_t n = strcspn(at, "+");
        bool found = false;
        for (uint32_t i = 0; i < w->ports; i++) {
            if (strlen(w->port[i].name) == n && memcmp(w->port[i].name, at, n) == 0) {
                set |= (uint64_t)1 << i;
                found = true;
            }
        }
        if (!found) {
            (void)cli_usage("switch", "-i: mirror: there is no port \"%.*s\"", (int)n, at);
            return 0;
        }
        at += n + (at[n] == '+');
    }
    return set;
}

static bool add_vlans(struct seven_switch *w, const struct switch_spec *s, sv_port port)
{
    enum sv_err e = SV_OK;
    const uint16_t untagged = s->access ? s->access : s->tunnel ? s->tunnel : s->native;
    for (uint32_t v = 1; v <= SV_VLAN_MAX && e == SV_OK; v++)
        if (s->trunk_all || (uint32_t)s->trunk[v / 8] >> v % 8 & 1u)
            e = sv_bridge_vlan_add(w->bridge, port, v, true);
    if (e == SV_OK && untagged)
        e = sv_bridge_vlan_add(w->bridge, port, untagged, false);
    return e == SV_OK;
}

/* The port's kind, as the switch wants it. */
static void kind_of(const struct switch_spec *s, struct sv_bridge_port_config *c)
{
    bool trunk = s->trunk_all;
    for (size_t i = 0; i < sizeof s->trunk; i++)
        trunk |= s->trunk[i] != 0;
    const uint16_t untagged = s->access ? s->access : s->tunnel ? s->tunnel : s->native;
    if (untagged)
        c->pvid = untagged;
    else if (trunk)
        c->pvid = SV_VLAN_MAX + 1u; /* no native VLAN: what comes untagged is dropped */
    if (s->access)
        c->flags |= SV_BPORT_ONLY_UNTAGGED;
    if (s->tunnel)
        c->flags |= SV_BPORT_TUNNEL;
}

static bool name_taken(const struct seven_switch *w, const char *name)
{
    for (uint32_t i = 0; i < w->ports; i++)
        if (strcmp(w->port[i].name, name) == 0)
            return true;
    return false;
}

/* The name of the next port; several peers of one socket are link, link-2, link-3. */
static void name_port(struct seven_switch *w, const struct switch_spec *s)
{
    char *name = w->port[w->ports].name, base[24];
    name_of(s, name, sizeof w->port[0].name);
    name_of(s, base, sizeof base);
    for (uint32_t n = 2; name_taken(w, name); n++)
        snprintf(name, sizeof w->port[0].name, "%s-%u", base, n);
}

static bool add_port(struct seven_switch *w, uint32_t spec, const struct sv_device *device, sv_port *port)
{
    const struct switch_spec *s = &w->spec[spec];
    struct sv_bridge_port_config c = s->config;
    c.device = device->flags;
    c.mtu = s->mtu ? s->mtu : device->mtu;
    for (uint32_t k = 0; k < SV_STORMS; k++)
        c.storm[k] = c.storm[k] ? c.storm[k] : (uint32_t)w->options.storm;
    c.arp = c.arp ? c.arp : (uint32_t)w->options.arp;
    kind_of(s, &c);
    if (s->mirror_in && !(c.mirror_in = ports_named(w, s->mirror_in)))
        return false;
    if (s->mirror_out && !(c.mirror_out = ports_named(w, s->mirror_out)))
        return false;
    name_port(w, s);
    snprintf(c.name, sizeof c.name, "%s", w->port[w->ports].name);
    const enum sv_err e = sv_bridge_port_add(w->bridge, &c, port, sv_clock());
    if (e != SV_OK)
        return cli_fail("switch", "-i %s: %s", s->device, sv_err_text(e)) < 0;
    w->port[*port].owner = w;
    w->port[*port].spec = spec;
    w->ports++;
    return add_vlans(w, s, *port);
}

static bool is_kind(const struct seven_switch *w, const struct switch_port *p, const char *kind)
{
    return strncmp(w->spec[p->spec].device, kind, strlen(kind)) == 0;
}

/* The device is the port's from now on. */
static bool plug_in(struct seven_switch *w, sv_port port, const struct sv_device *device)
{
    struct switch_port *p = &w->port[port];
    p->device = *device;
    p->open = true;
    p->cabled = is_kind(w, p, "tap:")      ? sv_tap_is_up(p->device.fd)
                : is_kind(w, p, "packet:") ? sv_link_is_up(p->device.name)
                                           : true;
    sv_bridge_port_set_up(w->bridge, port, p->cabled, sv_clock());
    return sv_loop_add_device(&w->loop, &p->device, w->party, port);
}

static void device_options(const struct seven_switch *w, const struct switch_spec *s, struct sv_device_options *o)
{
    sv_device_defaults(o);
    o->kernel_addresses = 0;
    o->mtu = s->mtu ? s->mtu : (uint32_t)w->options.mtu;
    o->unattended = true; /* the other ports are not to wait */
}

/* A port of this socket that nobody is at, else a new one. SV_NO_PORT: as many are here as may be. */
static sv_port port_for(struct seven_switch *w, uint32_t spec, const struct sv_device *device)
{
    uint32_t there = 0;
    sv_port port;
    for (uint32_t i = 0; i < w->ports; i++) {
        if (w->port[i].spec != spec)
            continue;
        if (!w->port[i].open)
            return i;
        there++;
    }
    return there < w->spec[spec].peers && add_port(w, spec, device, &port) ? port : SV_NO_PORT;
}

static void on_peer(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now)
{
    struct switch_listener *l = self;
    struct seven_switch *w = l->owner;
    struct sv_device_options o;
    struct sv_device device;
    (void)loop;
    (void)events;
    (void)now;
    const int peer = sv_socket_accept(fd);
    if (peer < 0)
        return;
    device_options(w, &w->spec[l->spec], &o);
    if (!sv_device_adopt_socket(&device, peer, &o)) {
        (void)cli_fail("switch", "%s: no memory for one more peer", w->spec[l->spec].device);
        close(peer);
        return;
    }
    const sv_port port = port_for(w, l->spec, &device);
    if (port == SV_NO_PORT) {
        (void)cli_fail("switch", "%s: no port is left for one more peer; see peers=N", w->spec[l->spec].device);
        sv_device_close(&device);
        return;
    }
    if (plug_in(w, port, &device))
        return;
    (void)cli_fail("switch", "%s: %s", w->port[port].name, strerror(errno));
    sv_bridge_port_set_up(w->bridge, port, false, sv_clock());
    sv_device_close(&w->port[port].device);
    w->port[port].open = false; /* for another peer */
}

/* unix:PATH listens, unless somebody listens there already: then that is the other end. */
static int listen_at(struct seven_switch *w, uint32_t spec, bool *taken)
{
    struct switch_listener *l = &w->listener[w->listeners];
    char error[SV_DEVICE_TEXT];
    const char *path = w->spec[spec].device + 5;
    if (w->listeners == SWITCH_LISTENERS)
        return cli_usage("switch", "-i %s: at most %u sockets can be listened on", w->spec[spec].device,
                         SWITCH_LISTENERS);
    *l = (struct switch_listener){.owner = w, .spec = spec, .path = path};
    l->fd = sv_socket_listen(path, taken, error);
    if (*taken)
        return 0;
    if (l->fd < 0)
        return cli_fail("switch", "-i %s", error);
    w->listeners++;
    if (!sv_loop_watch(&w->loop, l->fd, EPOLLIN, on_peer, l))
        return cli_fail("switch", "-i %s: %s", w->spec[spec].device, strerror(errno));
    return 0;
}

static int open_one(struct seven_switch *w, uint32_t spec)
{
    const struct switch_spec *s = &w->spec[spec];
    struct sv_device_options o;
    struct sv_device device;
    char error[SV_DEVICE_TEXT];
    sv_port port;
    if (strncmp(s->device, "unix:", 5) == 0 && !strstr(s->device, ",dgram")) {
        bool taken = false;
        const int r = listen_at(w, spec, &taken);
        if (r != 0 || !taken)
            return r;
    }
    device_options(w, s, &o);
    if (!sv_device_open(&device, s->device, &o, error))
        return cli_fail("switch", "-i %s", error);
    if (!add_port(w, spec, &device, &port)) {
        sv_device_close(&device);
        return 1;
    }
    if (!plug_in(w, port, &device))
        return cli_fail("switch", "-i %s: cannot be waited for: %s", s->device, strerror(errno));
    return 0;
}

static void set_cabled(struct seven_switch *w, uint32_t port, bool up)
{
    if (w->port[port].cabled == up)
        return;
    w->port[port].cabled = up;
    sv_bridge_port_set_up(w->bridge, port, up, sv_clock());
}

/* The kernel says that a cable was pulled, or is back. A TAP that moved to another namespace is set down and up there,
 * unheard: the TAPs are asked. */
static void on_link(void *self, const char *name, bool up)
{
    struct seven_switch *w = self;
    for (uint32_t i = 0; i < w->ports; i++) {
        struct switch_port *p = &w->port[i];
        if (p->open && is_kind(w, p, "packet:") && strcmp(p->device.name, name) == 0)
            set_cabled(w, i, up);
    }
    w->look = 0;
}

static void on_links(void *self, struct sv_loop *loop, int fd, uint32_t events, sv_time now)
{
    (void)loop;
    (void)events;
    (void)now;
    sv_link_watch_read(fd, on_link, self);
}

int switch_ports_open(struct seven_switch *w)
{
    w->links = sv_link_watch_open();
    if (w->links >= 0 && !sv_loop_watch(&w->loop, w->links, EPOLLIN, on_links, w))
        return cli_fail("switch", "the kernel's news of its interfaces: %s", strerror(errno));
    for (uint32_t mirrors = 0; mirrors < 2; mirrors++) { /* these last: they name others */
        for (uint32_t i = 0; i < w->options.ports.n; i++) {
            const bool mirror = w->spec[i].mirror_in || w->spec[i].mirror_out;
            const int r = mirror == (mirrors != 0) ? open_one(w, i) : 0;
            if (r != 0)
                return r;
        }
    }
    return 0;
}

static void let_go(struct seven_switch *w, uint32_t port)
{
    struct switch_port *p = &w->port[port];
    sv_bridge_port_set_up(w->bridge, port, false, sv_clock());
    sv_loop_remove_device(&w->loop, &p->device);
    sv_device_close(&p->device);
    p->open = false;
}

sv_time switch_ports_look(struct seven_switch *w, sv_time now)
{
    const bool due = now >= w->look;
    uint32_t taps = 0;

    for (uint32_t i = 0; i < w->ports; i++) {
        struct switch_port *p = &w->port[i];
        if (!p->open)
            continue;
        if (p->device.dead) {
            let_go(w, i);
        } else if (is_kind(w, p, "tap:")) {
            taps++;
            if (due)
                set_cabled(w, i, sv_tap_is_up(p->device.fd));
        }
    }
    if (due)
        w->look = now + TAP_LOOK;
    return taps ? w->look : SV_NEVER;
}

void switch_ports_close(struct seven_switch *w)
{
    for (uint32_t i = 0; i < w->ports; i++) {
        if (w->port[i].open)
            sv_device_close(&w->port[i].device);
        w->port[i].open = false;
    }
    for (uint32_t i = 0; i < w->listeners; i++)
        sv_socket_unlisten(w->listener[i].fd, w->listener[i].path);
    w->listeners = 0;
    if (w->links >= 0)
        close(w->links);
    w->links = -1;
}
