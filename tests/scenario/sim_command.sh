#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# seven sim as people use it: outputs, errors, replay, shrinking. Arguments: the program. Virtual time throughout.
seven=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0 skipped=0

check() { # what, status of the test before
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $1"
    fi
}

"$seven" sim scenarios/figure-6.yaml --tap >"$dir/tap" && grep -q '^ok 7 - figure-6 mutant two-way$' "$dir/tap" &&
    tail -n 1 "$dir/tap" | grep -q '^1\.\.7$'
check "TAP" $?
"$seven" sim scenarios/figure-6.yaml -j | python3 -c '
import json, sys
runs = [json.loads(line) for line in sys.stdin]
assert [r["kind"] for r in runs] == ["run", "mutant"] and all(r["passed"] and r["schema"] == 1 for r in runs)
assert {x["id"]: x["verdict"] for x in runs[0]["expect"]}["messages"] == "passed"'
check "JSON" $?
"$seven" sim scenarios/figure-6.yaml --junit | python3 -c '
import sys, xml.etree.ElementTree as t
suites = t.fromstring(sys.stdin.buffer.read())
assert sum(int(s.get("failures")) for s in suites) == 0 and len(suites[0]) == 6'
check "JUnit" $?
"$seven" sim scenarios/figure-6.yaml --ladder --ascii --no-mutants | grep -q 'SYN-SENT |-- SYN seq=100 '
check "ladder" $?

# The same seed twice: the same events. Another delay: the first that differs is named.
# x2 has x1's ports, and no scale.
"$seven" sim scenarios/why-three.yaml --ladder --ascii --no-mutants >"$dir/two"
grep -q ' win=2048 ' "$dir/two" && ! grep -q 'win=262144' "$dir/two" &&
    grep -q "has x1's addresses and ports" "$dir/two"
check "two connections of the same ports" $?
"$seven" sim scenarios/why-three.yaml --no-mutants --log "$dir/log" >/dev/null &&
    "$seven" sim scenarios/why-three.yaml --no-mutants --against "$dir/log" | grep -q '^the same '
check "replay" $?
"$seven" sim scenarios/why-three.yaml --no-mutants --set links.ab.delay=51ms --against "$dir/log" >"$dir/other"
[ $? -eq 1 ] && grep -q '^first difference, event [0-9]*:$' "$dir/other"
check "first difference" $?

# By hand: forwards and backwards, and another way from there. What was seen once is the same when it is come back to,
# and a run that was moved about ends as one that was not.
printf 'event 7\nevent\npacket 3\ntime -100ms\nto end\nto event 8\nto start\nto end\n' |
    "$seven" sim scenarios/figure-6.yaml --step >"$dir/step"
[ $? -eq 0 ] && [ "$(grep -c '^= event 8, packet 5, 0.100009280 s$' "$dir/step")" -eq 2 ] &&
    [ "$(grep -c "^figure-6: seed 1, .* hash $("$seven" sim scenarios/figure-6.yaml --no-mutants |
        sed -n 's/.*hash //p')$" "$dir/step")" -eq 2 ]
check "forwards and backwards" $?
printf '%s\n' 'to packet 6' 'drop data from a' 'to end' 'to packet 6' 'set links.ab.delay=1s' 'to end' 'to packet 2' \
    'to end' what |
    "$seven" sim scenarios/figure-6.yaml --step >"$dir/step"
grep -q 'FAILED whole' "$dir/step" && [ "$(sed -n 's/^figure-6: .* hash //p' "$dir/step" | sort -u | wc -l)" -eq 3 ] &&
    grep -q '"what" is none of event, packet' "$dir/step"
check "a branch" $?

# The line that replays a failure has all that made it fail; what is shrunk keeps what was to blame.
"$seven" sim scenarios/figure-6.yaml --set links.ab.loss=90% --drop 'first data from a' --runs 2 --no-mutants \
    >"$dir/many"
replay=$(sed -n 's/^  replay: seven sim //p' "$dir/many" | head -n 1)
[ -n "$replay" ] && eval "\"$seven\" sim $replay" >"$dir/one"
[ $? -eq 1 ] && grep -q 'FAILED' "$dir/one" &&
    case $replay in *"--set 'links.ab.loss=90%' --drop 'first data from a'") ;; *) false ;; esac
check "a replay line" $?
"$seven" sim scenarios/why-three.yaml --set all.handshake=two-way --shrink >"$dir/small.yaml"
grep -q 'handshake: two-way' "$dir/small.yaml" && grep -q 'hold: "first SYN of x1"' "$dir/small.yaml" &&
    [ "$(wc -l <"$dir/small.yaml")" -le 15 ] && "$seven" sim "$dir/small.yaml" | grep -q '^. FAILED no-ghost'
check "shrinking keeps the cause" $?

# Errors: place, what is wrong, what would be right; status 2.
sed 's/delay: 50ms/dealy: 50ms/' scenarios/figure-6.yaml >"$dir/wrong.yaml"
"$seven" sim "$dir/wrong.yaml" 2>"$dir/errors"
[ $? -eq 2 ] && grep -q '^.*wrong.yaml:[0-9]*:[0-9]*: a link has no key "dealy" (did you mean "delay"?)$' "$dir/errors"
check "an error's place" $?
"$seven" sim scenarios/figure-6.yaml --set limits.memory=1MiB 2>"$dir/errors"
[ $? -eq 2 ] && grep -q 'its limit is 1048576' "$dir/errors"
check "a ceiling on memory" $?
"$seven" sim scenarios/figure-6.yaml --no-mutants --set limits.events=20 >"$dir/limit"
[ $? -eq 1 ] && grep -q 'stopped after 20 events' "$dir/limit"
check "a ceiling on steps" $?

# Bad input: a host that is not there, a rate that cannot be, a loop in time, too many hosts. Each once, with its place.
late='{after: a.c in ESTABLISHED, host: a, connect'
refused() { # what to change, what is said
    sed "$1" scenarios/figure-6.yaml >"$dir/bad.yaml"
    "$seven" sim "$dir/bad.yaml" 2>"$dir/errors"
    [ $? -eq 2 ] && [ "$(grep -c "bad.yaml:[0-9]*:[0-9]*: $2" "$dir/errors")" -eq 1 ]
}
refused 's/host: a, connect/host: aa, connect/' 'there is no host "aa" (did you mean "a"?)$' &&
    refused 's/rate: [0-9a-zA-Z]*\/s/rate: 0bit\/s/' '"0bit/s" is no possible rate: 100bit/s to ' &&
    refused "s/{at: 0s, host: a, connect/$late/" 'a loop in time: this begins "c"'
check "a host, a rate, a loop in time" $?
awk 'BEGIN { print "schema: 1\nname: many\nseed: 1\nuntil: 1s\nhosts:"
             for (i = 0; i < 9000; i++) printf "  h%d: {addr: 10.0.%d.%d/16}\n", i, i / 250, i % 250 + 1
             print "links: []\ntimeline: []\nexpect:\n  - {id: whole, streams: accounted}" }' >"$dir/many.yaml"
"$seven" sim "$dir/many.yaml" 2>"$dir/errors"
[ $? -eq 2 ] && grep -q 'many.yaml:6:3: 9000 hosts, routers and switches: 8192 at most' "$dir/errors"
check "too many hosts" $?

# A mutant fails what it names: at least that, and with --exact only that. What fails beside it is told either way.
sed 's/fails: \[whole, dirty\]/fails: [whole]/' scenarios/lossy-bulk.yaml >"$dir/less.yaml"
"$seven" sim "$dir/less.yaml" --mutant no-checksum --exact >"$dir/less"
[ $? -eq 1 ] && grep -q '^    beside what it names: dirty ' "$dir/less"
check "a mutant that fails more" $?
"$seven" sim "$dir/less.yaml" --mutant no-checksum >"$dir/less" &&
    grep -q '^    beside what it names: dirty ' "$dir/less"
check "a mutant that fails more, without --exact" $?
sed 's/fails: \[whole, dirty\]/fails: [whole, dirty, fast]/' scenarios/lossy-bulk.yaml >"$dir/more.yaml"
"$seven" sim "$dir/more.yaml" --mutant no-checksum >"$dir/more"
[ $? -eq 1 ] && grep -q '^    fast should fail, and passed ' "$dir/more"
check "a mutant that fails less" $?
sed 's/fails: \[whole, dirty\]/fails: [whole], may: [dirty]/' scenarios/lossy-bulk.yaml >"$dir/may.yaml"
"$seven" sim "$dir/may.yaml" --mutant no-checksum --exact >/dev/null
check "a mutant that may fail more" $?

# Many seeds, one line to replay each that fails; a failure shrinks to what matters, and the small file fails alike.
"$seven" sim scenarios/figure-12.yaml --runs 8 --jobs 2 | grep -q '8 seeds from 1, 0 failed'
check "--runs" $?
"$seven" sim scenarios/figure-12.yaml --runs 2 --drop 'FIN from b' >"$dir/runs"
[ $? -eq 1 ] && grep -q 'replay: seven sim scenarios/figure-12.yaml --seed 2' "$dir/runs"
check "a replay line" $?
"$seven" sim scenarios/figure-6.yaml --drop 'FIN from a' --shrink >"$dir/small.yaml"
"$seven" sim "$dir/small.yaml" >/dev/null
[ $? -eq 1 ] && grep -q 'drop: "FIN from a"' "$dir/small.yaml" && [ "$(wc -l <"$dir/small.yaml")" -lt 20 ]
check "--shrink" $?
"$seven" sim --random --seed 1 --runs 30 --jobs 2 >"$dir/random" &&
    tail -n 1 "$dir/random" | grep -q '^30 passed, 0 failed$'
check "random worlds" $?
[ $failed -eq 0 ] || cat "$dir/random"

if command -v tshark >/dev/null; then
    "$seven" sim scenarios/figure-8.yaml --no-mutants -w "$dir/frames.pcapng" >/dev/null &&
        tshark -r "$dir/frames.pcapng" -o tcp.relative_sequence_numbers:FALSE -T fields -e tcp.flags.str \
            -e tcp.seq 2>/dev/null |
        grep -q "R.*[^0-9]91$"
    check "pcapng" $?
else
    echo "skip: no tshark to read the capture"
    skipped=$((skipped + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
