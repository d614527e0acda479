# SPDX-License-Identifier: MIT
"""Handwritten digits: a network on analog tiles learns them, is saved, loaded, and written to a chip that drifts for a day."""
import aimc
import aimc.datasets

train, test = aimc.datasets.digits()
layer = aimc.Config("layer", {"device": "gokmen_vlasov"})
network = aimc.Network().add_linear(64, 64, layer).add_activation("tanh").add_linear(10, 64, layer)
network.fit(*train, epochs=10, lr=0.1, lr_decay=0.9)
network.save("digits.safetensors")
loaded = aimc.Network.load("digits.safetensors")
trained, same = network.evaluate(*test), loaded.evaluate(*test)
loaded.program({"noise_model": "pcm_like", "compensation.method": "GLOBAL"})
loaded.drift_programmed(86400)
loaded.compensate()
print(f"trained {trained:.3f}, loaded {same:.3f}, on phase-change memory for a day {loaded.evaluate(*test):.3f}")
