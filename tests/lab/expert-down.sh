#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes away what expert.sh set up.
set -u
swanctl --terminate --ike clinic --force --timeout 2 > /dev/null 2>&1
rm -f /etc/swanctl/conf.d/expert.conf /etc/swanctl/x509ca/provider-ca.crt.pem \
  /etc/swanctl/x509/client.crt.pem /etc/swanctl/private/client.key.pem /run/expert.log
# --clear and flush: charon keeps trusting a CA whose file is gone, and there is no command to unload just one.
swanctl --load-all --clear --noprompt > /dev/null 2>&1
swanctl --flush-certs
for pref in 210 211 212 221; do ip rule del pref $pref 2> /dev/null; done
ip route flush table 210 2> /dev/null
nft delete table inet expert 2> /dev/null
echo 0 > /proc/sys/net/ipv4/ip_forward
