#!/usr/bin/env bash
# A job whose stream of images shifts: the bundled ResNet-14 with 4-bit weights and 8-bit activations, versions from 256
# of the bundled test images each, in random order. Prints a line of JSON for each case:
#
#   inverted, blurred, brightened: in the middle of the fourth version, the images shift for good. calm_share: the
#     greatest drift before; samples_to_alarm: the shifted samples until the alarm; the drift then (share of what is
#     tolerated, and its three figures); SQNR in dB and top-1 in percent of the version before the shift (old) and of
#     the one made when the alarm came (new), on 2000 shifted images that were not in the stream
#   noise: as many images as a version has are noise, from a version's first sample on, or late by 64; whether the
#     version from noise was published, and the SQNR of it (new) and of the current one (old): of a rejected version on
#     the samples that it was compared on, of a published one on 2000 images
#   none: 100 000 samples without a shift: alarms, greatest figures, and how many versions were rejected; progress goes
#     to stderr
#
#     drift.sh [--short]
#
# Takes more than an hour on two cores. --short: only inverted images, noise, and 2560 samples without a shift.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

calm=100096 shifts=(inverted blurred brightened noise)
case ${1-} in
  '') ;;
  --short) calm=2560 shifts=(inverted noise) ;;
  -h | --help) usage; exit ;;
  *) die "$1: no such option; see --help" ;;
esac
scratch
kernel io.halfstep.service.DriftBench "$folder" "$calm" "${shifts[@]}"
