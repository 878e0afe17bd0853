#!/usr/bin/env bash
# How fast a layer's moments are summed, patch extraction included, beside ND4J's own matrix product.
#
#   moments.sh
#
# Prints a JSON line for each K from 288 to 4608: positions_per_second, gflops (K (K+1) operations a position: the
# symmetric product's lower triangle), nd4j_gflops (a K×4096 by 4096×K product on as many threads), and share, their
# ratio.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.statistics.MomentsBench
