#!/usr/bin/env bash
# SIGKILL at random moments: calibrates the bundled ResNet-14 once without kills, and then while the service
# is killed and restarted N times, also while samples arrive. Every result must equal that of the undisturbed
# run byte for byte, from the same number of samples. Prints a JSON line for each kill, with the state of the
# job, and one at the end.
#
#     src/bench/kill.sh [--kills N] [--samples N] [--seed N] [--journal JDBC-URL]
#
# The default is 20 kills, 512 samples, seed 1, and the embedded journal; for another one, PGUSER names the
# user. The service listens on PORT (8650). The exit code is 1 if a result differs.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

kills=20 samples=512 seed=1 journal=
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --kills) kills=$2 ;;
    --samples) samples=$2 ;;
    --seed) seed=$2 ;;
    --journal) journal=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done

built
bench_service
cat >"$folder/service.conf" <<END
halfstep.service.jobs.checkpoint-every = 300 ms
halfstep.service.journal.url = "$journal"
halfstep.service.journal.user = "${PGUSER:-}"
END
RANDOM=$seed
data=$examples/calibration.npz

fetch() { # ID: its published model and encodings, as $folder/ID.onnx and $folder/ID.json
  curl -sf "$HALFSTEP_URL/jobs/$1/versions/latest/model" -o "$folder/$1.onnx"
  curl -sf "$HALFSTEP_URL/jobs/$1/versions/latest/encodings" -o "$folder/$1.json"
}

serve serve
quiet=$(submitted quiet "$samples")
start=$EPOCHREALTIME
halfstep feed "$quiet" --data "$data" >/dev/null
completed "$quiet"
seconds=$(calculate "$EPOCHREALTIME - $start")
fetch "$quiet"

killed=0 runs=0 different=0
while ((killed < kills)); do
  runs=$((runs + 1))
  id=$(submitted "run$runs" "$samples")
  halfstep feed "$id" --data "$data" >"$folder/feed.log" 2>&1 &
  feeder=$!
  while ((killed < kills)); do
    # At any time within the duration of an undisturbed run, but more often early, since work after a
    # checkpoint is repeated.
    sleep "$(calculate "$seconds * ($RANDOM / 32768) ^ 2")"
    state=$(job "$id")
    [[ $state != *'"status":"completed"'* ]] || break
    kill -9 "$service"
    wait "$service" 2>/dev/null || true
    killed=$((killed + 1))
    printf '{"kill": %d, "run": %d, "collected": %s, "status": %s, "pass": %s, "share": %s}\n' \
      "$killed" "$runs" "$(field collected "$state")" "$(field status "$state")" \
      "$(field pass "$state" || echo null)" "$(field share "$state" || echo null)"
    serve serve
  done
  wait "$feeder" || { cat "$folder/feed.log" >&2; die "feeding $id failed"; }
  completed "$id"
  fetch "$id"
  state=$(job "$id")
  taken=$(field samples "${state#*\"versions\"}")
  if [[ $taken != "$samples" ]] || ! cmp -s "$folder/$id.onnx" "$folder/$quiet.onnx" ||
    ! cmp -s "$folder/$id.json" "$folder/$quiet.json"; then
    say "run $runs: differs from the undisturbed one, or has $taken samples"
    different=$((different + 1))
  fi
done
kill -TERM "$service"
wait "$service" || die "exit code $? of the service after SIGTERM"
service=
printf '{"kills": %d, "runs": %d, "samples": %d, "undisturbed_s": %.1f, "refused_checkpoints": %d, "different": %d}\n' \
  "$killed" "$runs" "$samples" "$seconds" "$(grep -c 'is not used' "$folder/serve.log" || true)" "$different"
[[ $different == 0 ]]
