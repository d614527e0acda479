# SPDX-License-Identifier: MIT
"""python3 -m pictures FOLDER [NAME...]"""
import sys

from . import draw

draw(sys.argv[1], sys.argv[2:])
