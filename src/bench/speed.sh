#!/usr/bin/env bash
# Seconds of one whole job, from the start of the JVM to the file written: the bundled ResNet-14,
# 1024 images, weights at 4 bits, activations at 8 (the README's command).
#
#   speed.sh [--runs N] [OPTION OF quantize]…
#
#   --runs N   how often (default: 3); the median may take 40 s on two cores
#
# Prints a JSON line: model, options, runs, min, median and max (wall-clock seconds), cpu (median of the
# user and system seconds), required (the most that the median may be) and met. The exit code is 1
# if the requirement is missed. Nothing else should run meanwhile.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

runs=3 limit=40 options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --runs) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--runs needs a number of runs"; runs=$2; shift ;;
    *) options+=("$1") ;;
  esac
  shift
done
scratch
built

for ((run = 1; run <= runs; run++)); do
  timed "$folder/time" halfstep quantize "$examples/resnet14.onnx" \
    --data "$examples/calibration.npz:images" --normalize "$normalize" --quiet \
    --out "$folder/out.onnx" ${options[@]+"${options[@]}"}
  read -r wall user system <"$folder/time"
  say "run $run: $wall s, $(calculate "$user + $system") s of processors"
  echo "$wall" >>"$folder/wall"
  calculate "$user + $system" >>"$folder/cpu"
done

# nth FILE N: the N-th smallest number.
nth() { LC_ALL=C sort -n "$1" | sed -n "$2p"; }

middle=$((runs / 2 + 1)) # of an even number the slower one
median=$(nth "$folder/wall" "$middle")
met=true
holds "$median <= $limit" || met=false
printf '{"model":"resnet14","options":"%s","runs":%d,"min":%s,"median":%s,"max":%s,"cpu":%s,"required":%s,"met":%s}\n' \
  "${options[*]-}" "$runs" "$(nth "$folder/wall" 1)" "$median" "$(nth "$folder/wall" "$runs")" \
  "$(nth "$folder/cpu" "$middle")" "$limit" "$met"
$met || { say "the median run took more than $limit s"; exit 1; }
