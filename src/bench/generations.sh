#!/usr/bin/env bash
# Samples per second that a job calibrates which publishes version after version from a stream that never lacks samples:
# the bundled ResNet-14, 256 images of noise for each version. First one version after the other, then two at once, for as
# many services as --rounds says, in turn. Prints a line of JSON each, with the processors that the service kept busy; then
# the ratio of the medians, and the greatest one that is possible: the machine's processors by those that one version
# after the other keeps busy. The exit code is 1 if the ratio is below 1.3 and below nine tenths of the greatest.
#
#     src/bench/generations.sh [--rounds N] [--versions N] [--threads N]
#
# The default is 3 rounds of 20 versions, of which the first eight do not count (the JVM still compiles), with one compute
# thread for each processor (0). PORT as for kill.sh.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

rounds=3 versions=20 threads=0 samples=256 uncounted=8
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --rounds) rounds=$2 ;;
    --versions) versions=$2 ;;
    --threads) threads=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done
((versions > uncounted + 1)) || die "--versions $versions: expected more than $((uncounted + 1))"

built
load_built
bench_service

# published ID VERSION: waits for a version, ten minutes at most; prints when it was published, in seconds.
published() {
  local end=$((SECONDS + 600)) at
  until at=$(job "$1" | sed -n 's/.*{"version":'"$2"',[^}]*"published":"\([^"]*\)".*/\1/p') && [[ -n $at ]]; do
    ((SECONDS < end)) || die "version $2 is not published: $(job "$1")"
    sleep 1 # the time is in the answer; a poll takes processor time
  done
  date -d "$at" +%s.%N
}

# measured AT_ONCE: prints the samples per second of a new service.
measured() {
  local id feeding from end cpu before
  rm -rf "$folder/state"
  printf 'halfstep.service { jobs { versions-at-once = %d, threads = %d, keep-versions = 0 }, publish.margin-db = 999 }\n' \
    "$1" "$threads" >"$folder/service.conf"
  serve serve >/dev/null
  id=$(halfstep submit "$examples/resnet14.onnx" --name net --samples "$samples" --versions 0 --normalize "$normalize" \
    2>/dev/null)
  until curl -sf "$HALFSTEP_URL/v2/models/net/ready" >/dev/null; do sleep 0.05; done
  (exec java -XX:+UseSerialGC -cp "$root/target/bench" io.halfstep.cli.Load "$port" net image 32,1,28,28 1 3600 20) \
    >/dev/null &
  feeding=$!
  from=$(published "$id" "$uncounted")
  before=$(processor)
  end=$(published "$id" "$versions")
  cpu=$(processor)
  kill -TERM "$service"
  wait "$service" || true
  service=
  kill "$feeding" 2>/dev/null || true
  wait "$feeding" 2>/dev/null || true
  printf '%s %s\n' "$(calculate "($versions - $uncounted) * $samples / ($end - $from)")" \
    "$(calculate "($cpu - $before) / ($end - $from)")"
}

# processor: prints the processor seconds that the service has taken.
processor() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$service/stat"; }

for ((round = 1; round <= rounds; round++)); do
  for at_once in 1 2; do
    read -r rate processors <<<"$(measured "$at_once")"
    echo "$rate" >>"$folder/rates.$at_once"
    echo "$processors" >>"$folder/processors.$at_once"
    printf '{"versions_at_once": %d, "samples_per_s": %.1f, "processors": %.2f}\n' "$at_once" "$rate" "$processors"
  done
done
ratio=$(calculate "$(median <"$folder/rates.2") / $(median <"$folder/rates.1")")
greatest=$(calculate "$(nproc) / $(median <"$folder/processors.1")")
printf '{"ratio": %.2f, "greatest": %.2f}\n' "$ratio" "$greatest"
holds "$ratio >= 1.3 || $ratio >= 0.9 * $greatest"
