# SPDX-License-Identifier: BSD-2-Clause
# What the interop scripts share (bash). Each runs inside `seven private`: a network of its own with the TAP
# seven0, gone with its last process. SEVEN names the program. Exit status: 0 ok, 1 failed, 77 skipped.

SEVEN=${SEVEN:-build/seven}
NAME=$(basename "$0" .sh)

PASSED=0
COUNTED= # by the process that runs the checks: only its numbers are told

skip() {
    echo "skip: $NAME: $*"
    exit 77
}

# fail WORDS...: this check failed, and those after it are not tried.
fail() {
    echo "not ok - $NAME: $*"
    if [ -n "${WORK:-}" ]; then
        for log in "$WORK"/*.log; do
            [ -s "$log" ] && { echo "--- $(basename "$log"), last 20 lines"; tail -n 20 "$log"; }
        done
    fi
    exit 1
}

ok() {
    PASSED=$((PASSED + 1))
    echo "ok - $NAME: $*"
}

# is WHAT GOT WANTED
is() {
    [ "$2" = "$3" ] || fail "$1: \"$2\", and it should be \"$3\""
    ok "$1"
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null 2>&1 || skip "$program is not installed"
    done
}

# First thing of each script: go inside.
enter() {
    [ -n "${SEVEN_INSIDE:-}" ] && { begin; return; }
    SEVEN=$(readlink -f "$SEVEN")
    [ -x "$SEVEN" ] || skip "no program at $SEVEN; set SEVEN"
    local why
    why=$("$SEVEN" private -- true 2>&1) || skip "$why"
    export SEVEN SEVEN_INSIDE=1
    exec "$SEVEN" private -- bash "$0" "$@"
}

PIDS=()
begin() {
    WORK=$(mktemp -d /tmp/seven-interop-XXXXXX) || exit 1
    # Only what runs in here is asked by seven ss, and only by us.
    export SEVEN_RUNTIME_DIR=$WORK/run
    mkdir -m 700 "$SEVEN_RUNTIME_DIR"
    COUNTED=1
    trap finish EXIT
    trap 'exit 1' INT TERM
}

finish() {
    local status=$? pid
    trap '' INT TERM # a second signal must not stop the tidying
    for pid in "${PIDS[@]}"; do
        kill "$pid" 2>/dev/null
    done
    for pid in "${PIDS[@]}"; do
        wait "$pid" 2>/dev/null
    done
    rm -rf "$WORK"
    if [ -n "$COUNTED" ] && [ "$status" -ne 77 ]; then
        echo "$NAME: $PASSED passed, $((status != 0)) failed"
    fi
    exit "$status"
}

# background LOG COMMAND...: started now, ended at the end; its number in $LAST.
background() {
    local log=$1
    shift
    "$@" >"$WORK/$log.out" 2>"$WORK/$log.log" </dev/null &
    LAST=$!
    PIDS+=("$LAST")
}

# stop PID: ends it in order and waits. (A shell's background programs are born deaf to SIGINT; Seven and
# tcpdump listen to it all the same, others go by SIGTERM.)
ended() { ! kill -0 "$1" 2>/dev/null; }
stop() {
    local pid kept=()
    kill -INT "$1" 2>/dev/null
    until_true 3 ended "$1" || kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
    for pid in "${PIDS[@]}"; do
        [ "$pid" = "$1" ] || kept+=("$pid")
    done
    PIDS=("${kept[@]}")
}

# wait_for ADDRESS PORT: until something accepts there, at most 10 s.
wait_for() {
    local i
    for i in $(seq 100); do
        (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null && return
        sleep 0.1
    done
    fail "nothing accepts at $1 port $2"
}

# seeded BYTES FILE: the same bytes everywhere, without a pattern.
seeded() {
    python3 - "$1" "$2" <<'PY'
import random, sys
left, out, rng = int(sys.argv[1]), open(sys.argv[2], "wb"), random.Random(7)
block = rng.randbytes(1 << 20)
number = 0
while left:
    piece = (number.to_bytes(8, "big") + block[8:])[:left]
    out.write(piece)
    left -= len(piece)
    number += 1
PY
}

sum_of() {
    sha256sum <"$1" | cut -d' ' -f1
}

# counter NAME: one number out of the summary of the running stack.
counter() {
    "$SEVEN" ss -s -j | python3 -c '
import json, sys
name, found = sys.argv[1], None
def walk(x):
    global found
    if isinstance(x, dict):
        for k, v in x.items():
            if k == name and isinstance(v, (int, float)): found = v
            else: walk(v)
    elif isinstance(x, list):
        for v in x: walk(v)
for line in sys.stdin:
    line = line.strip()
    if line: walk(json.loads(line))
if found is None: sys.exit("no counter " + name)
print(found)' "$1"
}

# slabs_back N: as many slabs are free as were (N), but for those the device keeps ready for long frames.
slabs_back() {
    [ $(($(counter slabs_free) + 34)) -ge "$1" ]
}

# in_state WORDS...: how many TCP sockets of the stack are in that state.
in_state() {
    "$SEVEN" ss -t -a -n -H "$@" | grep -c .
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}

# asked WANTED COMMAND...: what a datagram program says of `WANTED`, asked up to five times: its second of patience may
# pass on a busy machine before anybody had a turn.
asked() {
    local wanted=$1 try got
    shift
    for try in 1 2 3 4 5; do
        got=$("$@")
        [ "$got" = "$wanted" ] && break
    done
    printf '%s' "$got"
}

# For tshark: what TCP and UDP carry stays bytes. Some of it is noise, on ports drawn by chance, in which a dissector
# that guesses finds a protocol now and then, malformed of course.
PAYLOAD_IS_DATA=(-d tcp.port==1-65535,data -d udp.port==1-65535,data)
