// check.mjs DESK: the protocol's own clients, of both generations, against `deskhand mcp` on DESK.
import assert from 'node:assert/strict';
import * as modern from '@modelcontextprotocol/client';
import * as modernStdio from '@modelcontextprotocol/client/stdio';
import * as legacy from '@modelcontextprotocol/sdk/client/index.js';
import * as legacyStdio from '@modelcontextprotocol/sdk/client/stdio.js';

const CLIENTS = [
  { name: 'sdk 1', kit: legacy, stdio: legacyStdio, options: {} },
  { name: 'sdk 2', kit: modern, stdio: modernStdio, options: {} },
  { name: 'sdk 2, probing', kit: modern, stdio: modernStdio, modern: true,
    options: { versionNegotiation: { mode: 'auto' } } },
  { name: 'sdk 2, pinned', kit: modern, stdio: modernStdio, modern: true,
    options: { versionNegotiation: { mode: { pin: '2026-07-28' } } } },
];
const TOOLS = ['get_product', 'lookup_troubleshooting_steps', 'search_product_catalog'];

let failed = 0;

async function check(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}`);
    console.error(`# ${name}: ${error.stack}`);
  }
}

// Every item of a list, page after page.
async function all(list, key) {
  const items = [];
  let cursor;
  do {
    const page = await list(cursor === undefined ? undefined : { cursor });
    items.push(...page[key]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return items;
}

async function useTools(client) {
  const tools = await all((page) => client.listTools(page), 'tools');
  assert.deepEqual(tools.map((tool) => tool.name).sort(), TOOLS);
  const found = await client.callTool({
    name: 'search_product_catalog', arguments: { query: 'motion sensr', limit: 1 } });
  assert.ok(!found.isError);
  assert.equal(found.structuredContent.products[0].id, 'HS-SENS-MOT');
  const wrong = await client.callTool({ name: 'get_product', arguments: { id: 7 } });
  assert.ok(wrong.isError);
  assert.match(wrong.content[0].text, /\/id: expected a string/);
  await assert.rejects(client.callTool({ name: 'escalate_to_human', arguments: {} }),
    (error) => error.code === -32602 && /unknown tool/.test(error.message));
}

async function useResources(client) {
  const items = await all((page) => client.listResources(page), 'resources');
  assert.ok(items.length > 100, `${items.length} resources`);
  for (const { uri } of items.slice(0, 3)) {
    const { contents } = await client.readResource({ uri });
    assert.equal(contents[0].uri, uri);
    assert.ok(uri.endsWith(JSON.parse(contents[0].text).id));
  }
  await assert.rejects(client.readResource({ uri: 'deskhand://articles/none' }), /no article/);
  const templates = await all((page) => client.listResourceTemplates(page), 'resourceTemplates');
  assert.deepEqual(templates.map((t) => t.uriTemplate),
    ['deskhand://articles/{id}', 'deskhand://products/{id}']);
}

async function usePrompts(client) {
  const prompts = await all((page) => client.listPrompts(page), 'prompts');
  assert.deepEqual(prompts.map((p) => p.name), ['customer_service', 'technical_expert', 'tutor']);
  const filled = await client.getPrompt({ name: 'tutor', arguments: { bot_name: 'Bo' } });
  assert.match(filled.messages[0].content.text, /^You are Bo of Hearth & Signal/);
}

// Called off before the answer can come: the client hears of it, and the server goes on.
async function cancel(client) {
  const stop = new AbortController();
  const call = client.readResource({ uri: 'deskhand://articles/none' }, { signal: stop.signal });
  stop.abort('changed my mind');
  await assert.rejects(call, /changed my mind/);
  const many = await Promise.all(Array.from({ length: 50 }, () => client.callTool({
    name: 'search_product_catalog', arguments: { query: 'smart light' } })));
  assert.equal(many.filter((result) => !result.isError).length, 50);
}

for (const { name, kit, stdio, options, modern: stateless } of CLIENTS) {
  const errors = [];
  const client = new kit.Client({ name: 'test', version: '1' }, options);
  client.onerror = (error) => errors.push(error.message);
  const transport = new stdio.StdioClientTransport({
    command: process.env.DESKHAND, args: ['--desk', process.argv[2], 'mcp'], stderr: 'inherit' });
  await check(`${name}: connects`, async () => {
    await client.connect(transport);
    assert.equal(client.getServerVersion().name, 'deskhand');
    assert.match(client.getInstructions(), /Hearth & Signal/);
    assert.deepEqual(client.getServerCapabilities(), { tools: {}, resources: {}, prompts: {} });
    if (stateless) {
      assert.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
    } else {
      await client.ping();
    }
  });
  await check(`${name}: tools`, () => useTools(client));
  await check(`${name}: resources`, () => useResources(client));
  await check(`${name}: prompts`, () => usePrompts(client));
  await check(`${name}: cancelling, and many at once`, () => cancel(client));
  await check(`${name}: nothing strange, and an end`, async () => {
    await client.close();
    // The answer may have been under way when it was called off.
    const strange = errors.filter((words) => !/unknown message ID.*articles\/none/.test(words));
    assert.deepEqual(strange, []);
    assert.ok(errors.length <= 1);
  });
}
process.exit(failed > 0 ? 1 : 0);
