#!/usr/bin/env bash
# What weights lose that don't saturate on processors without VNNI: the SQNR in dB of each layer's output with 8 bits
# and no bound, with 7 bits, and with 8 bits and the bound |w1| + |w2| <= 128 for the pairs that a kernel adds in 16
# bits. Per channel, rounded to nearest with the scale of the least output error; then with inputs in 8 bits as well.
#
#   saturation.sh [--samples N] [MODEL]
#
#   MODEL         resnet14 (default) or mobilenetv2
#   --samples N   calibration images (default: 256)
#
# Prints a Markdown table; layers that no kernel adds in pairs are left out.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

samples=256 model=resnet14
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --samples) [[ $# -gt 1 ]] || die "$1 needs a value"; samples=$2; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) model=$1 ;;
  esac
  shift
done
kernel io.halfstep.stage.SaturationBench "$examples/$model.onnx" "$examples/calibration.npz:images" "$normalize" "$samples"
