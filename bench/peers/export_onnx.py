# SPDX-License-Identifier: MIT
"""Write the vision tower as ONNX: float32, and dynamically quantised to 8 bit in the usual two ways.

    export_onnx.py MODEL_FOLDER OUT_FOLDER

vision-float32.onnx            as torch.onnx.export gives it
vision-u8s8.onnx               every matrix product with constant weights as DynamicQuantizeLinear and MatMulInteger:
                               activations 8 bit without sign, one scale per call; weights 8 bit with sign, a scale per
                               output column. ONNX Runtime joins these nodes into one.
vision-u8s7.onnx               the same with weights of 7 bit ("reduce range"), which do not saturate on CPUs without VNNI
"""
import os
import sys
import tempfile

import numpy
import onnx
import torch
from onnx import helper, numpy_helper

import clip_model


class PatchesAsProduct(torch.nn.Module):
    """The patch convolution as a matrix product, so that it can be quantised (in float32 the convolution is faster)."""

    def __init__(self, convolution):
        super().__init__()
        self.width, _, self.patch, _ = convolution.weight.shape
        self.product = torch.nn.Linear(3 * self.patch**2, self.width, bias=False)
        self.product.weight.data = convolution.weight.data.reshape(self.width, -1).clone()

    def forward(self, pixels):
        batch, grid, patch = pixels.shape[0], pixels.shape[2] // self.patch, self.patch
        parts = pixels.reshape(batch, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5)
        return self.product(parts.reshape(batch, grid * grid, 3 * patch * patch)).transpose(1, 2).unsqueeze(-1)


def export_float32(model, path):
    torch.onnx.export(model, torch.zeros(2, 3, model.side, model.side), path, opset_version=14, input_names=["pixels"],
                      output_names=["embeddings"],
                      dynamic_axes={"pixels": {0: "images"}, "embeddings": {0: "images"}})


def quantised(weights, largest):
    """int8[k, n] and the scale of each column."""
    scale = numpy.maximum(numpy.abs(weights).max(0), 1e-12) / largest
    return numpy.rint(weights / scale).astype(numpy.int8), scale.astype(numpy.float32)


def constant_weights(graph, node, constants):
    """float32[k, n] when the node multiplies by constant weights, else None; and the name of its bias or None."""
    if node.op_type == "MatMul" and node.input[1] in constants:
        return constants[node.input[1]], None
    if node.op_type == "Gemm" and node.input[1] in constants:
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        weights = constants[node.input[1]]
        return (weights.T if transposed else weights), (node.input[2] if len(node.input) > 2 else None)
    return None, None


def quantised_nodes(node, weights, bias, largest, quantised_inputs, new_constants):
    source, target, name = node.input[0], node.output[0], node.output[0]
    numbers, scale = quantised(weights, largest)
    new_constants += [numpy_helper.from_array(numbers, name + ".weights"), numpy_helper.from_array(scale, name + ".scale"),
                      numpy_helper.from_array(numpy.zeros(len(scale), numpy.int8), name + ".zero")]
    nodes = []
    if source not in quantised_inputs:
        quantised_inputs[source] = [source + suffix for suffix in (".u8", ".u8scale", ".u8zero")]
        nodes.append(helper.make_node("DynamicQuantizeLinear", [source], quantised_inputs[source]))
    u8, u8scale, u8zero = quantised_inputs[source]
    product = target if bias is None else name + ".product"
    nodes += [
        helper.make_node("MatMulInteger", [u8, name + ".weights", u8zero, name + ".zero"], [name + ".sums"]),
        helper.make_node("Cast", [name + ".sums"], [name + ".floats"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [u8scale, name + ".scale"], [name + ".scales"]),
        helper.make_node("Mul", [name + ".floats", name + ".scales"], [product])]
    if bias is not None:
        nodes.append(helper.make_node("Add", [product, bias], [target]))
    return nodes


def quantise(model, largest):
    graph = model.graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    nodes, new_constants, quantised_inputs, gone = [], [], {}, set()
    for node in graph.node:
        weights, bias = constant_weights(graph, node, constants)
        if weights is None:
            nodes.append(node)
            continue
        gone.add(node.input[1])
        nodes += quantised_nodes(node, weights, bias, largest, quantised_inputs, new_constants)
    kept = [t for t in graph.initializer if t.name not in gone]
    return helper.make_model(
        helper.make_graph(nodes, graph.name, graph.input, graph.output, kept + new_constants),
        opset_imports=model.opset_import, ir_version=model.ir_version)


def main():
    folder, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    model = clip_model.load_vision(folder)
    export_float32(model, os.path.join(out, "vision-float32.onnx"))
    model.patches = PatchesAsProduct(model.patches)
    with tempfile.TemporaryDirectory() as temporary:
        products_only = os.path.join(temporary, "products.onnx")
        export_float32(model, products_only)
        for name, largest in (("u8s8", 127), ("u8s7", 63)):
            onnx.save(quantise(onnx.load(products_only), largest), os.path.join(out, f"vision-{name}.onnx"))


if __name__ == "__main__":
    main()
