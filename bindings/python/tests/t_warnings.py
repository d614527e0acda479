# SPDX-License-Identifier: MIT
"""What the library warns of is a Python warning, once for each object; a context's own log gets it instead."""
import warnings

from common import aimc, main, np, unittest

BEYOND = np.full((3, 4), 9.0)


def caught(call):
    """The warnings of a call, as text."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        call()
    return seen


class Warnings(unittest.TestCase):
    def test_once_for_each_tile(self):
        first, second = aimc.Tile("soft_bounds", 3, 4), aimc.Tile("soft_bounds", 3, 4)
        for tile in (first, second):
            seen = caught(lambda: setattr(tile, "weights", BEYOND))
            self.assertEqual([warning.category for warning in seen], [aimc.AimcWarning])
            self.assertIn("12 of 12 weights were clipped", str(seen[0].message))
            self.assertEqual(seen[0].filename, __file__)  # it points to who set the weights
        for tile in (first, second):
            self.assertEqual(caught(lambda: setattr(tile, "weights", BEYOND)), [])

    def test_weights_within_the_bounds_are_fine(self):
        tile = aimc.Tile("soft_bounds", 3, 4)
        self.assertEqual(caught(lambda: setattr(tile, "weights", np.zeros((3, 4)))), [])
        self.assertEqual(len(caught(lambda: setattr(tile, "weights", BEYOND))), 1)

    def test_each_tile_of_a_matrix(self):
        matrix = aimc.Matrix(None, 6, 4, {"device": "soft_bounds", "mapping.max_output_size": 3})
        self.assertEqual(len(caught(lambda: setattr(matrix, "weights", np.full((6, 4), 9.0)))), len(matrix))

    def test_as_an_exception(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tile = aimc.Tile("soft_bounds", 3, 4)
            with self.assertRaisesRegex(aimc.AimcWarning, "12 of 12"):
                tile.weights = BEYOND
            self.assertLess(tile.weights.max(), 9.0)  # they were set, and clipped
            tile.weights = np.full((3, 4), 0.1)
            np.testing.assert_allclose(tile.weights, 0.1, rtol=1e-3)
            self.assertEqual((tile @ np.ones(4)).shape, (3,))

    def test_an_exception_leaves_nothing_to_later_calls(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            matrix = aimc.Matrix(None, 6, 4, {"device": "soft_bounds", "mapping.max_output_size": 3})
            with self.assertRaises(aimc.AimcWarning):
                matrix.weights = np.full((6, 4), 9.0)
            aimc.Tile("soft_bounds", 3, 4).weights = np.zeros((3, 4))

    def test_a_log_of_ones_own(self):
        lines = []
        ctx = aimc.Context(log=lambda level, text: lines.append((level, text)))
        tile = aimc.Tile("soft_bounds", 3, 4, ctx=ctx)
        lines.clear()
        self.assertEqual(caught(lambda: setattr(tile, "weights", BEYOND)), [])
        (level, text), = [line for line in lines if line[0] == "warning"]
        self.assertIn("12 of 12 weights were clipped", text)


if __name__ == "__main__":
    main()
