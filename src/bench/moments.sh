#!/usr/bin/env bash
# The speed of summing a layer's moments, including patch extraction, compared with ND4J's matrix product.
#
#   moments.sh
#
# Prints a JSON line for each K from 288 to 4608 and kind of stream (student: its inputs differ from the teacher's;
# thinned: the same with half of each sample's positions): positions_per_second, gflops (K (K+1) operations per position
# for the symmetric product's lower triangle, and 4 out K if the student differs), nd4j_gflops (a K×4096 by 4096×K
# product with the same number of threads), and share, their ratio. The two are measured alternately, and the best turn
# of each counts.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.statistics.MomentsBench
