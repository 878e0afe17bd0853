#!/usr/bin/env bash
# The effect of quantized weights on sentence embeddings: the MiniLM encoder, all 37 layers, activations in float. The
# sentences come from this project's Javadoc: half for calibration, half for the measurement.
#
#   minilm.sh [--sentences N] [BITS/GRANULARITY/ROUNDING…]
#
#   BITS/GRANULARITY/ROUNDING   settings to measure. Default: 4 and 3 bits with block:32, nearest and lattice
#   --sentences N               number of sentences (default: 256)
#
# Prints a JSON line for each setting: cosine, the mean between the float and the quantized network's embedding of a
# sentence; neighbour, the share of sentences whose nearest neighbour is the same; mean_ratio, the mean over the
# layers of L/L(nearest); seconds (wall clock).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sentences=256 settings=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --sentences) [[ $# -gt 1 ]] || die "$1 needs a value"; sentences=$2; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) settings+=("$1") ;;
  esac
  shift
done
[[ ${#settings[@]} -gt 0 ]] || settings=({4,3}/block:32/{nearest,lattice})
scratch
kernel io.halfstep.MiniLmBench "$root/src/core/src/main/java" "$folder" "$sentences" "${settings[@]}"
