# SPDX-License-Identifier: MIT
"""The cells of NAS-Bench-201 (Dong and Yang, ICLR 2020): four nodes, an operation on each of the six edges between an earlier and a later one."""
OPERATIONS = ("none", "skip", "conv1", "conv3", "pool")  # zero, identity, 1 x 1, 3 x 3, average of 3 x 3
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # from, to


def of_code(code):
    """The operations of the edges: the digits of the code to base five, the first edge last."""
    return tuple(OPERATIONS[code // 5**k % 5] for k in range(len(EDGES)))


def codes(cell):
    """The way back."""
    return sum(OPERATIONS.index(operation) * 5**k for k, operation in enumerate(cell))


def alive(cell):
    """Edges on a way from the first node to the last that no "none" cuts."""
    ahead, behind = {0}, {3}
    for _ in range(3):
        ahead |= {to for (start, to), operation in zip(EDGES, cell) if operation != "none" and start in ahead}
        behind |= {start for (start, to), operation in zip(EDGES, cell) if operation != "none" and to in behind}
    return [k for k, ((start, to), operation) in enumerate(zip(EDGES, cell)) if operation != "none" and start in ahead and to in behind]
