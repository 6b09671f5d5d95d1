#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tunnel as an expert sets it up by hand on the appliance: expert.sh psk|eap|certificate|wide
# Also the baseline of the benchmark, so nothing here waits or asks twice. It assumes that ipsec0 is its own: beside
# another tunnel the route would need its `src`, and masquerade a `snat` to the assigned address.
set -eu
kind=${1:-psk}
here=${0%/*}
papers=${EGLAB_PAPERS:-/etc/eglab}
table=210
umask 077

# Fail-closed first: without a tunnel the destinations are unreachable, and never leave by another link.
echo 1 > /proc/sys/net/ipv4/ip_forward
nft -f - <<'NFT'
table inet expert
delete table inet expert
table inet expert {
  chain keep_in_tunnel {
    type filter hook postrouting priority filter; policy accept;
    ip daddr 10.20.0.0/16 oifname != "ipsec0" drop
  }
  chain assigned_address {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "ipsec0" ip saddr 192.168.1.0/24 masquerade
  }
  chain mss {
    type filter hook forward priority mangle; policy accept;
    oifname "ipsec0" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
  }
}
NFT
ip -batch - <<IP
route replace unreachable 10.20.0.0/16 metric 4096 table $table
route replace 10.20.0.0/16 dev ipsec0 table $table
rule add pref $table lookup $table
IP
if [ "$kind" = wide ]; then
  # kernel-libipsec routes all of remote_ts in table 220: keep its narrower routes, step over its default route and
  # go on behind rule 220, so that everybody else's rules still count (`lookup main` here would overrule them).
  ip -batch - <<'IP'
rule add pref 221 nop
rule add pref 211 to 0.0.0.0/0 lookup 220 suppress_prefixlength 0
rule add pref 212 to 0.0.0.0/0 goto 221
IP
fi

cp "$papers/provider-ca.crt.pem" /etc/swanctl/x509ca/
if [ "$kind" = certificate ]; then
  cp "$papers/client.crt.pem" /etc/swanctl/x509/
  cp "$papers/client.key.pem" /etc/swanctl/private/
fi
cp "$here/expert/$kind.conf" /etc/swanctl/conf.d/expert.conf
swanctl --load-all --noprompt > /run/expert.log
swanctl --initiate --child clinic --timeout "${EXPERT_TIMEOUT:-20}" >> /run/expert.log
ping -n -q -c 1 -W 2 10.20.0.53 >> /run/expert.log
