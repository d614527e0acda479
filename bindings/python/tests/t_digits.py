# SPDX-License-Identifier: MIT
"""Example 03 in Python gives the weights that it gives in C, bit by bit; files of data sets."""
import gzip
import os
import pathlib
import subprocess
import tempfile

from common import aimc, digits, main, np, unittest


class Digits(unittest.TestCase):
    def test_weights_are_those_of_the_c_example(self):
        train, test = digits()
        self.assertEqual((len(train[0]), len(test[0])), (1438, 359))
        with tempfile.TemporaryDirectory() as folder, aimc.Context() as ctx:
            path = pathlib.Path(folder) / "c.safetensors"
            printed = subprocess.run([os.environ["MLP_WEIGHTS"]], env={**os.environ, "AIMC_NETWORK": str(path)},
                                     check=True, capture_output=True, text=True).stdout
            theirs = aimc.Network.load(path)  # elsewhere: objects of a context are numbered, and seeded so
            layer = aimc.Config("layer", device="gokmen_vlasov", ctx=ctx)
            ours = aimc.Network(ctx=ctx).add_linear(64, 64, layer).add_activation("tanh").add_linear(10, 64, layer)
            history = ours.fit(*train, epochs=10, batch=10, lr=0.1, lr_decay=0.9, test=test, shuffle=False)
        for k in range(2):
            for mine, other in zip(ours.get_weights(k), theirs.get_weights(k)):
                np.testing.assert_array_equal(mine.view(np.uint32), other.view(np.uint32))
        self.assertGreater(np.abs(ours.get_weights(0)[0]).max(), 0.1)
        self.assertEqual(f"{history[-1].accuracy:.4f}", printed.split()[-1])

    def test_files_of_data_sets(self):
        from aimc.datasets import read_cifar, read_idx
        rng = np.random.RandomState(1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.bin"
            for bytes_of_labels, packed in ((1, False), (2, True)):
                rows = rng.randint(0, 256, (4, bytes_of_labels + 3072)).astype(np.uint8)
                path.write_bytes(gzip.compress(rows.tobytes()) if packed else rows.tobytes())
                x, labels = read_cifar(path, bytes_of_labels)
                self.assertEqual((x.shape, x.dtype), ((4, 3, 32, 32), np.uint8))
                np.testing.assert_array_equal(x.reshape(4, -1), rows[:, bytes_of_labels:])
                np.testing.assert_array_equal(labels, rows[:, bytes_of_labels - 1])
                with self.assertRaisesRegex(aimc.FormatError, "no whole number of records .* label_bytes is 1 for CIFAR-10"):
                    read_cifar(path, 3 - bytes_of_labels)
            path.write_bytes(b"")
            with self.assertRaisesRegex(aimc.FormatError, "0 bytes"):
                read_cifar(path)
            with self.assertRaisesRegex(aimc.IoError, "read_cifar: .*nowhere"):
                read_cifar(pathlib.Path(folder) / "nowhere")
            path.write_bytes(b"\0\0\x08\x02" + (2).to_bytes(4, "big") + (3).to_bytes(4, "big") + bytes(range(6)))
            np.testing.assert_array_equal(read_idx(path), np.arange(6).reshape(2, 3))
            path.write_bytes(b"\0\0\x0d\x01")
            with self.assertRaisesRegex(aimc.FormatError, "no IDX file of bytes"):
                read_idx(path)


if __name__ == "__main__":
    main()
