// SPDX-License-Identifier: MIT
// Pictures to embeddings with ONNX Runtime, measured in turn.
//     ort_embed.mjs NODE_MODULES_FOLDER MODEL.onnx PICTURES BATCH THREADS SIDE
// PICTURES: uint8[n, SIDE, SIDE, 3]; they are converted to normalised float32 beforehand, outside what is timed.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { openSession, normalise } from "./ort_session.mjs";

const [folder, model, picturesPath, batchText, threads, sideText] = process.argv.slice(2);
const batch = Number(batchText), side = Number(sideText), pixelsPerPicture = 3 * side * side;
const pictures = readFileSync(picturesPath), count = Math.floor(pictures.length / pixelsPerPicture);
const { ort, session } = await openSession(folder, model, Number(threads));
const tensors = [];
for (let first = 0; first + batch <= count; first += batch) {
  const bytes = pictures.subarray(first * pixelsPerPicture, (first + batch) * pixelsPerPicture);
  tensors.push(new ort.Tensor("float32", normalise(bytes, batch, side), [batch, 3, side, side]));
}
let next = 0;
const work = async () => {
  await session.run({ pixels: tensors[next] });
  next = (next + 1) % tensors.length;
};
await work();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "answer") {
    console.log(Array.from((await session.run({ pixels: tensors[0] })).embeddings.data).join(" "));
    continue;
  }
  const times = [], start = performance.now();
  while (times.length === 0 || performance.now() - start < 400) {
    const begun = performance.now();
    await work();
    times.push((performance.now() - begun) / 1000);
  }
  console.log(times.join(" "));
}
