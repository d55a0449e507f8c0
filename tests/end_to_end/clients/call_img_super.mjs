// Asks a running service for everything that docs/clients/img_super.js can, and one that is busy; says what came.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

const [module, url, path] = process.argv.slice(2);
const { Client, NoAnswer, ServiceError } = await import(module);
const photo = readFileSync(path);
const text = new Blob(["no photo"]);

async function askRunning() {
  const client = new Client(`${url}/`);
  const answer = await client.super(photo);
  assert.equal(answer.evidence, undefined);
  assert.match((await client.super(new Blob([photo]), { evidence: true })).evidence.heat_map, /^data:image\/png/);
  const [first, second] = await client.superBatch([photo, text]);
  assert.deepEqual(first.answer, answer);
  assert.equal(second.problem.code, "not_an_image");
  await assert.rejects(client.face(text), (error) => error instanceof ServiceError && error.code === "not_an_image" && error.status === 415);
  return `${answer.verdict} ${(await client.face(photo)).rotation}`;
}

async function askBusy() {
  const answers = [];
  const asked = [];
  const service = createServer((request, response) => {
    asked.push(request.headers.authorization);
    const next = answers.shift();
    if (next) response.writeHead(next.status, next.headers).end(next.body);
  });
  await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${service.address().port}`;
  const client = new Client(address, { key: "secret", tries: 3, maxWaitMs: 0 });
  const busy = { status: 503, headers: { "Retry-After": "3600" }, body: '{"code": "overloaded"}' };

  answers.push(busy, { ...busy, status: 429 }, { status: 200, body: '{"rotation": 90}' });
  assert.equal((await client.face(photo)).rotation, 90);
  assert.deepEqual(asked, Array(3).fill("Bearer secret"));

  answers.push(busy, busy, busy);
  await assert.rejects(client.face(photo), { code: "overloaded", status: 503 });
  answers.push({ status: 503, body: "[]" });
  await assert.rejects(client.face(photo), { code: "http_503" });
  answers.push({ status: 200, body: "<h1>Sign in</h1>" });
  await assert.rejects(client.face(photo), { code: "http_200" });
  answers.push({ status: 200, body: "[]" });
  await assert.rejects(client.face(photo), { code: "http_200" });
  answers.push({ status: 307, headers: { Location: `${address}/elsewhere` } }, { status: 200, body: "{}" });
  await assert.rejects(client.face(photo), NoAnswer);
  answers.pop();
  assert.equal(asked.length, 10);

  const digits = Buffer.alloc(16 * 2 ** 20 - 2, "1");
  const answer = (text) => ({ status: 200, headers: { "Content-Encoding": "gzip" }, body: gzipSync(text) });
  answers.push(answer(`{"é":${digits.subarray(6)}}`), answer(`{"é":${digits}}`));
  assert.deepEqual(Object.keys(await client.face(photo)), ["é"]);
  await assert.rejects(client.face(photo), (error) => error instanceof NoAnswer && /longer than 16 MiB/.test(error.message));

  assert.throws(() => new Client(address, { key: "a\nsecret" }), (error) => error instanceof NoAnswer && !/secret/.test(error.message));
  await assert.rejects(new Client(address, { timeoutMs: 50 }).face(photo), NoAnswer);
  service.closeAllConnections();
  service.close();
  await assert.rejects(client.face(photo), NoAnswer);
}

await askBusy();
console.log(await askRunning());
