// Node's openai over Fourfold: the SDK as everybody has it, with its default retries.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import OpenAI from "openai";

const { FOURFOLD_URL, FOURFOLD_ADMIN_KEY, SIMULATOR_URL, SECOND_SIMULATOR_URL } = process.env;
const HI = [{ role: "user", content: "Say hi" }];

let client;

async function json(method, url, body, headers = {}) {
  const told = { method, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  const answer = await fetch(url, told);
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${url}: ${text}`);
  return text && JSON.parse(text);
}

const operator = (method, path, body) =>
  json(method, `${FOURFOLD_URL}${path}`, body, { authorization: `Bearer ${FOURFOLD_ADMIN_KEY}` });
const paid = async (simulator) => (await json("GET", `${simulator}/_simulator/paid`)).map((task) => task.route);

before(async () => {
  const account = `node-${process.pid}`;
  await operator("POST", `/api/v1/admin/accounts/${account}/grants`, { credits: "100" });
  const { key } = await operator("POST", "/api/v1/admin/keys", { kind: "user", account });
  client = new OpenAI({ apiKey: key, baseURL: `${FOURFOLD_URL}/v1` });
});

beforeEach(async () => {
  await operator("POST", "/api/v1/admin/config/reload", {});
  for (const simulator of [SIMULATOR_URL, SECOND_SIMULATOR_URL]) await json("POST", `${simulator}/_simulator/reset`);
});

for (const model of ["mock-chat", "only-chat", "claude-sonnet-5"]) {
  test(`a chat is answered by ${model}, whole and as it comes`, async () => {
    const whole = await client.chat.completions.create({ model, messages: HI });
    const text = whole.choices[0].message.content;
    assert.match(text, /Say hi/);
    assert.ok(whole.usage.total_tokens > 0);
    const stream_options = { include_usage: true };
    const parts = [];
    let usage;
    for await (const chunk of await client.chat.completions.create({ model, messages: HI, stream: true, stream_options })) {
      parts.push(chunk.choices[0]?.delta.content ?? "");
      usage = chunk.usage ?? usage;
    }
    assert.deepEqual([parts.join(""), usage.total_tokens > 0], [text, true]);
  });
}

for (const model of ["mock-embedding", "only-embedding"]) {
  test(`embeddings of ${model} are the same packed and plain`, async () => {
    const asked = { model, input: ["a fox", "a crow"] };
    const packed = await client.embeddings.create(asked);
    const plain = await client.embeddings.create({ ...asked, encoding_format: "float" });
    assert.equal(packed.data.length, 2);
    packed.data.forEach(({ embedding }, place) =>
      assert.deepEqual(embedding.map(Math.fround), plain.data[place].embedding.map(Math.fround)),
    );
  });
}

for (const model of ["mock-image", "only-image"]) {
  test(`a picture is drawn by ${model}`, async () => {
    const { data } = await client.images.generate({ model, prompt: "a fox", size: "1024x1024" });
    const picture = Buffer.from(data[0].b64_json, "base64");
    assert.equal(picture.toString("latin1", 1, 4), "PNG");
  });
}

test("models are listed and shown", async () => {
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  assert.ok(models.includes("mock-chat"));
  assert.equal((await client.models.retrieve("mock-chat")).owned_by, "mock");
});

test("errors are the SDK's own, with our words", async () => {
  const asked = { model: "mock-chat", messages: HI };
  await assert.rejects(client.withOptions({ apiKey: "ff_wrong" }).chat.completions.create(asked), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ ...asked, model: "gpt-3" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.deepEqual([error.code, error.param], ["unknown_model", "model"]);
    return /gpt-3/.test(error.message);
  });
  await assert.rejects(client.images.generate({ model: "mock-image", prompt: "a fox", size: "1x1" }), OpenAI.UnprocessableEntityError);
});

test("what may have begun is asked once, and what was not begun is repeated", async () => {
  const ask = () => client.chat.completions.create({ model: "only-chat", messages: HI });
  const fault = (fault) => json("POST", `${SIMULATOR_URL}/_simulator/faults`, { requests: "POST /openai/*", fault });
  await fault("status=500; accept; times=1");
  await assert.rejects(ask(), OpenAI.InternalServerError);
  assert.deepEqual(await paid(SIMULATOR_URL), ["POST /v1/chat/completions"]);
  await fault("status=503; message=overloaded; times=1");
  await ask();
  assert.deepEqual(await paid(SIMULATOR_URL), ["POST /v1/chat/completions", "POST /v1/chat/completions"]);
});

test("a stream that breaks off ends in an error", async () => {
  await json("POST", `${SIMULATOR_URL}/_simulator/faults`, { requests: "POST /openai/*", fault: "cut=900" });
  const stream = await client.chat.completions.create({ model: "only-chat", messages: HI, stream: true });
  const read = async () => {
    for await (const chunk of stream) assert.ok(chunk.choices);
  };
  await assert.rejects(read(), OpenAI.APIError);
  assert.deepEqual(await paid(SIMULATOR_URL), ["POST /v1/chat/completions"]);
});

test("the next vendor serves where the first has begun nothing", async () => {
  await json("POST", `${SIMULATOR_URL}/_simulator/faults`, { requests: "POST /openai/*", fault: "status=503; message=overloaded" });
  for (const stream of [false, true]) {
    const { data, response } = await client.chat.completions.create({ model: "both-chat", messages: HI, stream }).withResponse();
    assert.equal(response.headers.get("fourfold-provider"), "second");
    if (stream) for await (const chunk of data) assert.ok(chunk.choices);
  }
  assert.deepEqual([await paid(SIMULATOR_URL), (await paid(SECOND_SIMULATOR_URL)).length], [[], 2]);
});
