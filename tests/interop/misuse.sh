#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is typed wrong, and what goes wrong around a command: an exit status, one line that names the option and what it
# takes, and nothing left behind.
. "$(dirname "$0")/lib.sh"
need python3 timeout
enter "$@"
trees=$(cd "$(dirname "$0")/../.." && pwd)
cd "$WORK" || exit 1

# refused STATUS LINE COMMAND...: this and no more on stderr; LINE is a pattern of the shell's, to its end.
refused() {
    local status=$1 line=$2 got said
    shift 2
    timeout 10 "$SEVEN" "$@" >out 2>err </dev/null
    got=$?
    said=$(head -n 1 err)
    # shellcheck disable=SC2053
    [ "$got" -eq "$status" ] && [[ $said == "seven $1: "$line ]] || fail "seven $*: exit $got, \"$said\""
    ok "seven $*"
}

refused 2 '--vlan: "5000" is no VLAN; it takes one from 1 to 4094, or two as in 100.10' serve http --vlan 5000
refused 2 '--vlan: "1.2.3" is no VLAN; *' serve http --vlan 1.2.3
refused 2 '--md5: "foo" is no key for a peer; it takes KEY@PEER *' serve http --md5 foo
refused 2 '--tcp-ao: "foo" is no key for a peer; it takes *' serve http --tcp-ao foo
refused 2 '-i: "tap:averyveryverylongname" is too long; *' serve http -i tap:averyveryverylongname
refused 2 '-i: "lab" is not a device; it takes tap:NAME, *' serve http -i lab
refused 2 '-i: "cable:x" is not a cable: no line code: 10base-t, *' serve http -i cable:x
refused 2 '-i: "cable:x,auto,length=y" is not a cable: "length=y": length=0m to *' serve http -i cable:x,auto,length=y
refused 1 '-i packet:nosuch0: no such interface *' serve http -i packet:nosuch0
refused 1 '--device packet:nosuch0: no such interface *' ping --device packet:nosuch0 10.7.0.1
refused 1 '-w /nonexistent/x: No such file or directory' serve http -w /nonexistent/x
refused 1 '--capture /nonexistent/x: No such file or directory' nc --capture /nonexistent/x 10.7.0.1 80
refused 2 '-j: no such option; *' serve http -j
refused 2 '--vlan: *' get --vlan 0 http://10.7.0.1/
refused 3 '(3) http://\[::1/: an IPv6 address stands in brackets: *' get 'http://[::1/'
refused 2 '-r: "x" is no range of bytes; it takes FROM-TO, *' get -r x http://10.7.0.1/
refused 2 '-H: "x" is no header line; it takes "Name: value"' get -H x http://10.7.0.1/
refused 2 "0.0.0.0: no host's address" ping 0.0.0.0
refused 2 "::: no host's address" trace ::
refused 7 '(7) connect to 127.0.0.1:80: no route there; *' get http://127.0.0.1/
refused 2 'nosuch.test: not an address, and not in /etc/hosts *' ping nosuch.test
refused 1 '-r /: Is a directory' dump -r /
refused 1 '-r /nonexistent: No such file or directory' dump -r /nonexistent
refused 2 '--hello: "0s" is out of range; it takes a duration from 1s to 10s' switch --hello 0s -i tap:a
refused 2 '--strict: *' switch --strict -i tap:a
refused 2 '--querier-address: *' switch --querier-address 10.0.0.1 -i tap:a
refused 2 '-i: mirror: there is no port "zz"' switch -i tap:a,mirror=zz
refused 2 '-i: "foo" is not understood; *' router -i tap:a,10.1.0.1/24,foo
refused 2 '--route: "foo" is no prefix; *' router -i tap:a,10.1.0.1/24 --route foo
refused 1 '--routes /nonexistent: No such file or directory' router -i tap:a,10.1.0.1/24 --routes /nonexistent
refused 2 '--forward: without --nat=INTERFACE nothing is translated' router -i tap:a --forward tcp:80=10.1.0.2:80
mkdir none
refused 1 'none: no \*.pkt in that folder, or below it' drill none
refused 2 '-w /nonexistent/x: No such file or directory' explain three-way -w /nonexistent/x
refused 2 '--encode: a frame has two addresses and a type, *' signal --encode ff
refused 2 '--bytes goes with --svg, *' signal --encode ffffffffffff0200000000010806 --bytes 9..1
refused 1 'no seven process is running (of this user)' ss

# A process that is asked for by a number, and is none of ours.
background echo "$SEVEN" serve echo
wait_for 10.7.0.2 7
for command in ss 'ip addr' 'bridge fdb'; do
    # shellcheck disable=SC2086
    refused 1 '--pid: 1 is no seven process (of this user)' $command --pid 1
done
refused 1 'no seven switch is running (of this user)' bridge fdb
stop "$LAST"

# What could not be written is said; a reader that has seen enough is no error to speak of.
for command in --help 'help --completion bash' 'explain three-way'; do
    # shellcheck disable=SC2086
    "$SEVEN" $command >/dev/full 2>err
    is "seven $command, disk full: exit 1" $? 1
    is "... and it is said" "$(cat err)" "seven: stdout: No space left on device"
    # shellcheck disable=SC2086
    "$SEVEN" $command 2>err | true
    is "seven $command | true: silence" "$(cat err)" ""
done

# -p is JSON, and one value after the other, of whatever prints JSON.
values() {
    "$@" | python3 -c '
import json, sys
text, decoder, n = sys.stdin.read(), json.JSONDecoder(), 0
lines = text.count("\n")
while text.strip():
    value, end = decoder.raw_decode(text.lstrip())
    text, n = text.lstrip()[end:], n + 1
print(n, "values" if lines > 2 * n else "values in few lines")'
}
is "sim -p" "$(values "$SEVEN" sim -p "$trees/scenarios/figure-6.yaml")" "2 values"
is "drill -p" "$(values "$SEVEN" drill -p -q "$trees/tests/drill/reset")" \
    "$("$SEVEN" drill -j -q "$trees/tests/drill/reset" | wc -l) values"
is "explain -p" "$(values "$SEVEN" explain -p)" "$("$SEVEN" explain -j | wc -l) values"
is "ping -p" "$(values "$SEVEN" ping -c 2 -i 100ms -p 10.7.0.1)" "3 values"

# A signal ends all that was begun, and what was done until then is told.
# ended_by SIGNAL STATUS PATTERN COMMAND...; BEGUN: a line that shows that it is under way.
BEGUN=
under_way() { [ -z "$BEGUN" ] || grep -q "$BEGUN" out; }
ended_by() {
    local signal=$1 status=$2 pattern=$3 pid got
    shift 3
    python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$SEVEN" "$@" >out 2>err </dev/null &
    pid=$!
    sleep 1.5
    until_true 20 under_way
    kill "-$signal" "$pid"
    wait "$pid" 2>/dev/null
    got=$?
    [ "$got" -eq "$status" ] && tail -n 1 out | grep -q "$pattern" ||
        fail "seven $*, $signal: exit $got, $(tail -n 1 out)"
    ok "SIG$signal: seven $1"
}
orphans() { pgrep -x "$(basename "$SEVEN")" --ns $$ --nslist net >orphans; }
no_orphan() { ! orphans; }
ended_by INT 130 '^[0-9]* passed, 0 failed$' sim --random --runs 1000000 --jobs 2
ended_by TERM 143 '^lossy-bulk: [0-9]* seeds from 7, ' sim "$trees/scenarios/lossy-bulk.yaml" --runs 100000 --jobs 2
ended_by INT 130 '^[0-9]* passed, 0 failed$' drill -q --repeat 100000 "$trees/tests/drill/closing"
BEGUN='^2  ' ended_by INT 130 'interrupted$' demo --one-process --size 256MiB
until_true 3 no_orphan || fail "still running: $(cat orphans)"
ok "nobody is left"
# Whoever waits may be killed outright.
"$SEVEN" sim --random --runs 1000000 --jobs 2 >/dev/null 2>&1 </dev/null &
pid=$!
sleep 0.7
kill -KILL "$pid"
wait "$pid" 2>/dev/null
until_true 3 no_orphan || fail "without their parent: $(cat orphans)"
ok "nor then"
left=$(ls -d "${TMPDIR:-/tmp}"/seven-demo-* 2>/dev/null | wc -l)
"$SEVEN" demo --one-process --size 1GiB >/dev/null 2>&1 </dev/null & # the first second goes into its files
pid=$!
sleep 0.4
kill -TERM "$pid"
wait "$pid" 2>/dev/null
is "seven demo leaves no files" "$(ls -d "${TMPDIR:-/tmp}"/seven-demo-* 2>/dev/null | wc -l)" "$left"
