#!/usr/bin/env bash
# The error behind the activation function, which lattice-samples and adaround-samples minimise: on the layers of the
# bundled networks that are followed by ReLU or Clip, for 256 held-out images.
#
#   activation.sh [--bits BITS] [--samples N] [--solvers NAME,NAME…] [MODEL]
#
#   MODEL         resnet14 (default) or mobilenetv2
#   --bits BITS   of the weights (default: 4), per channel, symmetric, scales kept
#   --samples N   calibration images (default: 512)
#   --solvers S   default: lattice,lattice-samples; adaround-samples takes many minutes
#
# Prints a JSON line for each solver: bits, solver, layers, mean_ratio (the mean over the layers of L/L(nearest),
# without the activation function), behind_activation (the same for the error behind it, on the held-out images),
# seconds (in the solver, all layers). All solvers get the same problems, made from the float network's inputs.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bits=4 samples=512 model=resnet14 solvers=lattice,lattice-samples
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --bits | --samples | --solvers) [[ $# -gt 1 ]] || die "$1 needs a value"; printf -v "${1#--}" %s "$2"; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) model=$1 ;;
  esac
  shift
done
# shellcheck disable=SC2086 # names are words
kernel io.halfstep.stage.RefinementBench "$examples/$model.onnx" "$examples/calibration.npz:images" \
  "$examples/test.npz:images" "$normalize" "$bits" "$samples" ${solvers//,/ }
