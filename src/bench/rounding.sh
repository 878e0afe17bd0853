#!/usr/bin/env bash
# Compares the solvers on the layers of the bundled networks: error against time.
#
#   rounding.sh [--bits BITS] [--samples N] [--schedule wave|parallel] [MODEL/SOLVER…]
#
#   MODEL/SOLVER   only these; patterns such as 'resnet14/lattice*'. Default: all but adaround-samples,
#                  which takes many minutes
#   --bits BITS    of the weights (default: 4); only weights are quantized, per channel, on a symmetric grid with
#                  scales kept
#   --samples N    calibration images (default: 1024)
#   --schedule S   parallel (the default): every solver gets the same problems, made from the float network's
#                  inputs; wave: each solver gets problems after the layers that it has rounded
#
# Prints a JSON line for each: model, bits, solver, mean_ratio (the mean over the layers of L/L(nearest)), worst
# (the largest of them), seconds (in the solver, all layers), wall (of the whole command), proven (share of rows
# whose solution is proved optimal; null if the solver does not prove optimality).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bits=4 samples=1024 schedule=parallel patterns=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --bits | --samples | --schedule) [[ $# -gt 1 ]] || die "$1 needs a value"; printf -v "${1#--}" %s "$2"; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) patterns+=("$1") ;;
  esac
  shift
done

# wanted NAME: whether a pattern matches it.
wanted() {
  local pattern
  [[ ${#patterns[@]} -gt 0 ]] || [[ $1 != */adaround-samples ]] || return 1
  for pattern in "${patterns[@]:-*}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $1 != $pattern ]] || return 0
  done
  return 1
}

built
scratch
for model in resnet14 mobilenetv2; do
  for solver in nearest stochastic adaround lattice-fast lattice-normal lattice-best lattice-samples exact adaround-samples; do
    wanted "$model/$solver" || continue
    case $solver in
      lattice-samples) options=(--rounding lattice-samples) ;;
      lattice-*) options=(--rounding lattice --effort "${solver#lattice-}") ;;
      *) options=(--rounding "$solver") ;;
    esac
    timed "$folder/time" halfstep quantize "$examples/$model.onnx" --data "$examples/calibration.npz:images" \
      --normalize "$normalize" --samples "$samples" --weights "$bits" --activations float \
      --weight-grid symmetric --weight-scales kept --schedule "$schedule" "${options[@]}" \
      --json --quiet --report "$folder/report.html" --out "$folder/out.onnx" >"$folder/result.json"
    read -r wall _ <"$folder/time"
    # One line for each layer: ratio, seconds.
    sed 's/{"name"/\n&/g' "$folder/result.json" |
      sed -nE 's/.*"ratio":([0-9.eE+-]+).*"seconds":([0-9.eE+-]+).*/\1 \2/p' >"$folder/layers"
    proven=$({ grep -oE 'proved to be optimal: [0-9]+ of [0-9]+' "$folder/report.html" || true; } |
      awk '{ proved += $5; rows += $7 } END { if (rows) printf "%.3f", proved / rows; else printf "null" }')
    LC_ALL=C awk -v model="$model" -v bits="$bits" -v solver="$solver" -v schedule="$schedule" \
      -v wall="$wall" -v proven="${proven:-null}" '
      { sum += $1; seconds += $2; if ($1 > worst) worst = $1 }
      END {
        printf "{\"model\":\"%s\",\"bits\":%d,\"schedule\":\"%s\",\"solver\":\"%s\",", model, bits, schedule, solver
        printf "\"layers\":%d,\"mean_ratio\":%.4f,\"worst\":%.4f,\"seconds\":%.2f,\"wall\":%.1f,\"proven\":%s}\n", \
          NR, sum / NR, worst, seconds, wall, proven
      }' "$folder/layers"
  done
done
