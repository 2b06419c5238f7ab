#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Instructions a segment (`small`: in windows of 16 KiB), a round trip (`rr`: 64 at once over 1,000 connections,
# `one`: alone) and a connection, under callgrind: two runs of different length, and the difference between them
# divided by the operations between them, so that opening costs nothing.
#   bench/instructions.sh [--save] [SCENARIO ...]     against bench/instructions.txt; --save writes it
# Exit status 1 when a scenario fails or costs more than 3 % above what was saved.
set -u
program=${BENCH_INSTRUCTIONS:-build/bench_instructions}
saved=bench/instructions.txt
save=no
[ "${1:-}" = --save ] && { save=yes; shift; }
command -v valgrind >/dev/null || { echo "instructions: skipped, valgrind is not installed"; exit 0; }
[ -x "$program" ] || { echo "instructions: $program is not built" >&2; exit 1; }
# libc's copies follow the processor; callgrind must see the same ones everywhere.
GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM
export GLIBC_TUNABLES

count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p; s/^instructions: /&/p; /assert/p'
}

status=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
printf '%-8s %14s %10s %8s\n' scenario instructions saved change
for scenario in ${*:-bulk small ref super rr one connect}; do
    case $scenario in
    bulk | small | ref | super) a=4000 b=12000 ;;
    *) a=2048 b=6144 ;;
    esac
    first=$(count "$scenario" $a)
    second=$(count "$scenario" $b)
    case "$first$second" in
    '' | *[!0-9]*)
        printf '%-8s FAILED: %s\n' "$scenario" "$first"
        status=1
        continue
        ;;
    esac
    each=$(awk "BEGIN { printf \"%.1f\", ($second - $first) / ($b - $a) }")
    echo "$scenario $each" >>"$out"
    old=$(awk -v s="$scenario" '$1 == s { print $2 }' "$saved" 2>/dev/null)
    if [ -n "$old" ]; then
        change=$(awk "BEGIN { printf \"%+.2f %%\", 100 * ($each / $old - 1) }")
        awk "BEGIN { exit !($each > 1.03 * $old) }" && { change="$change FAILED"; status=1; }
    else
        old=- change=-
    fi
    printf '%-8s %14s %10s %8s\n' "$scenario" "$each" "$old" "$change"
done
if [ $save = yes ] && [ $status = 0 ]; then
    cp "$out" "$saved"
    echo "saved in $saved"
fi
exit $status
