#!/usr/bin/env bash
# Overload: offers samples over 64 connections as fast as they are answered, a multiple of what the service can
# store, for a minute, with 256 MiB of heap. Prints one JSON line: the samples offered, acknowledged and
# refused, the time until acknowledgement, and the service's resident size in each quarter. The service is then
# killed and restarted; every acknowledged sample must be there. The exit code is 1 if one is missing.
#
#     src/bench/overload.sh [--seconds N] [--queue SIZE]
#
# SIZE limits the samples that wait to be written (256 KiB): with a smaller one more are refused. PORT as for
# kill.sh. Linux only.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

seconds=60 queue="256 KiB"
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --seconds) seconds=$2 ;;
    --queue) queue=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done

built
load_built
bench_service
echo "halfstep.service.intake.queue-bytes = $queue" >"$folder/service.conf"
serve serve -Xmx256m
id=$(submitted flooded 1000000)

while sleep 1 && [[ -r /proc/$service/status ]]; do
  awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$service/status"
done >"$folder/rss" 2>/dev/null &
sampler=$!
outcome=$(load flooded image 64,1,28,28 64 "$seconds" 0)
kill "$sampler"
state=$(job "$id")
rss=$(awk '{ r[NR] = $1 } END { for (i = 1; i <= NR; i++) { q = int((i - 1) * 4 / NR); if (r[i] > m[q]) m[q] = r[i] }
  printf "[%d, %d, %d, %d]", m[0], m[1], m[2], m[3] }' "$folder/rss")
kill -9 "$service"
wait "$service" 2>/dev/null || true
serve serve -Xmx256m
until [[ $(job "$id") == *'"collected":'[1-9]* ]]; do sleep 0.1; done
stored=$(field collected "$(job "$id")")

printf '{"load": %s, "taken": %s, "refused_by_service": %s, "stored_after_kill": %s, "rss_mib_by_quarter": %s}\n' \
  "$outcome" "$(field taken "$state")" "$(field overloaded "$state")" "$stored" "$rss"
acknowledged=$(field acknowledged "$outcome")
[[ $(field taken "$state") == "${acknowledged# }" && $stored == "${acknowledged# }" ]]
