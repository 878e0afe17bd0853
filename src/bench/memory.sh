#!/usr/bin/env bash
# Many images in little memory: quantizes the bundled ResNet-14 from 20 000 images and prints one JSON
# line: seconds, the peak resident size, the peak in each quarter of the run (constant once the
# virtual machine is warm), the peak size of the spool files, and the total bytes spooled.
#
#     src/bench/memory.sh [--images N] [OPTION OF quantize]...
#
# N is a multiple of 10 000. HEAP and OFF_HEAP (512m each by default) limit the memory. Linux only.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

images=20000 heap=${HEAP:-512m} off_heap=${OFF_HEAP:-512m}
case ${1:-} in
  -h | --help) usage; exit ;;
  --images) images=$2; shift 2 ;;
esac
[[ -r /proc/self/status ]] || die "needs /proc, where Linux tells the memory of a process"
((images >= 10000 && images % 10000 == 0)) || die "--images $images: expected a multiple of 10000"

data=()
for ((i = 0; i < images; i += 10000)); do data+=(--data "$examples/test.npz:images"); done
built
scratch
mkdir "$folder/spool"

start=$EPOCHREALTIME
HALFSTEP_OPTS="-Xmx$heap -XX:MaxDirectMemorySize=$off_heap -Dorg.bytedeco.javacpp.maxbytes=$off_heap" \
  "$root/halfstep" quantize "$examples/resnet14.onnx" "${data[@]}" --normalize "$normalize" \
  --spool-dir "$folder/spool" --out "$folder/out.onnx" --quiet "$@" &
process=$!
# The spool files have no names; their size shows in the free space of the file system.
free() { df --output=avail -k "$folder/spool" | tail -n 1; }
free_before=$(free)
while kill -0 "$process" 2>/dev/null; do
  rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$process/status" 2>/dev/null) || rss=
  written=$(awk '/^wchar/ { print $2 }' "/proc/$process/io" 2>/dev/null) || written=
  [[ -z $rss || -z $written ]] || printf '%s %s %s\n' "$rss" "$written" "$((free_before - $(free)))"
  sleep 0.5
done >"$folder/samples"
wait "$process"

LC_ALL=C awk -v seconds="$(calculate "$EPOCHREALTIME - $start")" -v images="$images" \
  -v heap="$heap" -v off_heap="$off_heap" '
  { rss[NR] = $1; written = $2; if ($3 > disk) disk = $3 }
  END {
    for (i = 1; i <= NR; i++) {
      q = int((i - 1) * 4 / NR)
      if (rss[i] > quarter[q]) quarter[q] = rss[i]
      if (rss[i] > peak) peak = rss[i]
    }
    printf "{\"images\": %d, \"heap\": \"%s\", \"off_heap\": \"%s\", ", images, heap, off_heap
    printf "\"seconds\": %.1f, \"peak_rss_mib\": %d, ", seconds, peak / 1024
    printf "\"rss_mib_by_quarter\": [%d, %d, %d, %d], ", \
      quarter[0] / 1024, quarter[1] / 1024, quarter[2] / 1024, quarter[3] / 1024
    printf "\"peak_disk_mib\": %d, \"written_mib\": %d}\n", disk / 1024, written / 1048576
  }' "$folder/samples"
