#!/usr/bin/env bash
# How fast a layer's moments are summed, patch extraction included, beside ND4J's own matrix product.
#
#   moments.sh
#
# Prints a JSON line for each K from 288 to 4608 and kind of stream (student: its inputs differ from the teacher's;
# thinned: half of each sample's positions besides): positions_per_second, gflops (K (K+1) operations a position, the
# symmetric product's lower triangle, and 4 out K where the student differs), nd4j_gflops (a K×4096 by 4096×K product on
# as many threads), and share, their ratio. The two are measured in turns, and the best turn of each counts.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.statistics.MomentsBench
