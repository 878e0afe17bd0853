#!/usr/bin/env bash
# Whether a Kafka broker answers at HOST PORT: asks for the versions of its API, in Kafka's protocol, and
# waits for the answer's head, which repeats the request's number. Starts no virtual machine.
exec 3<>"/dev/tcp/$1/$2" || exit 1
# length 10; API 18 (ApiVersions), version 0; number 7; no client's name
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x07\xff\xff' >&3
[[ $(timeout 3 head -c 8 <&3 | tail -c 4 | od -An -tu1 | tr -d ' \n') == 0007 ]]
