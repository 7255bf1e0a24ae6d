#!/usr/bin/env python3
"""What `convnext convert` writes, read by timm: random networks of the sizes that timm has 1 x 1 convolutions in, and
of one that it has linears in, stored as linears; the same logits must come out of what timm loads.

usage: converted.py CONVNEXT

Needs timm, PyTorch and safetensors, and says so, with exit status 77, where they are missing."""
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import timm
    import torch
    from safetensors.torch import save_file
except (ImportError, RuntimeError) as missing:
    print(f"this needs timm, PyTorch and safetensors: {missing}", file=sys.stderr)
    sys.exit(77)

NAMES = ["convnext_atto", "convnext_femto", "convnext_nano", "convnextv2_atto", "convnextv2_pico", "convnext_tiny"]
APART = 1e-4


def check(convnext, name, folder):
    torch.manual_seed(1)
    model = timm.create_model(name, num_classes=5).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    linears = {key: value.reshape(value.shape[:2]) if ".mlp.fc" in key and value.dim() == 4 else value.contiguous()
               for key, value in model.state_dict().items()}
    save_file({key: value.contiguous() for key, value in linears.items()}, folder / f"{name}.safetensors")
    out = folder / name
    subprocess.run([str(convnext), "convert", "--quiet", str(folder / f"{name}.safetensors"), str(out)], check=True)
    picture = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        wanted = model(picture)
        for how, loaded in (("checkpoint_path", lambda: timm.create_model(name, num_classes=5, checkpoint_path=str(
                out / "model.safetensors"))), ("local-dir", lambda: timm.create_model(f"local-dir:{out}",
                                                                                     pretrained=True))):
            apart = (loaded().eval()(picture) - wanted).abs().max() / wanted.abs().max()
            print(f"{name} by {how}: {apart:.1e} apart")
            if not apart <= APART:
                return False
    return True


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        return 0 if all([check(Path(sys.argv[1]).resolve(), name, Path(folder)) for name in NAMES]) else 1


if __name__ == "__main__":
    sys.exit(main())
