# SPDX-License-Identifier: Apache-2.0
"""Booted Debian guests without a network card: images, boots, commands inside."""
