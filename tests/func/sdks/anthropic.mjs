// Anthropic's SDK against the mock's /v1/messages.
import Anthropic from '@anthropic-ai/sdk';
import {
  assert, captured, check, collapse, collect, errorOf, QUESTION, RESULT, TOOLS,
} from './common.mjs';

const tools = TOOLS.map((t) => (
  { name: t.name, description: t.description, input_schema: t.schema }));
const user = { role: 'user', content: QUESTION };

function body(scenario, more = {}) {
  return { model: `claude-mock-${scenario}`, max_tokens: 200, messages: [user], ...more };
}

function shape(events) {
  return collapse(events.map((e) => (
    `${e.type}:${e.delta?.type ?? e.content_block?.type ?? ''}`)));
}

async function raw(c, scenario, more) {
  return collect(await c.messages.create({ ...body(scenario, more), stream: true }));
}

function likeCaptured({ events }, name) {
  const want = captured(`anthropic_sse/${name}.expected.json`);
  if (want) {
    assert.deepEqual(shape(events), shape(want.raw_iteration_events));
  }
}

function pick({ role, content, stop_reason: stop }) {
  return { role, content, stop };
}

async function texts(c) {
  for (const [scenario, reason, vector] of [['text', 'end_turn', 'text'],
    ['max-tokens', 'max_tokens'], ['filtered', 'refusal', 'refusal'],
    ['reasoning', 'end_turn', 'thinking'], ['empty', 'end_turn']]) {
    await check(`anthropic: ${scenario}, streamed and not, is the same`, async () => {
      const whole = await c.messages.create(body(scenario));
      const streamed = await c.messages.stream(body(scenario)).finalMessage();
      assert.equal(whole.stop_reason, reason);
      assert.deepEqual(pick(streamed), pick(whole));
      assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
      if (vector) {
        likeCaptured(await raw(c, scenario), vector);
      }
    });
  }
  await check('anthropic: thinking comes back unchanged or is refused', async () => {
    const first = await c.messages.create(body('reasoning'));
    const messages = [user, { role: 'assistant', content: first.content }, user];
    await c.messages.create(body('text', { messages }));
    first.content[0].thinking += ' changed';
    const error = await errorOf(c.messages.create(body('text', { messages })));
    assert.match(error.message, /signature/);
  });
}

async function toolRounds(c) {
  for (const [scenario, rounds, count] of [['tool', 1, 1], ['two-tools', 1, 2], ['chain', 2, 1],
    ['split', 1, 1]]) {
    await check(`anthropic: ${scenario}, to the end`, async () => {
      let messages = [user];
      for (let round = 0; round < rounds; round += 1) {
        const request = body(scenario, { messages, tools });
        const got = await c.messages.stream(request).finalMessage();
        const calls = got.content.filter((b) => b.type === 'tool_use');
        assert.equal(got.stop_reason, 'tool_use');
        assert.equal(calls.length, count);
        if (round === 0) {
          assert.equal(calls[0].name, 'search_product_catalog');
          assert.deepEqual(calls[0].input, { query: QUESTION, limit: 3 });
        }
        assert.deepEqual(pick(got), pick(await c.messages.create(request)));
        messages = [...messages, { role: 'assistant', content: got.content }, { role: 'user',
          content: calls.map(({ id }) => (
            { type: 'tool_result', tool_use_id: id, content: RESULT })) }];
      }
      const last = await c.messages.create(body(scenario, { messages, tools }));
      assert.equal(last.stop_reason, 'end_turn');
      assert.match(last.content[0].text, /Trailblazer/);
    });
  }
  await check('anthropic: max-tokens-tool, bad-json, unknown-tool', async () => {
    const cut = await raw(c, 'max-tokens-tool', { tools });
    likeCaptured(cut, 'max_tokens_mid_tool');
    const json = (got) => got.events.map((e) => e.delta?.partial_json ?? '').join('');
    assert.throws(() => JSON.parse(json(cut)), SyntaxError);
    const bad = await raw(c, 'bad-json', { tools });
    assert.throws(() => JSON.parse(json(bad)), SyntaxError);
    const unknown = await c.messages.create(body('unknown-tool', { tools }));
    assert.equal(unknown.content.at(-1).name, 'no_such_tool');
  });
}

async function failuresInStream(c) {
  await check('anthropic: cut is silent raw, an error of the helper', async () => {
    const want = captured('anthropic_sse/truncated.expected.json');
    const got = await raw(c, 'cut');
    likeCaptured(got, 'truncated');
    assert.equal(got.error ?? null, null);
    const error = await errorOf(c.messages.stream(body('cut')).finalMessage());
    assert.equal(error.message, want ? want.final_message_error.message : error.message);
  });
  await check('anthropic: cut-frame is an error of the connection', async () => {
    const { events, error } = await raw(c, 'cut-frame');
    assert.ok(error && events.length >= 4);
  });
  await check('anthropic: exception in the stream', async () => {
    const want = captured('anthropic_sse/error_overloaded_midstream.expected.json');
    const got = await raw(c, 'exception');
    likeCaptured(got, 'error_overloaded_midstream');
    assert.equal(got.error.type, 'overloaded_error');
    if (want) {
      assert.equal(got.error.message, want.raw_iteration_error.message);
    }
  });
}

async function errors(c, base, log) {
  const known = captured('anthropic/error_responses.json')?.cases ?? [];
  for (const [scenario, status, type, kind] of [
    ['validation', 400, 'invalid_request_error', 'BadRequestError'],
    ['access', 403, 'permission_error', 'PermissionDeniedError'],
    ['notfound', 404, 'not_found_error', 'NotFoundError'],
    ['throttled', 429, 'rate_limit_error', 'RateLimitError'],
    ['error500', 500, 'api_error', 'InternalServerError'],
    ['overloaded', 529, 'overloaded_error', 'OverloadedError']]) {
    await check(`anthropic: ${scenario} is ${kind}`, async () => {
      const error = await errorOf(c.messages.create(body(scenario)));
      assert.equal(error.status, status);
      assert.equal(error.type, type);
      assert.equal(error.constructor.name, kind);
      assert.equal(error.requestID, error.error.request_id);
      const want = known.find((k) => k.status === status);
      if (want) {
        assert.deepEqual([kind, type], [want.sdk_class, want.sdk_type]);
      }
    });
  }
  await check('anthropic: throttled once, then fine, by the SDK itself', async () => {
    const patient = new Anthropic({ apiKey: 'key', baseURL: base, maxRetries: 1 });
    const before = log().length;
    const messages = [{ role: 'user', content: 'another question' }];
    const got = await patient.messages.create(body('throttled', { messages }));
    assert.equal(got.stop_reason, 'end_turn');
    assert.deepEqual(log().slice(before).map((r) => r.status), [429, 200]);
  });
  await check('anthropic: the log holds no key', async () => {
    const last = log().at(-1);
    assert.match(last.headers.authorization, /^Bearer #[0-9a-f]{16}$/);
    assert.equal(JSON.parse(last.body).model, 'claude-mock-throttled');
  });
}

async function refusals(c) {
  const call = { type: 'tool_use', id: 'toolu_a', name: 'get_order', input: {} };
  const result = { type: 'tool_result', tool_use_id: 'toolu_a', content: 'x' };
  const asked = { role: 'assistant', content: [call] };
  const rows = [
    ['first message', { messages: [{ role: 'assistant', content: 'x' }] }, /first message must use/],
    ['no max_tokens', { max_tokens: undefined }, /max_tokens: Field required/],
    ['empty text', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      /must be non-empty/],
    ['empty content', { messages: [{ role: 'user', content: '' }] }, /non-empty content/],
    ['no result', { messages: [user, asked, user] }, /without `tool_result`/],
    ['a result nobody asked for', { messages: [user, { role: 'assistant', content: 'x' },
      { role: 'user', content: [result] }] }, /unexpected `tool_use_id`/],
    ['text before the result', { messages: [user, asked,
      { role: 'user', content: [{ type: 'text', text: 'x' }, result] }] }, /immediately after/],
    ['sampling with the new version', { temperature: 1 }, /temperature/],
  ];
  for (const [name, more, words] of rows) {
    await check(`anthropic: refused: ${name}`, async () => {
      const error = await errorOf(c.messages.create(body('text', more)));
      assert.equal(error.status, 400);
      assert.match(error.message, words);
    });
  }
  await check('anthropic: neighbours of one role are merged', async () => {
    await c.messages.create(body('text', { messages: [user, user] }));
  });
}

export async function checkAnthropic(mock) {
  const c = new Anthropic({ apiKey: 'key', baseURL: mock.base, maxRetries: 0 });
  await texts(c);
  await toolRounds(c);
  await failuresInStream(c);
  await errors(c, mock.base, mock.log);
  await refusals(c);
}
