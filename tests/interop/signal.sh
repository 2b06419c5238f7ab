# SPDX-License-Identifier: BSD-2-Clause
# seven signal: tshark reads what was decoded, a frame passes every code, real captures give their frames,
# bad captures are told as such. (Two processes on one cable: cable.sh.)
. "$(dirname "$0")/lib.sh"
need tshark python3
enter "$@"

ARP=ffffffffffff02000000000108060001080006040001020000000001 # who has 10.0.0.2? tell 10.0.0.1
ARP=${ARP}0a0000010000000000000a000002
for code in 10base-t 100base-tx 1000base-x 10gbase-r pam4; do
    "$SEVEN" signal --encode $ARP --code $code --samples 8 -w "$WORK/wave.f32.gz" 2>"$WORK/signal.log" ||
        fail "$code: encode"
    "$SEVEN" signal --decode "$WORK/wave.f32.gz" -w "$WORK/$code.pcapng" >"$WORK/signal.log" 2>&1 ||
        fail "$code: decode without being told anything"
    is "$code, found" "$(sed -n 's/^code *\([^ ]*\) .*found$/\1/p' "$WORK/signal.log")" $code
    is "$code: tshark reads the frame" "$(tshark -r "$WORK/$code.pcapng" -T fields -e arp.dst.proto_ipv4 2>/dev/null)" \
        10.0.0.2
done

# The pair turned over, an offset, another amplitude, CSV with times.
"$SEVEN" signal --encode $ARP --code 1000base-x --samples 8 --format csv >"$WORK/up.csv" || fail "CSV"
awk -F, 'NR > 1 { print $1 "," 0.7 - $2 / 9 }' "$WORK/up.csv" >"$WORK/down.csv"
"$SEVEN" signal --decode "$WORK/down.csv" -j >"$WORK/down.json" || fail "inverted 1000base-x"
is "inversion is told" "$(python3 -c 'import json, sys; f = json.load(open(sys.argv[1]))
print(f["code"], f["inverted"], f["event"])' "$WORK/down.json")" "1000base-x True frame"

# Pictures are well-formed, and wrong decisions carry a mark besides their colour.
"$SEVEN" signal --encode $ARP --code 10base-t --cable length=90m,snr=10dB,seed=3 --svg "$WORK/a.svg" \
    --eye "$WORK/e.svg" 2>"$WORK/signal.log" || fail "pictures"
python3 -c 'import sys, xml.dom.minidom as x; [x.parse(f) for f in sys.argv[1:]]' "$WORK/a.svg" "$WORK/e.svg" ||
    fail "SVG that is no XML"
grep -q 'path class="x"' "$WORK/a.svg" && grep -q 'class="wrong"' "$WORK/a.svg" || fail "no mark on wrong symbols"
grep -q 'height .* % at 3 sigma, width .* Q ' "$WORK/e.svg" || fail "the eye's numbers"
ok "pictures"

# Bad captures: what was found is said, exit 1.
refused() { # NAME WORDS
    "$SEVEN" signal --decode "$WORK/$1" >"$WORK/out" 2>"$WORK/signal.log"
    is "$1: exit status" $? 1
    grep -q "$2" "$WORK/signal.log" || fail "$1: $(cat "$WORK/signal.log")"
    ok "$1: $2"
}
: >"$WORK/empty"
head -c 1001 "$WORK/wave.f32.gz" >"$WORK/cut.gz"
python3 - "$WORK" <<'END'
import random
import struct
import sys
random.seed(1)
wave = {"constant": [1.5] * 5000, "nan": [float("nan")] * 5000, "noise": [random.gauss(0, 1) for _ in range(20000)]}
wave["clipped"] = [max(-0.5, min(0.5, v)) for v in wave["noise"]]
for name, volts in wave.items():
    open(sys.argv[1] + "/" + name, "wb").write(struct.pack(f"<{len(volts)}f", *volts))
END
refused empty "no samples"
refused cut.gz truncated
refused constant "constant: all 5000 samples are 1.5 V"
refused nan "not numbers"
refused noise "no frame found"
refused clipped "perhaps clipped"

# Times that no instrument has are no times: the rate is found as if there were none.
awk -F, 'NR > 1 { printf "%g,%s\n", (NR - 2) * 1e-30, $2 }' "$WORK/up.csv" >"$WORK/mad.csv"
"$SEVEN" signal --decode "$WORK/mad.csv" >"$WORK/signal.log" 2>&1 || fail "absurd times: $(cat "$WORK/signal.log")"
ok "a CSV whose times are absurd"

# Real oscilloscopes.
waves=${SEVEN_SOURCE_ROOT:-.}/../shared/data/waveforms
frames() { # WANTED FILE [--minus FILE]
    local wanted=$1
    shift
    "$SEVEN" signal --decode "$@" >"$WORK/signal.log" 2>&1 || fail "$1"
    is "$(basename "$1")" "$(sed -n 's/^frames *//p' "$WORK/signal.log" | cut -d, -f1,2,3,4)" \
        "$wanted good, 0 bad FCS, 0 symbol errors, 0 false carriers"
}
if [ -d "$waves" ]; then
    for pair in 1 2; do
        frames 1 "$waves/10base-t/waveform_${pair}_leg_1.f32.gz" --minus "$waves/10base-t/waveform_${pair}_leg_2.f32.gz"
    done
    frames 1 "$waves/10base-t/inverted_tektronix.csv.gz"
    frames 1 "$waves/100base-tx/500MSps.f32.gz"
    frames 2 "$waves/1000base-x/upright_leg.f32.gz"
    frames 1 "$waves/10gbase-r/waveform_1.f32.gz"
else
    echo "skip: $NAME: no captures beside the tree"
fi
