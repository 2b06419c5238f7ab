#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An ordinary user without any right: seven private with a device in it, the whole demo.
. "$(dirname "$0")/lib.sh"
need setpriv curl python3
SEVEN=$(readlink -f "$SEVEN")
[ -x "$SEVEN" ] || skip "no program at $SEVEN; set SEVEN"
begin
if [ "$(id -u)" -eq 0 ]; then
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all env -u XDG_RUNTIME_DIR
        "SEVEN_RUNTIME_DIR=$WORK/home/run" "HOME=$WORK/home")
    mkdir -p "$WORK/home/run"
    chmod 755 "$WORK"
    # The build may lie where only root may look.
    cp "$SEVEN" "$WORK/home/seven"
    for library in "$(dirname "$SEVEN")"/libseven*.so.?; do
        [ -e "$library" ] && cp -L "$library" "$WORK/home/"
    done
    chown -R 65534:65534 "$WORK/home"
    chmod 700 "$WORK/home/run"
    user+=("LD_LIBRARY_PATH=$WORK/home")
    SEVEN=$WORK/home/seven
else
    mkdir "$WORK/home"
    user=(env)
fi
cd "$WORK/home" || exit 1
why=$("${user[@]}" "$SEVEN" private -- true 2>&1) || skip "$why"
is "seven private gives the command's status" "$("${user[@]}" "$SEVEN" private -- sh -c 'exit 7'; echo $?)" 7
"${user[@]}" timeout 20 "$SEVEN" private -- "$SEVEN" ping -c 2 -i 200ms 10.7.0.1 >"$WORK/ping.log" 2>&1 ||
    fail "seven ping in there: exit $?"
ok "seven ping in there: $(grep received "$WORK/ping.log")"
timeout 90 "${user[@]}" "$SEVEN" demo >"$WORK/demo.log" 2>&1 ||
    fail "seven demo: exit $?: $(grep -v "^ " "$WORK/demo.log" | tail -n 12)"
is "seven demo: both files equal" "$(grep -c 'sha256 equal' "$WORK/demo.log")" 2
