/* SPDX-License-Identifier: BSD-2-Clause */
/* Seven: a whole network stack, all seven OSI layers, in C. This header brings the public face of the
 * core; layers above it have one header each (seven/http.h, ...). */
#ifndef SEVEN_H
#define SEVEN_H

#include "seven/arena.h"
#include "seven/auth.h"
#include "seven/base.h"
#include "seven/bridge.h"
#include "seven/buf.h"
#include "seven/drop.h"
#include "seven/host.h"
#include "seven/node.h"
#include "seven/router.h"
#include "seven/socket.h"
#include "seven/stack.h"
#include "seven/stream.h"
#include "seven/trace.h"

#endif
