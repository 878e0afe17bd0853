#!/usr/bin/env bash
# How far exported layers are from what the actors simulate, in ONNX Runtime, by form of layer, kind of scales, bits and
# optimization level; and on x86 processors without VNNI, whose kernels are simulated.
#
#   kernels.sh
#
# Prints Markdown tables: the difference of each layer, the largest of all outputs in steps of the output's quantizer;
# a MatMul by 4-bit blocks; what this processor's kernels make of weights that are stored signed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.export.KernelTable
