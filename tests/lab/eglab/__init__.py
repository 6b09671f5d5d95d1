# SPDX-License-Identifier: Apache-2.0
"""The practice lab: a clinic, its line, a VPN provider and the eligibility network, in network namespaces."""
