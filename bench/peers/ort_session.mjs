// SPDX-License-Identifier: MIT
// ONNX Runtime's session, and pictures to its input.
import { createRequire } from "node:module";
import { join } from "node:path";

const MEAN = [0.48145466, 0.4578275, 0.40821073], DEVIATION = [0.26862954, 0.26130258, 0.27577711];

export async function openSession(nodeModulesFolder, model, threads) {
  const ort = createRequire(join(nodeModulesFolder, "any.js"))("onnxruntime-node");
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: "all", logSeverityLevel: 3 });
  return { ort, session };
}

// bytes: uint8[count, side, side, 3]; gives float32[count, 3, side, side].
export function normalise(bytes, count, side) {
  const plane = side * side, out = new Float32Array(count * 3 * plane);
  for (let picture = 0; picture < count; picture++) {
    for (let channel = 0; channel < 3; channel++) {
      const scale = 1 / 255 / DEVIATION[channel], shift = MEAN[channel] / DEVIATION[channel];
      const from = picture * 3 * plane + channel, to = (picture * 3 + channel) * plane;
      for (let i = 0; i < plane; i++) out[to + i] = bytes[from + 3 * i] * scale - shift;
    }
  }
  return out;
}
