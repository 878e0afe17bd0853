#!/usr/bin/env python3
"""Exports torchvision networks with random weights to ONNX, and some random images for each.

    apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx
    /usr/bin/python3 export_torchvision.py OUT_FOLDER [--images 8] [resnet18 mobilenet_v2 inception_v3 deeplabv3_resnet50]

With N images writes OUT_FOLDER/NAME-N.onnx, NAME-N.npy with them, and NAME-N-test.npy with 8 others (float32,
already normalized). torchvision.sh runs this, quantizes and evaluates.
"""
import argparse
import os

import numpy as np
import torch
import torchvision

MODELS = {
    "resnet18": (torchvision.models.resnet18, {}, 224),
    "mobilenet_v2": (torchvision.models.mobilenet_v2, {}, 224),
    "inception_v3": (torchvision.models.inception_v3, {"init_weights": True, "aux_logits": True}, 299),
    "deeplabv3_resnet50": (torchvision.models.segmentation.deeplabv3_resnet50, {"weights_backbone": None}, 224),
}


TEST_IMAGES = 8


class Logits(torch.nn.Module):
    """Only the main output of networks that give several."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        y = self.network(x)
        return y["out"] if isinstance(y, dict) else y


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--opset", type=int, default=13)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in options.models:
        make, arguments, size = MODELS[name]
        torch.manual_seed(0)
        network = Logits(make(weights=None, **arguments)).eval()
        generator = np.random.default_rng(0)
        coarse = generator.standard_normal(
            (options.images + TEST_IMAGES, 3, size // 16 + 1, size // 16 + 1), dtype=np.float32)
        images = torch.nn.functional.interpolate(torch.from_numpy(coarse), size=(size, size), mode="bicubic")
        # Random weights leave batch norms at their start; a few batches in training mode give them statistics.
        network.train()
        with torch.no_grad():
            for _ in range(3):
                network.network(images[:8])
        network.eval()
        stem = os.path.join(options.out, f"{name}-{options.images}")
        path = f"{stem}.onnx"
        torch.onnx.export(
            network, images[:1], path, opset_version=options.opset, input_names=["image"], output_names=["logits"],
            dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}}, do_constant_folding=True)
        np.save(f"{stem}.npy", images[: options.images].numpy())
        np.save(f"{stem}-test.npy", images[options.images :].numpy())
        print(path, os.path.getsize(path), "bytes", flush=True)


if __name__ == "__main__":
    main()
