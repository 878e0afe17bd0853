#!/usr/bin/env bash
# The time of one whole job, from the start of the JVM to the written file: a bundled network, 1024 images.
#
#   job.sh [--runs N] [--model MODEL] [OPTION OF quantize]…
#
#   --runs N        number of runs (default: 3)
#   --model MODEL   resnet14 (default) or mobilenetv2
#   OPTION          default: --weights 4 --activations float; its median may be at most 15 s on two cores
#
# Prints a JSON line: model, options, runs, min, median and max (wall-clock seconds), cpu (median of the user and
# system seconds), for the last run start (seconds before and after the job itself: the virtual machine and its
# libraries) and solver (seconds in the solver, summed over layers that may overlap), required (the largest median;
# null for other options) and met. The exit code is 1 if the requirement is missed. Nothing else should run at the
# same time.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

runs=3 model=resnet14 limit=15 options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --runs) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--runs needs a number of runs"; runs=$2; shift ;;
    --model) [[ ${2-} =~ ^(resnet14|mobilenetv2)$ ]] || die "--model: resnet14 or mobilenetv2"; model=$2; shift ;;
    *) options+=("$1") limit=null ;;
  esac
  shift
done
[[ ${#options[@]} -gt 0 ]] || options=(--weights 4 --activations float)
scratch
built

for ((run = 1; run <= runs; run++)); do
  timed "$folder/time" halfstep quantize "$examples/$model.onnx" \
    --data "$examples/calibration.npz:images" --normalize "$normalize" --quiet --json \
    --out "$folder/out.onnx" "${options[@]}" >"$folder/result.json"
  read -r wall user system <"$folder/time"
  say "run $run: $wall s, $(calculate "$user + $system") s of processors"
  echo "$wall" >>"$folder/wall"
  calculate "$user + $system" >>"$folder/cpu"
done

# nth FILE N: prints the N-th smallest number.
nth() { LC_ALL=C sort -n "$1" | sed -n "$2p"; }

middle=$((runs / 2 + 1)) # of an even number the slower one
median=$(nth "$folder/wall" "$middle")
met=true
[[ $limit == null ]] || holds "$median <= $limit" || met=false
result=$(<"$folder/result.json")
# The layers' seconds end their objects; the job's come before them.
solver=$(grep -oE '"seconds":[0-9.eE+-]+}' <<<"$result" | awk -F '[:}]' '{ sum += $2 } END { print sum }')
printf '{"model":"%s","options":"%s","runs":%d,"min":%s,"median":%s,"max":%s,"cpu":%s,"start":%s,"solver":%s,"required":%s,"met":%s}\n' \
  "$model" "${options[*]}" "$runs" "$(nth "$folder/wall" 1)" "$median" "$(nth "$folder/wall" "$runs")" \
  "$(nth "$folder/cpu" "$middle")" "$(calculate "$wall - $(field seconds "$result")")" "$solver" "$limit" "$met"
$met || { say "the median run took more than $limit s"; exit 1; }
