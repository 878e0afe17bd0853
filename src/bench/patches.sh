#!/usr/bin/env bash
# The number of patches needed for a layer's moments: rounds the bundled networks' layers from some of the patches, and
# measures their error on all of them.
#
#   patches.sh [--bits BITS] [--samples N] [MODEL]
#
#   MODEL         resnet14 (default) or mobilenetv2
#   --bits BITS   of the weights (default: 4)
#   --samples N   calibration images (default: 256)
#
# Prints a JSON line for each number of patches per weight of a row: loss, the mean over the layers of L on all patches,
# divided by the result of rounding from all patches; worst, the largest of them; positions, the share of the patches used.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bits=4 samples=256 model=resnet14
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --bits | --samples) [[ $# -gt 1 ]] || die "$1 needs a value"; printf -v "${1#--}" %s "$2"; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) model=$1 ;;
  esac
  shift
done
kernel io.halfstep.stage.PatchBudgetBench "$examples/$model.onnx" "$examples/calibration.npz:images" "$normalize" "$bits" "$samples"
