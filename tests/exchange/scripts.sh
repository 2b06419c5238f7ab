#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# scripts.sh EXCHANGE SEVEN: the conversations written as packet scripts pass in `seven drill`, every one.
set -eu
exchange=$1 seven=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/rfc" "$folder/modern" "$folder/linux" "$folder/tiny"
"$exchange" --scripts "$folder" >"$folder/said"
cat "$folder/said"
written=$(sed -n '1s/.* \([0-9]*\) written/\1/p' "$folder/said")
passed=0
for profile in rfc modern linux tiny; do
    [ -n "$(ls "$folder/$profile")" ] || continue
    "$seven" drill --strict -q --profile "$profile" "$folder/$profile" >"$folder/played" || {
        cat "$folder/played"
        exit 1
    }
    tail -n 1 "$folder/played"
    passed=$((passed + $(tail -n 1 "$folder/played" | sed 's/ passed.*//')))
done
echo "$written written, $passed passed"
[ "$written" -gt 370 ] && [ "$written" -eq "$passed" ]
