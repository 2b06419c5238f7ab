# SPDX-License-Identifier: BSD-2-Clause
"""The rules of the house, as functions over a tree; tools/tidy runs them."""
