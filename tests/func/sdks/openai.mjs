// OpenAI's SDK against the mock's chat completions.
import OpenAI from 'openai';
import {
  assert, captured, check, collect, errorOf, QUESTION, RESULT, TOOLS,
} from './common.mjs';

const tools = TOOLS.map((t) => ({
  type: 'function',
  function: { name: t.name, description: t.description, parameters: t.schema },
}));
const user = { role: 'user', content: QUESTION };

function body(scenario, more = {}) {
  return { model: `mock.${scenario}`, messages: [user], ...more };
}

async function raw(c, scenario, more) {
  return collect(await c.chat.completions.create({ ...body(scenario, more), stream: true }));
}

// The helper's assembly of a stream.
function helped(c, scenario, more) {
  return c.chat.completions.stream(
    body(scenario, { stream_options: { include_usage: true }, ...more })).finalChatCompletion();
}

function calls(completion) {
  return (completion.choices[0].message.tool_calls ?? []).map(({ id, type, function: f }) => (
    { id, type, function: { name: f.name, arguments: f.arguments } }));
}

async function texts(c) {
  for (const [scenario, reason] of [['text', 'stop'], ['max-tokens', 'length'],
    ['filtered', 'content_filter'], ['reasoning', 'stop']]) {
    await check(`openai: ${scenario}, streamed and not, is the same`, async () => {
      const whole = await c.chat.completions.create(body(scenario));
      const got = await helped(c, scenario);
      assert.equal(whole.choices[0].finish_reason, reason);
      assert.equal(got.choices[0].finish_reason, reason);
      assert.equal(got.choices[0].message.content || null, whole.choices[0].message.content);
      assert.equal(got.choices[0].message.refusal || null, whole.choices[0].message.refusal);
      assert.equal(got.usage.total_tokens, got.usage.prompt_tokens + got.usage.completion_tokens);
      assert.equal(whole.usage.completion_tokens, got.usage.completion_tokens);
    });
  }
  await check('openai: reasoning stands apart', async () => {
    const { events } = await raw(c, 'reasoning');
    const text = events.map((e) => e.choices[0].delta.reasoning_content ?? '').join('');
    assert.match(text, /Let me think/);
  });
  await check('openai: usage only when asked for', async () => {
    const without = await raw(c, 'text');
    assert.ok(without.events.every((e) => !e.usage && e.choices.length === 1));
    const { events } = await raw(c, 'text', { stream_options: { include_usage: true } });
    assert.deepEqual(events.at(-1).choices, []);
    assert.ok(events.at(-1).usage.prompt_tokens > 0);
  });
  await check('openai: models', async () => {
    const ids = (await c.models.list()).data.map((m) => m.id);
    assert.ok(ids.includes('mock.two-tools') && ids.length > 20);
  });
}

async function toolRounds(c) {
  for (const [scenario, rounds, count] of [['tool', 1, 1], ['two-tools', 1, 2], ['chain', 2, 1],
    ['split', 1, 1]]) {
    await check(`openai: ${scenario}, to the end`, async () => {
      let messages = [user];
      for (let round = 0; round < rounds; round += 1) {
        const got = await helped(c, scenario, { messages, tools });
        const made = calls(got);
        assert.equal(got.choices[0].finish_reason, 'tool_calls');
        assert.equal(made.length, count);
        if (round === 0) {
          assert.equal(made[0].function.name, 'search_product_catalog');
          assert.deepEqual(JSON.parse(made[0].function.arguments), { query: QUESTION, limit: 3 });
        }
        messages = [...messages, { role: 'assistant', content: null, tool_calls: made },
          ...made.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: RESULT }))];
      }
      const last = await c.chat.completions.create(body(scenario, { messages, tools }));
      assert.equal(last.choices[0].finish_reason, 'stop');
      assert.match(last.choices[0].message.content, /Trailblazer/);
    });
  }
  await check('openai: bad-json, unknown-tool, max-tokens-tool', async () => {
    const bad = await c.chat.completions.create(body('bad-json', { tools }));
    assert.throws(() => JSON.parse(calls(bad)[0].function.arguments), SyntaxError);
    const unknown = await helped(c, 'unknown-tool', { tools });
    assert.equal(calls(unknown)[0].function.name, 'no_such_tool');
    const cut = await helped(c, 'max-tokens-tool', { tools });
    assert.equal(cut.choices[0].finish_reason, 'length');
    assert.throws(() => JSON.parse(calls(cut)[0].function.arguments), SyntaxError);
  });
}

async function failuresInStream(c) {
  await check('openai: cut is silent raw, an error of the helper', async () => {
    const want = captured('openai_sse/truncated_no_done.expected.json');
    assert.equal((await raw(c, 'cut')).error, undefined);
    const error = await errorOf(helped(c, 'cut'));
    assert.equal(error.message, want ? want.sdk_helper_error.message : error.message);
  });
  await check('openai: cut-frame is an error of the connection', async () => {
    assert.ok((await raw(c, 'cut-frame')).error);
  });
  await check('openai: exception in the stream', async () => {
    const { events, error } = await raw(c, 'exception');
    assert.ok(events.length >= 3);
    assert.equal(error.message, 'The server had an error while processing your request');
  });
}

async function errors(c, base, log) {
  const known = captured('openai/error_responses.json')?.cases ?? [];
  for (const [scenario, status, kind, code] of [['validation', 400, 'BadRequestError', null],
    ['access', 403, 'PermissionDeniedError', null],
    ['notfound', 404, 'NotFoundError', 'model_not_found'],
    ['throttled', 429, 'RateLimitError', 'rate_limit_exceeded'],
    ['error500', 500, 'InternalServerError', null],
    ['overloaded', 503, 'InternalServerError', null]]) {
    await check(`openai: ${scenario} is ${kind}`, async () => {
      const error = await errorOf(c.chat.completions.create(body(scenario)));
      assert.equal(error.status, status);
      assert.equal(error.constructor.name, kind);
      assert.equal(error.code, code);
      assert.match(error.requestID, /^req_/);
      const want = known.find((k) => k.status === status);
      if (want) {
        assert.deepEqual([kind, code, error.type],
          [want.sdk_class, want.sdk_code, want.sdk_type]);
      }
    });
  }
  await check('openai: throttled once, then fine, by the SDK itself', async () => {
    const patient = new OpenAI({ apiKey: 'key', baseURL: `${base}/v1`, maxRetries: 1 });
    const before = log().length;
    const messages = [{ role: 'user', content: 'another question' }];
    const got = await patient.chat.completions.create(body('throttled', { messages }));
    assert.equal(got.choices[0].finish_reason, 'stop');
    assert.deepEqual(log().slice(before).map((r) => r.status), [429, 200]);
  });
}

async function refusals(c) {
  const asked = { role: 'assistant', content: null, tool_calls: [{ id: 'call_a', type: 'function',
    function: { name: 'get_order', arguments: '{}' } }] };
  const broken = structuredClone(asked);
  broken.tool_calls[0].function.arguments = '{';
  const result = { role: 'tool', tool_call_id: 'call_a', content: 'x' };
  for (const [name, messages, words] of [
    ['a call without result', [user, asked, user], /must be followed by tool messages/],
    ['a call at the end', [user, asked], /must be followed by tool messages/],
    ['a result nobody asked for', [user, result], /must be a response/],
    ['arguments that are no JSON', [user, broken, result], /valid JSON/],
    ['no messages', [], /empty array/]]) {
    await check(`openai: refused: ${name}`, async () => {
      const error = await errorOf(c.chat.completions.create(body('text', { messages })));
      assert.equal(error.status, 400);
      assert.match(error.message, words);
    });
  }
}

export async function checkOpenai(mock) {
  const c = new OpenAI({ apiKey: 'key', baseURL: `${mock.base}/v1`, maxRetries: 0 });
  await texts(c);
  await toolRounds(c);
  await failuresInStream(c);
  await errors(c, mock.base, mock.log);
  await refusals(c);
}
