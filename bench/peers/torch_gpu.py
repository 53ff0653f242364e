# SPDX-License-Identifier: MIT
"""Pictures to embeddings with PyTorch on a GPU in bfloat16, measured in turn; or what the device can do at most.

    torch_gpu.py MODEL_FOLDER PICTURES BATCH plain|compiled DEVICE
    torch_gpu.py peak DEVICE                    prints the multiply-add rates of float16 and bfloat16, in Tflop/s
    torch_gpu.py bandwidth DEVICE               prints the rate of a copy within its memory, reads and writes, in GB/s

PICTURES: uint8[n, side, side, 3]. They lie in page-locked memory; each call sends the next BATCH of them as bytes,
normalises them on the device and fetches the embeddings. DEVICE: cuda, or cpu to try the program.
"""
import sys
import time

import numpy
import torch

import clip_model
import turns


def fused_attention(self, x, mask=None):
    """clip_model's Attention by PyTorch's own kernel, where it has one."""
    batch, tokens, width = x.shape
    q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return self.out(mixed.transpose(1, 2).reshape(batch, tokens, width))


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def peak(device):
    side = 8192 if device == "cuda" else 256
    rates = []
    for kind in (torch.float16, torch.bfloat16) if device == "cuda" else (torch.float32, torch.float32):
        left, right = (torch.randn(side, side, device=device, dtype=kind) for _ in range(2))
        best = float("inf")
        for _ in range(20):
            wait(device)
            begun = time.perf_counter()
            left @ right
            wait(device)
            best = min(best, time.perf_counter() - begun)
        rates.append(2 * side**3 / best * 1e-12)
    print(*rates)


def bandwidth(device):
    size_bytes = 4 << 30 if device == "cuda" else 1 << 20
    source, target = (torch.zeros(size_bytes, dtype=torch.uint8, device=device) for _ in range(2))
    best = float("inf")
    for _ in range(20):
        wait(device)
        begun = time.perf_counter()
        target.copy_(source)
        wait(device)
        best = min(best, time.perf_counter() - begun)
    print(2 * size_bytes / best * 1e-9)


def embed(folder, pictures, batch, way, device):
    batch = int(batch)
    if hasattr(torch.nn.functional, "scaled_dot_product_attention"):
        clip_model.Attention.forward = fused_attention
    model = clip_model.load_vision(folder).to(device, torch.bfloat16)
    side = model.side
    pixels = torch.from_numpy(numpy.fromfile(pictures, numpy.uint8).reshape(-1, side, side, 3))
    pixels = pixels.pin_memory() if device == "cuda" else pixels
    shape = (1, 3, 1, 1)
    mean = torch.tensor(clip_model.MEAN, device=device).reshape(shape)
    deviation = torch.tensor(clip_model.DEVIATION, device=device).reshape(shape)

    def forward(bytes_u8):
        values = (bytes_u8.permute(0, 3, 1, 2).float() / 255 - mean) / deviation
        return model(values.to(torch.bfloat16).contiguous()).float()

    run = torch.compile(forward, mode="reduce-overhead", dynamic=False) if way == "compiled" else forward
    position = 0

    def work():
        nonlocal position
        position = position if position + batch <= len(pixels) else 0
        run(pixels[position : position + batch].to(device, non_blocking=True)).cpu()
        position += batch

    for _ in range(3):
        work()  # compiles, records
    turns.serve(work, lambda: run(pixels[:batch].to(device)).cpu().flatten())


def main():
    torch.set_grad_enabled(False)
    if sys.argv[1] == "peak":
        peak(sys.argv[2])
    elif sys.argv[1] == "bandwidth":
        bandwidth(sys.argv[2])
    else:
        embed(*sys.argv[1:])


if __name__ == "__main__":
    main()
