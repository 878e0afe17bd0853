#!/usr/bin/env bash
# Runs a command with ONNX Runtime's kernels for a lesser processor than this one: they are chosen by what the library
# reads of the processor at its start, so a copy of the library is made that does not look for the newer instructions.
# For x86-64 Linux.
#
#   processor.sh avx2 COMMAND…      integer products in AVX2, which saturate (Haswell to Coffee Lake, Zen 1 to 3)
#   processor.sh avx512 COMMAND…    the same in AVX-512 without VNNI (Skylake-SP)
#
# Examples: processor.sh avx2 ./mvnw verify; processor.sh avx512 src/bench/accuracy.sh resnet14/w8a8
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -ge 2 && ($1 == avx2 || $1 == avx512) ]] || { usage; exit 2; }
built
library=$(echo "$root"/src/cli/target/lib/onnxruntime-[0-9]*.jar)
folder=$root/target/kernels/$1
[[ $folder -nt $library ]] ||
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" "$root/src/bench/LesserKernels.java" "$1" "$library" "$folder"
JAVA_TOOL_OPTIONS="${JAVA_TOOL_OPTIONS:-} -Donnxruntime.native.path=$folder" exec "${@:2}"
