#!/usr/bin/env python3
"""Exports torchvision networks with random weights to ONNX, and some random images for each.

    apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx
    /usr/bin/python3 export_torchvision.py OUT_FOLDER [NETWORK…] [--images 8] [--test 8]

With N images writes OUT_FOLDER/NAME-N.onnx, NAME-N.npy with them, and NAME-N-test.npy with others (float32, already
normalized). torchvision.sh and zoo.sh run this, quantize and evaluate.
"""
import argparse
import os

import numpy as np
import torch
import torchvision

models = torchvision.models


def small_vit(weights):
    """ViT-S/16 with half its blocks; torchvision's smallest has 86 million weights."""
    return models.VisionTransformer(
        image_size=64, patch_size=16, num_layers=6, num_heads=6, hidden_dim=384, mlp_dim=1536)


# The function, its arguments, and the size of the images.
LARGE = {
    "resnet18": (models.resnet18, {}, 224),
    "mobilenet_v2": (models.mobilenet_v2, {}, 224),
    "inception_v3": (models.inception_v3, {"init_weights": True, "aux_logits": True}, 299),
    "deeplabv3_resnet50": (models.segmentation.deeplabv3_resnet50, {"weights_backbone": None}, 224),
}
ZOO = {
    "resnet50": (models.resnet50, {}, 64),
    "efficientnet_b0": (models.efficientnet_b0, {}, 96),
    "mobilenet_v3_large": (models.mobilenet_v3_large, {}, 96),
    "densenet121": (models.densenet121, {}, 64),
    "shufflenet_v2_x1_0": (models.shufflenet_v2_x1_0, {}, 96),
    "regnet_y_400mf": (models.regnet_y_400mf, {}, 96),
    "convnext_tiny": (models.convnext_tiny, {}, 64),
    "swin_t": (models.swin_t, {}, 64),
    "vit_small": (small_vit, {}, 64),
    "deeplabv3_mobilenet_v3": (models.segmentation.deeplabv3_mobilenet_v3_large, {"weights_backbone": None}, 96),
}
MODELS = {**LARGE, **ZOO}


class Logits(torch.nn.Module):
    """Only the main output of networks that give several."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        y = self.network(x)
        return y["out"] if isinstance(y, dict) else y


def random_images(generator, count, size):
    """Smooth images with some noise; random filters let little of smooth images alone through."""
    coarse = generator.standard_normal((count, 3, size // 16 + 1, size // 16 + 1), dtype=np.float32)
    smooth = torch.nn.functional.interpolate(torch.from_numpy(coarse), size=(size, size), mode="bicubic")
    return smooth + 0.5 * torch.from_numpy(generator.standard_normal(smooth.shape, dtype=np.float32))


def give_statistics(network, images):
    """Sets what random weights leave without information: the statistics of batch norms, heads that are zero."""
    norms = [m for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None  # the mean over all batches
    if norms:
        network.train()
        with torch.no_grad():
            for batch in images.split(8)[:3]:
                network(batch)
        network.eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.Linear) and not layer.weight.any():
            torch.nn.init.xavier_normal_(layer.weight)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("models", nargs="*", default=list(LARGE))
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--test", type=int, default=8)
    parser.add_argument("--opset", type=int, default=13)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in options.models:
        make, arguments, size = MODELS[name]
        torch.manual_seed(0)
        network = Logits(make(weights=None, **arguments)).eval()
        generator = np.random.default_rng(0)
        images = random_images(generator, options.images + options.test, size)
        give_statistics(network.network, images)
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
