#!/usr/bin/env bash
# What a service needs for a job, by the size of its model: prints a table of the most memory in the heap (after
# collections) and outside it, of the job's largest disk, and of samples per second on one core and on two. Each
# measurement is a service of its own with a job of 4 bits for two versions: the first one shows the memory, and the time
# from its publication to that of the second one the rate.
#
#     src/bench/sizing.sh [NETWORK[:SAMPLES]]…
#
#     NETWORK  resnet14 and mobilenetv2 (the bundled ones, 1024 samples for each version), text (11 MB, two transformer
#              blocks; 64 samples), resnet18 (47 MB, 3 × 224 × 224; 64 samples); default: all
#
# HEAP limits the heap, in MiB (2048). PORT as for kill.sh. Linux only, with taskset.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

case ${1:-} in -h | --help) usage; exit ;; esac
[[ $# -gt 0 ]] || set -- resnet14 mobilenetv2 text resnet18
heap=${HEAP:-2048}
built
bench_service

# prepared NETWORK SAMPLES: sets $model, $data, $options.
prepared() {
  options=()
  case $1 in
    resnet14 | mobilenetv2)
      model=$examples/$1.onnx data=$examples/calibration.npz options=(--normalize "$normalize")
      ;;
    text | resnet18)
      model=$folder/$1.onnx data=$folder/$1.npy options=(--with "$folder/$1.onnx.data")
      [[ -f $model ]] || java -cp "$root/src/cli/target/lib/*" "$root/src/bench/MemoryModels.java" \
        "$1" "$model" "$data" "$2"
      ;;
    *) die "$1: expected resnet14, mobilenetv2, text or resnet18" ;;
  esac
}

greater() { calculate "(($1 > $2) ? $1 : $2)"; }

# published ID VERSION: waits until it is.
published() {
  until (($(newest "$1") >= $2)); do
    [[ $(job "$1") != *'"status":"failed"'* ]] || die "failed: $(job "$1")"
    most_disk=$(greater "$most_disk" "$(mb "$folder/state/jobs/$1")")
    if (($2 == 1)); then
      jcmd "$service" GC.run >/dev/null
      most_heap=$(greater "$most_heap" "$(metric 'jvm_memory_used_bytes.area="heap"' 1048576)")
    fi
    sleep 0.2
  done
}

# measured NETWORK SAMPLES CORES: sets $rate, $most_disk, $most_heap and $outside.
measured() {
  local id start
  most_disk=0 most_heap=0
  rm -rf "$folder/state"
  taskset -pc "0-$(($3 - 1))" "$BASHPID" >/dev/null # inherited by the service
  serve serve "-Xms${heap}m" "-Xmx${heap}m" -XX:+AlwaysPreTouch
  id=$(halfstep submit "$model" --name "$1" --samples "$2" --versions 2 "${options[@]}" --quiet)
  until curl -sf "$HALFSTEP_URL/v2/models/$1/ready" >/dev/null; do sleep 0.05; done
  for version in 1 2; do
    halfstep feed "$id" --data "$data" --samples "$2" --producer "$version" >/dev/null 2>&1
  done
  published "$id" 1
  start=$EPOCHREALTIME
  published "$id" 2
  rate=$(calculate "$2 / ($EPOCHREALTIME - $start)")
  outside=$(awk -v heap="$heap" '/^VmHWM/ { print int($2 / 1024) - heap }' "/proc/$service/status")
  kill -TERM "$service"
  wait "$service" || die "exit code $? of the service after SIGTERM"
  service=
}

echo '| network | file | samples | heap | outside the heap | disk | samples/s, 1 core | 2 cores |'
echo '|---|---|---|---|---|---|---|---|'
for each in "$@"; do
  network=${each%%:*} samples=${each#"$network"} samples=${samples#:}
  if [[ -z $samples ]]; then
    samples=64
    [[ $network == text || $network == resnet18 ]] || samples=1024
  fi
  prepared "$network" "$samples"
  measured "$network" "$samples" 1
  single=$rate
  measured "$network" "$samples" 2
  LC_ALL=C printf '| %s | %.1f MB | %d | %.0f MiB | %.0f MiB | %.0f MB | %.1f | %.1f |\n' "$network" \
    "$(mb "$model"*)" "$samples" "$most_heap" "$outside" "$most_disk" "$single" "$rate"
done
