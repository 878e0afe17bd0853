#!/usr/bin/env bash
# Checks that a Kafka broker answers at HOST PORT: requests its API versions in Kafka's protocol and reads the header of the answer, which repeats the request's number. Needs no JVM.
exec 3<>"/dev/tcp/$1/$2" || exit 1
# length 10; API 18 (ApiVersions), version 0; number 7; no client's name
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x07\xff\xff' >&3
[[ $(timeout 3 head -c 8 <&3 | tail -c 4 | od -An -tu1 | tr -d ' \n') == 0007 ]]
