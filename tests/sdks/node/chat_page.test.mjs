// The web page of docs/chat.md, as it stands there: with a document that has just enough for it, over a real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";

const { FOURFOLD_URL, FOURFOLD_ADMIN_KEY, FOURFOLD_DOCS } = process.env;

const account = `page-${process.pid}`;
let key;
let script;

async function post(path, body, by = FOURFOLD_ADMIN_KEY) {
  const headers = { authorization: `Bearer ${by}`, "content-type": "application/json" };
  const answer = await fetch(`${FOURFOLD_URL}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  assert.ok(answer.ok, `${path}: ${text}`);
  return JSON.parse(text);
}

// Opens the page: its lines, and what its form does.
async function open() {
  const lines = [];
  const input = { value: "" };
  let submit;
  const places = {
    said: { appendChild: (line) => lines[lines.push(line) - 1] },
    message: input,
    form: { addEventListener: (_name, heard) => (submit = heard) },
  };
  globalThis.document = { createElement: () => ({}), getElementById: (id) => places[id] };
  await import(`data:text/javascript,${encodeURIComponent(`${script}\n// ${Math.random()}`)}`);
  const say = async (text) => {
    input.value = text;
    await submit({ preventDefault() {} });
  };
  return { lines, say };
}

before(async () => {
  await post(`/api/v1/admin/accounts/${account}/grants`, { credits: "1" });
  ({ key } = await post("/api/v1/admin/keys", { kind: "user", account, scopes: ["chat"] }));
  const page = readFileSync(`${FOURFOLD_DOCS}/chat.md`, "utf8").match(/^```html\n(.*?)^```$/ms)[1];
  script = page.match(/<script type="module">\n(.*?)<\/script>/s)[1];
  for (const [written, meant] of [
    ["http://127.0.0.1:8080", FOURFOLD_URL],
    ["the key in alice.key", key],
    ['"alice:foxes"', JSON.stringify(account)],
  ]) {
    assert.ok(script.includes(written), written);
    script = script.replace(written, meant);
  }
});

test("the page shows the answer as it comes, and what was said when it is opened again", async () => {
  const { lines, say } = await open();
  assert.deepEqual(lines, []);
  await say("Where do foxes live?");
  assert.deepEqual(lines.map(({ className }) => className), ["user", "assistant"]);
  assert.match(lines[1].textContent, /foxes/);
  await say("And in winter?");
  const again = await open();
  assert.deepEqual(again.lines, lines);
  assert.equal(again.lines.length, 4);
});

test("the page says why a message isn't answered", async () => {
  const { lines, say } = await open();
  await say("");
  assert.match(lines.at(-1).textContent, /message/);
  assert.equal(lines.at(-1).className, "error");
});

test("the page shows the end of what was said, where it is more than it shows", async () => {
  for (let number = 0; number <= 50; number++) {
    await post(`/api/chat/${account}`, { message: `Fox ${number}?` }, key);
  }
  const { lines } = await open();
  assert.equal(lines.length, 100);
  assert.deepEqual([lines[0].className, lines[0].textContent], ["user", "Fox 1?"]);
  assert.deepEqual([lines.at(-2).className, lines.at(-2).textContent], ["user", "Fox 50?"]);
  assert.equal(lines.at(-1).className, "assistant");
});

test("the page takes an answer whose end doesn't come for broken", async (context) => {
  const { lines, say } = await open();
  const cut = 'event: delta\ndata: {"text":"In "}\n\n';
  context.mock.method(globalThis, "fetch", async () => new Response(cut));
  await say("Where do foxes live?");
  assert.equal(lines.at(-2).textContent, "In ");
  assert.deepEqual([lines.at(-1).className, lines.at(-1).textContent], ["error", "The connection broke off."]);
});
