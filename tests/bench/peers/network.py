"""ConvNeXt in plain torch, with timm's tensor names, and random weights for it."""
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

EPS = 1e-6
CLASSES = 1000
VARIANTS = {
    "atto": ((2, 2, 6, 2), (40, 80, 160, 320)),
    "T": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "S": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "B": ((3, 3, 27, 3), (128, 256, 512, 1024)),
}


class ChannelNorm(nn.LayerNorm):
    """LayerNorm over the channels of an NCHW tensor."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=EPS)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ResponseNorm(nn.Module):
    """V2's global response normalisation, of an NHWC tensor."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        response = x.norm(dim=(1, 2), keepdim=True)
        response = response / (response.mean(dim=-1, keepdim=True) + EPS)
        return x + self.weight * (x * response) + self.bias


class Mlp(nn.Module):
    def __init__(self, channels: int, version: int):
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.grn = ResponseNorm(4 * channels) if version == 2 else nn.Identity()
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x):
        return self.fc2(self.grn(F.gelu(self.fc1(x))))


class Block(nn.Module):
    def __init__(self, channels: int, version: int):
        super().__init__()
        self.conv_dw = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.mlp = Mlp(channels, version)
        self.gamma = nn.Parameter(torch.ones(channels)) if version == 1 else None

    def forward(self, x):
        y = self.mlp(self.norm(self.conv_dw(x).permute(0, 2, 3, 1)))
        if self.gamma is not None:
            y = y * self.gamma
        return x + y.permute(0, 3, 1, 2)


class Stage(nn.Module):
    def __init__(self, inputs: int, outputs: int, depth: int, version: int, first: bool):
        super().__init__()
        shrink = nn.Sequential(ChannelNorm(inputs), nn.Conv2d(inputs, outputs, 2, stride=2))
        self.downsample = nn.Identity() if first else shrink
        self.blocks = nn.Sequential(*(Block(outputs, version) for _ in range(depth)))

    def forward(self, x):
        return self.blocks(self.downsample(x))


class Head(nn.Module):
    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=EPS)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        return self.fc(self.norm(x.mean(dim=(2, 3))))


class ConvNeXt(nn.Module):
    def __init__(self, depths, dims, classes: int = CLASSES, version: int = 1):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, dims[0], 4, stride=4), ChannelNorm(dims[0]))
        self.stages = nn.Sequential(*(
            Stage(dims[max(i - 1, 0)], dims[i], depths[i], version, i == 0) for i in range(len(dims))))
        self.head = Head(dims[-1], classes)

    def forward(self, x):
        return self.head(self.stages(self.stem(x)))


def randomise(model: ConvNeXt, seed: int = 1) -> None:
    """Random weights under which the activations keep their size, and in which every block matters."""
    generator = torch.Generator().manual_seed(seed)

    def draw(tensor, low, high):
        tensor.uniform_(low, high, generator=generator)

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if tensor.dim() > 1:
                bound = math.sqrt(3 / tensor[0].numel())
                draw(tensor, -bound, bound)
            elif name.endswith("gamma"):
                draw(tensor, 0.1, 1)
            elif name.endswith("bias"):
                draw(tensor, -0.1, 0.1)
            else:
                draw(tensor, 0.8, 1.2)


def save_random(variant: str, path: Path) -> None:
    model = ConvNeXt(*VARIANTS[variant])
    randomise(model)
    save_file(model.state_dict(), path)


def load(path: Path) -> ConvNeXt:
    """A timm checkpoint of any size, V1 or V2; the architecture is read from its tensors."""
    tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    if "stem.0.weight" not in tensors or "head.fc.weight" not in tensors:
        raise SystemExit(f"{path}: not a ConvNeXt classifier in timm's naming")
    for name, tensor in tensors.items():
        if ".mlp.fc" in name and tensor.dim() == 4:
            tensors[name] = tensor[:, :, 0, 0]
    stages = [[name for name in tensors if name.startswith(f"stages.{s}.blocks.")
               and name.endswith("conv_dw.bias")] for s in range(4)]
    version = 1 if "stages.0.blocks.0.gamma" in tensors else 2
    model = ConvNeXt([len(names) for names in stages], [tensors[names[0]].numel() for names in stages],
                     tensors["head.fc.weight"].shape[0], version)
    model.load_state_dict(tensors)
    return model.eval()


def write_config(folder: Path, size: int) -> None:
    """The preprocessing that `convnext` reads beside the weights: an input of this size."""
    config = {"pretrained_cfg": {"input_size": [3, size, size], "interpolation": "bilinear",
                                 "crop_pct": 0.875, "crop_mode": "center"}}
    (folder / "config.json").write_text(json.dumps(config))


def count_flops(model: ConvNeXt, size: int) -> float:
    """Floating-point operations of one frame: two for each multiplication of a convolution or a linear."""
    total = 0

    def count(layer, _inputs, output):
        nonlocal total
        per_value = layer.weight[0].numel()
        total += 2 * per_value * output.numel()

    hooks = [layer.register_forward_hook(count) for layer in model.modules()
             if isinstance(layer, (nn.Conv2d, nn.Linear))]
    with torch.inference_mode():
        model(torch.zeros(1, 3, size, size))
    for hook in hooks:
        hook.remove()
    return float(total)


def check_golden(folder: Path) -> float:
    """The largest difference to the logits of golden.json over the timm files that it names."""
    golden = json.loads((folder / "golden.json").read_text())
    shape = golden.get("input_shape", [2, 3, 64, 96])
    data = (folder / "input_2x3x64x96.f32").read_bytes()
    frames = torch.frombuffer(bytearray(data), dtype=torch.float32).reshape(shape)
    worst = 0.0
    for name, entry in golden["files"].items():
        if name.startswith("timm_") and (folder / name).exists():
            with torch.inference_mode():
                logits = load(folder / name)(frames)
            difference = (logits - torch.tensor(entry["logits"])).abs().max().item()
            print(f"{name}: largest difference {difference:.2g}")
            worst = max(worst, difference)
    return worst
