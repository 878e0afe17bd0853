#!/usr/bin/env bash
# The peak memory of quantize, beside the one that 'inspect --data' expects, on networks that need much.
# Exits with 1 if the peak is more than 30 % above the expectation, or less than half of it.
#
#     src/bench/peak.sh [text [LINES]] [wide [BLOCKS]] [resnet18 [IMAGES]] [-- OPTION OF quantize…]
#
#     text      an 11 MB recognizer of lines of text, 256 of them; the batches between its layers need the memory
#     wide      72 layers of 2048 × 2048, 1.2 GB of external data, 32 samples; the weights need the memory
#     resnet18  1024 images of 224 × 224, 4 bits, --learn blocks; only if named. The bound is 8 GiB
#     OPTION    for quantize and inspect alike, such as --effort fast
#
# The heap is not limited. Linux only.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ -r /proc/self/status ]] || die "needs /proc, where Linux tells the memory of a process"
lines='' blocks='' images='' more=()
[[ $# -gt 0 ]] || lines=256 blocks=72
while [[ $# -gt 0 ]]; do
  number=''
  if [[ ${2:-} =~ ^[0-9]+$ ]]; then number=$2; fi
  case $1 in
    -h | --help) usage; exit ;;
    text) lines=${number:-256} ;;
    wide) blocks=${number:-72} ;;
    resnet18) images=${number:-1024} ;;
    --) more=("${@:2}"); break ;;
    *) die "$1: expected text, wide or resnet18" ;;
  esac
  shift $((number ? 2 : 1))
done
built
scratch
failed=

# peak NAME SOURCE…: writes a network and measures it.
peak() {
  local name=$1 options=() expected result mib
  [[ $name != wide ]] || options+=(--rounding nearest)
  [[ $name != resnet18 ]] || options+=(--learn blocks --weights 4 --activations 4)
  options+=("${more[@]}")
  java -cp "$root/src/cli/target/lib/*" "$root/src/bench/MemoryModels.java" \
    "$name" "$folder/$name.onnx" "$folder/$name.npy" "${@:2}"
  expected=$(field expected_peak "$(halfstep inspect "$folder/$name.onnx" --data "$folder/$name.npy" \
    "${options[@]}" --json)")
  result=$(halfstep quantize "$folder/$name.onnx" --data "$folder/$name.npy" \
    --out "$folder/out.onnx" "${options[@]}" --quiet --json)
  mib=$(calculate "int($(field peak_memory_bytes "$result") / 1048576)")
  printf '{"network": "%s", "expected_mib": %d, "peak_mib": %d, "seconds": %s}\n' \
    "$name" "$((expected / 1048576))" "$mib" "$(field seconds "$result")"
  holds "$mib < 1.3 * $expected / 1048576 && $mib > 0.5 * $expected / 1048576" || failed=yes
  [[ $name != resnet18 ]] || holds "$mib <= 8192" || failed=yes
  rm -f "$folder/$name".*
}

[[ -z $lines ]] || peak text "$lines"
[[ -z $blocks ]] || peak wide 32 "$blocks"
[[ -z $images ]] || peak resnet18 "$images"
[[ -z $failed ]]
