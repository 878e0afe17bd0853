#!/usr/bin/env bash
# Runs a command with ONNX Runtime's kernels for an older processor than this one. The library chooses its kernels by
# the processor's features at its start, so this uses a copy of the library that does not check for the newer
# instructions. x86-64 Linux only.
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
