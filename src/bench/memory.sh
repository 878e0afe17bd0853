#!/usr/bin/env bash
# Quantizes the bundled ResNet-14 from many images in little memory and prints one JSON line:
#   src/bench/memory.sh [SETS]      SETS × 10 000 images, 2 by default
# seconds, the largest resident size, the largest in each quarter of the run (flat, but for the
# virtual machine's warming up), and the bytes that went to the spool files and the result.
# HEAP and OFF_HEAP (512m each by default) limit the memory; further arguments go to 'quantize'.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
examples=$root/src/examples/fashion-mnist
sets=${1:-2}
[[ $# -eq 0 ]] || shift
heap=${HEAP:-512m}
off_heap=${OFF_HEAP:-512m}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$root/halfstep" --version >/dev/null # builds, if need be
data=()
for ((i = 0; i < sets; i++)); do data+=(--data "$examples/test.npz:images"); done

start=$(date +%s.%N)
HALFSTEP_OPTS="-Xmx$heap -XX:MaxDirectMemorySize=$off_heap -Dorg.bytedeco.javacpp.maxbytes=$off_heap" \
  "$root/halfstep" quantize "$examples/resnet14.onnx" "${data[@]}" \
  --normalize mean=0.2860,std=0.3530,scale=255 --spool-dir "$folder" \
  --out "$folder/out.onnx" --quiet "$@" &
pid=$!
written=0
: >"$folder/rss"
while kill -0 "$pid" 2>/dev/null; do
  awk '/^VmRSS/ {print $2}' "/proc/$pid/status" 2>/dev/null >>"$folder/rss" || true
  written=$(awk '/^wchar/ {print $2}' "/proc/$pid/io" 2>/dev/null || true)
  last=${written:-${last:-0}}
  sleep 0.25
done
wait "$pid"

awk -v start="$start" -v end="$(date +%s.%N)" -v images=$((sets * 10000)) -v written="${last:-0}" \
  -v heap="$heap" -v off_heap="$off_heap" '
  { rss[NR] = $1 }
  END {
    for (i = 1; i <= NR; i++) {
      q = int((i - 1) * 4 / NR)
      if (rss[i] > quarter[q]) quarter[q] = rss[i]
      if (rss[i] > peak) peak = rss[i]
    }
    printf "{\"images\": %d, \"heap\": \"%s\", \"off_heap\": \"%s\", \"seconds\": %.1f, ", \
      images, heap, off_heap, end - start
    printf "\"peak_rss_mib\": %d, \"rss_mib_by_quarter\": [%d, %d, %d, %d], \"written_mib\": %d}\n", \
      peak / 1024, quarter[0] / 1024, quarter[1] / 1024, quarter[2] / 1024, quarter[3] / 1024, \
      written / 1048576
  }' "$folder/rss"
