#!/usr/bin/env bash
# A job that publishes version after version: streams images of 600 kB through a small network, 64 for each version,
# as fast as they are answered, with roll backs meanwhile. At intervals it prints as JSON: the disk in MB by part; the
# heap after a collection, and the resident memory outside the heap, both in MiB; threads; open files. At the end: the
# slope of each per hour over the second half, and how many times the stream was as large as the disk it was allowed.
# The exit code is 1 if the job took more disk than service.md states, or no version was published in an interval.
#
#     src/bench/forever.sh [MINUTES]
#
# The default is 30 minutes. PORT as for kill.sh.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

case ${1:-30} in
  -h | --help) usage; exit ;;
  *[!0-9]* | '') die "$1: expected a number of minutes; see --help" ;;
esac
minutes=${1:-30} samples=64 image=602112 keep=10 journal=64 heap=512 # MB; see service.md; MiB

built
load_built
bench_service
echo "halfstep.service.jobs.keep-versions = $keep" >"$folder/service.conf"
serve serve "-Xms${heap}m" "-Xmx${heap}m" -XX:+AlwaysPreTouch # the heap is always resident
large_model "$folder/large.onnx"
id=$(halfstep submit "$folder/large.onnx" --name large --samples "$samples" --versions 0)
until curl -sf "$HALFSTEP_URL/v2/models/large/ready" >/dev/null; do sleep 0.05; done
files=$folder/state/jobs/$id

load large image 1,3,224,224 2 $((minutes * 60)) 0 >"$folder/outcome" &
load=$!
interval=$((minutes * 60 / 20)) start=$SECONDS before=0 fewer=0
: >"$folder/figures"
while ((SECONDS + interval < start + minutes * 60)); do
  sleep "$interval"
  version=$(newest "$id")
  jcmd "$service" GC.run >/dev/null
  figures=("$(mb "$files/samples")" "$(mb "$files/versions")" "$(mb "$files/checkpoints" "$files/spool")"
    "$(mb "$folder/state/journal.mv.db")" "$(mb "$files")"
    "$(metric 'jvm_memory_used_bytes.area="heap"' 1048576)"
    "$(calculate "$(metric halfstep_resident_memory_bytes 1048576) - $heap")"
    "$(metric jvm_threads_live_threads 1)" "$(metric process_files_open_files 1)")
  echo "$((SECONDS - start)) ${figures[*]}" >>"$folder/figures"
  printf '{"seconds": %d, "version": %d, "log": %s, "versions": %s, "checkpoints": %s, "journal": %s, "job": %s, ' \
    "$((SECONDS - start))" "$version" "${figures[@]:0:5}"
  printf '"heap": %s, "outside": %s, "threads": %.0f, "files": %.0f}\n' "${figures[@]:5}"
  ((version > before)) || fewer=$((fewer + 1))
  before=$version
  curl -sf -X POST -H 'Halfstep-Client: bench' "$HALFSTEP_URL/jobs/$id/rollback" >/dev/null || true
done
wait "$load"
version=$(newest "$id")
files_of_version=$(du -sB1 "$files/versions/$version" | cut -f1)
# As service.md states it, with 1 MB for checkpoints and the uploaded model.
bound=$(calculate "($samples * $image * 1.01 + 64 * 1048576 + ($keep + 2) * $files_of_version + 1e6) / 1e6")
kill -TERM "$service"
wait "$service" || die "exit code $? of the service after SIGTERM"
service=
awk -v bound="$bound" -v journal="$journal" -v fewer="$fewer" -v stream="$(calculate "$version * $samples * $image / 1e6")" '
  { t[NR] = $1; for (i = 2; i <= 10; i++) { x[NR, i] = $i; if ($i > most[i]) most[i] = $i } }
  function slope(i,   r, n, st, sx, stt, stx) {
    for (r = int(NR / 2) + 1; r <= NR; r++) { n++; st += t[r]; sx += x[r, i]; stt += t[r]^2; stx += t[r] * x[r, i] }
    return (n * stx - st * sx) / (n * stt - st^2) * 3600
  }
  END {
    printf "{\"per_hour\": {\"log\": %.1f, \"versions\": %.2f, \"checkpoints\": %.2f, \"journal\": %.1f, \"job\": %.1f, ",
      slope(2), slope(3), slope(4), slope(5), slope(6)
    printf "\"heap\": %.2f, \"outside\": %.2f, \"threads\": %.1f, \"files\": %.1f}, ", slope(7), slope(8), slope(9), slope(10)
    printf "\"most_job\": %.1f, \"bound\": %.1f, \"most_journal\": %.1f, \"stream\": %.0f, \"times\": %.1f, \"intervals_without_version\": %d}\n",
      most[6], bound, most[5], stream, stream / bound, fewer
    exit most[6] > bound || most[5] > journal || fewer > 0
  }' "$folder/figures"
