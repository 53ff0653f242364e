// SPDX-License-Identifier: MIT
// The best pipe of peers: model inputs from ffmpeg on standard input, ONNX Runtime in batches of 16, vectors to a file.
//     ffmpeg ... -f rawvideo -pix_fmt rgb24 - | ort_pipe.mjs NODE_MODULES_FOLDER MODEL.onnx THREADS SIDE OUT.f32
import { createWriteStream } from "node:fs";
import { openSession, normalise } from "./ort_session.mjs";

const [folder, model, threads, sideText, outPath] = process.argv.slice(2);
const BATCH = 16, side = Number(sideText), pictureBytes = 3 * side * side;
const out = createWriteStream(outPath);
const opening = openSession(folder, model, Number(threads)); // while ffmpeg starts
let filled = 0, total = 0;
const buffer = Buffer.alloc(BATCH * pictureBytes);

async function embed(count) {
  const { ort, session } = await opening;
  const pixels = new ort.Tensor("float32", normalise(buffer, count, side), [count, 3, side, side]);
  const vectors = (await session.run({ pixels })).embeddings.data, width = vectors.length / count;
  for (let i = 0; i < count; i++) {
    const vector = vectors.subarray(i * width, (i + 1) * width);
    const length = Math.hypot(...vector);
    for (let j = 0; j < width; j++) vector[j] /= length;
  }
  out.write(Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  total += count;
}

for await (const chunk of process.stdin) {
  for (let position = 0; position < chunk.length;) {
    const taken = chunk.copy(buffer, filled, position);
    filled += taken;
    position += taken;
    if (filled === buffer.length) {
      await embed(BATCH);
      filled = 0;
    }
  }
}
if (filled >= pictureBytes) await embed(Math.floor(filled / pictureBytes));
await new Promise((done) => out.end(done));
console.log(`${total} frames`);
