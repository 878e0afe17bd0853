#!/usr/bin/env bash
# The difference between exported layers in ONNX Runtime and their simulation by the actors, by type of layer, scales,
# bits and optimization level; and on x86 processors without VNNI, whose kernels are simulated.
#
#   kernels.sh
#
# Prints Markdown tables: the largest difference over all outputs of each layer, in steps of the output's quantizer; a
# MatMul with 4-bit blocks; and the results of this processor's kernels for signed weights.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.export.KernelTable
