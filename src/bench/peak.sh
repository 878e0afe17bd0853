#!/usr/bin/env bash
# The peak memory of quantize, beside the one that 'inspect --data' expects, on two networks that need much.
# Exits with 1 if the peak is more than 30 % above the expectation, or less than half of it.
#
#     src/bench/peak.sh [text [LINES]] [wide [BLOCKS]]
#
#     text   an 11 MB recognizer of lines of text, 256 of them; the batches between its layers need the memory
#     wide   72 layers of 2048 × 2048, 1.2 GB of external data, 32 samples; the weights need the memory
#
# The heap is not limited. Linux only.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -r /proc/self/status ]] || die "needs /proc, where Linux tells the memory of a process"
lines='' blocks=''
[[ $# -gt 0 ]] || lines=256 blocks=72
while [[ $# -gt 0 ]]; do
  number=''
  if [[ ${2:-} =~ ^[0-9]+$ ]]; then number=$2; fi
  case $1 in
    -h | --help) usage; exit ;;
    text) lines=${number:-256} ;;
    wide) blocks=${number:-72} ;;
    *) die "$1: expected text or wide" ;;
  esac
  shift $((number ? 2 : 1))
done
built
scratch
failed=

# peak NAME SOURCE…: writes a network and measures it.
peak() {
  local name=$1 options=(--quiet --json) expected result mib
  [[ $name == text ]] || options+=(--rounding nearest)
  java -cp "$root/src/cli/target/lib/*" "$root/src/bench/MemoryModels.java" \
    "$name" "$folder/$name.onnx" "$folder/$name.npy" "${@:2}"
  expected=$(field expected_peak "$(halfstep inspect "$folder/$name.onnx" --data "$folder/$name.npy" --json)")
  result=$(halfstep quantize "$folder/$name.onnx" --data "$folder/$name.npy" \
    --out "$folder/out.onnx" "${options[@]}")
  mib=$(calculate "int($(field peak_memory_bytes "$result") / 1048576)")
  printf '{"network": "%s", "expected_mib": %d, "peak_mib": %d, "seconds": %s}\n' \
    "$name" "$((expected / 1048576))" "$mib" "$(field seconds "$result")"
  holds "$mib < 1.3 * $expected / 1048576 && $mib > 0.5 * $expected / 1048576" || failed=yes
  rm -f "$folder/$name".*
}

[[ -z $lines ]] || peak text "$lines"
[[ -z $blocks ]] || peak wide 32 "$blocks"
[[ -z $failed ]]
