// The AWS SDK against the mock: Converse and InvokeModel, streamed and not.
import {
  BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import {
  assert, captured, check, collapse, collect, errorOf, QUESTION, RESULT, SECRET, TOOLS,
} from './common.mjs';

const toolConfig = {
  tools: TOOLS.map((t) => ({
    toolSpec: { name: t.name, description: t.description, inputSchema: { json: t.schema } },
  })),
};
const user = { role: 'user', content: [{ text: QUESTION }] };

function client(base, options = {}) {
  // HTTP/1.1: the SDK's own choice for this service is HTTP/2, which the mock does not speak.
  return new BedrockRuntimeClient({
    endpoint: base, region: 'us-east-1', maxAttempts: 1, requestHandler: new NodeHttpHandler(),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET }, ...options,
  });
}

function input(scenario, more = {}) {
  return { modelId: `anthropic.mock.${scenario}-v1:0`, messages: [user], ...more };
}

async function stream(c, scenario, more) {
  const output = await c.send(new ConverseStreamCommand(input(scenario, more)));
  assert.equal(output.$metadata.httpStatusCode, 200);
  assert.match(output.$metadata.requestId, /^[0-9a-f-]{36}$/);
  return collect(output.stream);
}

// What a client builds from the events: {message, stopReason, usage}.
function assemble(events) {
  const blocks = [];
  const result = { message: { role: undefined, content: blocks } };
  for (const e of events) {
    if (e.messageStart) {
      result.message.role = e.messageStart.role;
    } else if (e.contentBlockStart) {
      blocks[e.contentBlockStart.contentBlockIndex] =
        { toolUse: { ...e.contentBlockStart.start.toolUse, input: '' } };
    } else if (e.contentBlockDelta) {
      const { contentBlockIndex: i, delta } = e.contentBlockDelta;
      if (delta.text !== undefined) {
        blocks[i] = { text: (blocks[i]?.text ?? '') + delta.text };
      } else if (delta.toolUse) {
        blocks[i].toolUse.input += delta.toolUse.input;
      } else if (delta.reasoningContent?.redactedContent) {
        blocks[i] = { reasoningContent: delta.reasoningContent };
      } else {
        const now = blocks[i]?.reasoningContent.reasoningText ?? { text: '' };
        now.text += delta.reasoningContent.text ?? '';
        now.signature = delta.reasoningContent.signature ?? now.signature;
        blocks[i] = { reasoningContent: { reasoningText: now } };
      }
    } else if (e.messageStop) {
      result.stopReason = e.messageStop.stopReason;
    } else if (e.metadata) {
      result.usage = e.metadata.usage;
    }
  }
  return result;
}

function parseInputs(result) {
  for (const block of result.message.content) {
    if (block.toolUse) {
      block.toolUse.input = JSON.parse(block.toolUse.input);
    }
  }
  return result;
}

function shape(events) {
  return collapse(events.map((e) => {
    const [name] = Object.keys(e);
    const delta = e.contentBlockDelta?.delta;
    const inner = delta && Object.keys(delta)[0];
    const deeper = inner === 'reasoningContent' ? `.${Object.keys(delta.reasoningContent)[0]}` : '';
    return `${name}${inner ? `:${inner}${deeper}` : ''}`;
  }));
}

function likeCaptured(events, name) {
  const want = captured(`eventstream/${name}.expected.json`);
  if (want) {
    assert.deepEqual(shape(events), shape(want.sdk_events));
  }
}

function calls(message) {
  return message.content.filter((b) => b.toolUse).map((b) => b.toolUse);
}

// Answer the calls of MESSAGE and go on.
function withResults(messages, message) {
  const content = calls(message).map(({ toolUseId }) => (
    { toolResult: { toolUseId, content: [{ json: JSON.parse(RESULT) }] } }));
  return [...messages, message, { role: 'user', content }];
}

async function texts(c) {
  await check('aws: text, streamed and not, is the same', async () => {
    const whole = await c.send(new ConverseCommand(input('text')));
    const { events, error } = await stream(c, 'text');
    assert.equal(error, undefined);
    likeCaptured(events, 'text');
    const streamed = assemble(events);
    assert.deepEqual(streamed.message, whole.output.message);
    assert.equal(streamed.stopReason, 'end_turn');
    assert.equal(whole.stopReason, 'end_turn');
    assert.deepEqual(streamed.usage, whole.usage);
    assert.equal(whole.usage.totalTokens, whole.usage.inputTokens + whole.usage.outputTokens);
    assert.match(whole.output.message.content[0].text, /red café shoes\? 📦/);
  });
  await check('aws: an ARN as model, encoded and signed', async () => {
    const modelId = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.mock.text-v1:0';
    const whole = await c.send(new ConverseCommand({ modelId, messages: [user] }));
    assert.equal(whole.stopReason, 'end_turn');
  });
  for (const [scenario, reason, vector] of [['max-tokens', 'max_tokens'],
    ['filtered', 'content_filtered'], ['empty', 'end_turn', 'empty_answer'],
    ['reasoning', 'end_turn', 'reasoning']]) {
    await check(`aws: ${scenario}`, async () => {
      const { events, error } = await stream(c, scenario);
      assert.equal(error, undefined);
      if (vector) {
        likeCaptured(events, vector);
      }
      const streamed = assemble(events);
      assert.equal(streamed.stopReason, reason);
      const whole = await c.send(new ConverseCommand(input(scenario)));
      assert.equal(whole.stopReason, reason);
      assert.deepEqual(streamed.message, whole.output.message);
    });
  }
  await check('aws: maxTokens is obeyed', async () => {
    const whole = await c.send(
      new ConverseCommand(input('text', { inferenceConfig: { maxTokens: 3 } })));
    assert.equal(whole.stopReason, 'max_tokens');
    assert.equal(whole.output.message.content[0].text.split(' ').length, 3);
  });
}

async function tools(c) {
  for (const [scenario, rounds, count] of [['tool', 1, 1], ['two-tools', 1, 2], ['chain', 2, 1],
    ['split', 1, 1]]) {
    await check(`aws: ${scenario}, to the end`, async () => {
      let messages = [user];
      for (let round = 0; round < rounds; round += 1) {
        const { events } = await stream(c, scenario, { messages, toolConfig });
        const got = parseInputs(assemble(events));
        assert.equal(got.stopReason, 'tool_use');
        assert.equal(calls(got.message).length, count);
        const names = calls(got.message).map((call) => call.name);
        assert.equal(names[0], round === 0 ? 'search_product_catalog' : 'get_order');
        if (round === 0) {
          assert.deepEqual(calls(got.message)[0].input, { query: QUESTION, limit: 3 });
        }
        if (scenario === 'two-tools') {
          likeCaptured(events, 'tool_use_split_json');
          assert.equal(new Set(calls(got.message).map((call) => call.toolUseId)).size, 2);
        }
        const whole = await c.send(new ConverseCommand(input(scenario, { messages, toolConfig })));
        assert.deepEqual(whole.output.message, got.message);
        messages = withResults(messages, got.message);
      }
      const last = await c.send(new ConverseCommand(input(scenario, { messages, toolConfig })));
      assert.equal(last.stopReason, 'end_turn');
      assert.match(last.output.message.content[0].text, /Trailblazer/);
    });
  }
  await check('aws: split arguments come in tiny pieces', async () => {
    const { events } = await stream(c, 'split', { toolConfig });
    const pieces = events.map((e) => e.contentBlockDelta?.delta.toolUse?.input)
      .filter((piece) => piece !== undefined);
    assert.equal(pieces[0], '');
    assert.ok(pieces.length > 20 && pieces.every((piece) => piece.length <= 3));
  });
  await check('aws: unknown-tool, bad-json, max-tokens-tool', async () => {
    const unknown = parseInputs(assemble((await stream(c, 'unknown-tool', { toolConfig })).events));
    assert.equal(calls(unknown.message)[0].name, 'no_such_tool');
    const bad = assemble((await stream(c, 'bad-json', { toolConfig })).events);
    assert.throws(() => JSON.parse(calls(bad.message)[0].input), SyntaxError);
    const whole = await c.send(new ConverseCommand(input('bad-json', { toolConfig })));
    assert.equal(whole.stopReason, 'malformed_tool_use');
    const { events } = await stream(c, 'max-tokens-tool', { toolConfig });
    likeCaptured(events, 'max_tokens_mid_tool');
    assert.equal(assemble(events).stopReason, 'max_tokens');
    assert.throws(() => JSON.parse(calls(assemble(events).message)[0].input), SyntaxError);
  });
}

async function failuresInStream(c) {
  await check('aws: cut ends without a word, as the SDK has it', async () => {
    for (const scenario of ['cut', 'cut-tool']) {
      const { events, error } = await stream(c, scenario, { toolConfig });
      const want = captured('eventstream/truncated_after_frame.expected.json');
      assert.equal(error ?? null, want ? want.sdk_error : null);
      assert.ok(events.length >= 3 && !events.some((e) => e.messageStop));
    }
  });
  await check('aws: cut-frame is an error of the connection', async () => {
    const { events, error } = await stream(c, 'cut-frame');
    assert.ok(error && events.length >= 3);
  });
  await check('aws: exception in the stream', async () => {
    const { events, error } = await stream(c, 'exception');
    assert.equal(error.name, 'ThrottlingException');
    assert.equal(error.message, 'Too many tokens, please wait before trying again.');
    likeCaptured(events, 'throttling_midstream');
  });
  await check('aws: stall sends text and then nothing', async () => {
    const stop = new AbortController();
    const output = await c.send(new ConverseStreamCommand(input('stall')),
      { abortSignal: stop.signal });
    let seen = 0;
    const timer = setTimeout(() => stop.abort(), 400);
    await errorOf((async () => {
      for await (const event of output.stream) {
        seen += event.contentBlockDelta ? 1 : 0;
      }
    })());
    clearTimeout(timer);
    assert.equal(seen, 3);
  });
}

async function errors(c, base, log) {
  const cases = [['validation', 400, 'ValidationException', 'client'],
    ['access', 403, 'AccessDeniedException', 'client'],
    ['notfound', 404, 'ResourceNotFoundException', 'client'],
    ['throttled', 429, 'ThrottlingException', 'client'],
    ['error500', 500, 'InternalServerException', 'server'],
    ['overloaded', 503, 'ServiceUnavailableException', 'server']];
  const known = captured('aws_errors/error_responses.json')?.cases ?? [];
  for (const [scenario, status, name, fault] of cases) {
    await check(`aws: ${scenario} is ${name}`, async () => {
      const error = await errorOf(c.send(new ConverseStreamCommand(input(scenario))));
      assert.equal(error.name, name);
      assert.equal(error.$metadata.httpStatusCode, status);
      assert.equal(error.$fault, fault);
      const want = known.find((k) => k.sdk_error_name === name);
      if (want && scenario !== 'validation') {
        assert.equal(error.message, want.sdk_message);
      }
    });
  }
  await check('aws: throttled once, then fine, by the SDK itself', async () => {
    const patient = client(base, { maxAttempts: 2 });
    const before = log().length;
    const question = [{ role: 'user', content: [{ text: 'another question' }] }];
    const whole = await patient.send(new ConverseCommand(input('throttled', {
      messages: question })));
    assert.equal(whole.stopReason, 'end_turn');
    assert.deepEqual(log().slice(before).map((r) => r.status), [429, 200]);
    assert.equal(whole.$metadata.attempts, 2);
  });
  await check('aws: a wrong secret and no credentials are refused', async () => {
    const wrong = client(base, { credentials: { accessKeyId: 'A', secretAccessKey: 'wrong' } });
    const error = await errorOf(wrong.send(new ConverseCommand(input('text'))));
    assert.equal(error.name, 'InvalidSignatureException');
    const bearer = client(base, { token: { token: 'key' }, authSchemePreference: ['httpBearerAuth'] });
    assert.equal((await bearer.send(new ConverseCommand(input('text')))).stopReason, 'end_turn');
  });
}

async function histories(c) {
  const call = { toolUse: { toolUseId: 'tooluse_a', name: 'get_order', input: {} } };
  const result = { toolResult: { toolUseId: 'tooluse_a', content: [{ text: 'x' }] } };
  const said = { role: 'assistant', content: [{ text: 'Hello.' }] };
  const asked = { role: 'assistant', content: [call] };
  const document = { document: { format: 'txt', name: 'a.txt',
    source: { bytes: new Uint8Array([65]) } } };
  const rows = [
    ['starts with the assistant', [said], {}, /must start with a user/],
    ['two users in a row', [user, user], {}, /must alternate/],
    ['no content', [{ role: 'user', content: [] }], {}, /content field in the Message/],
    ['blank text', [{ role: 'user', content: [{ text: ' \n' }] }], {}, /is blank/],
    ['a call without result', [user, asked, user], { toolConfig }, /Expected toolResult/],
    ['a call at the end', [user, asked], { toolConfig }, /Expected toolResult/],
    ['results without toolConfig', [user, asked, { role: 'user', content: [result] }], {},
      /toolConfig field must be defined/],
    ['too many results', [user, asked, { role: 'user', content: [result, result] }],
      { toolConfig }, /exceeds the number/],
    ['text before the result',
      [user, asked, { role: 'user', content: [{ text: 'x' }, result] }], { toolConfig }, /first/],
    ['an empty error', [user, asked, { role: 'user', content: [{ toolResult: {
      toolUseId: 'tooluse_a', content: [], status: 'error' } }] }], { toolConfig }, /is empty/],
    ['a result that is an array', [user, asked, { role: 'user', content: [{ toolResult: {
      toolUseId: 'tooluse_a', content: [{ json: [1] }] } }] }], { toolConfig }, /json object/],
    ['input that is no object', [user, { role: 'assistant', content: [{ toolUse: {
      toolUseId: 'a', name: 'x', input: [1] } }] }], { toolConfig }, /json object/],
    ['a schema without type', [user], { toolConfig: { tools: [{ toolSpec: { name: 'x',
      inputSchema: { json: {} } } }] } }, /must be one of the following: object/],
    ['a document with a dot', [{ role: 'user', content: [{ text: 'x' }, document] }], {},
      /document file name/],
    ['half a surrogate pair', [{ role: 'user', content: [{ text: 'x\ud800' }] }], {}, /JSON|UTF-8/],
  ];
  for (const [name, messages, more, words] of rows) {
    await check(`aws: refused: ${name}`, async () => {
      const error = await errorOf(
        c.send(new ConverseCommand(input('text', { messages, ...more }))));
      assert.equal(error.name, 'ValidationException');
      assert.match(error.message, words);
    });
  }
}

async function invoke(c) {
  const body = JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31', max_tokens: 200,
    messages: [{ role: 'user', content: QUESTION }],
    tools: TOOLS.map((t) => ({ name: t.name, input_schema: t.schema })),
  });
  const decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
  const streamOf = async (scenario) => {
    const output = await c.send(new InvokeModelWithResponseStreamCommand(
      { modelId: `mock.${scenario}:0`, contentType: 'application/json', body }));
    const { events, error } = await collect(output.body);
    return { events: events.map((e) => decode(e.chunk.bytes)), error };
  };
  const kinds = (events) => collapse(events.map((e) => `${e.type}:${e.delta?.type ?? ''}`));
  await check('aws: invoke, streamed and not', async () => {
    const output = await c.send(new InvokeModelCommand(
      { modelId: 'mock.tool:0', contentType: 'application/json', body }));
    const whole = decode(output.body);
    assert.equal(whole.stop_reason, 'tool_use');
    const { events, error } = await streamOf('tool');
    assert.equal(error, undefined);
    const want = captured('eventstream/invoke_text_and_tool.expected.json');
    if (want) {
      assert.deepEqual(kinds(events), kinds(want.sdk_events));
    }
    const json = events.map((e) => e.delta?.partial_json ?? '').join('');
    assert.deepEqual(JSON.parse(json), whole.content[1].input);
    assert.ok(events.at(-1)['amazon-bedrock-invocationMetrics'].inputTokenCount > 0);
  });
  await check('aws: invoke: exception, cut, refused body', async () => {
    assert.equal((await streamOf('exception')).error.name, 'ThrottlingException');
    const cut = await streamOf('cut');
    assert.equal(cut.error, undefined);
    assert.ok(!cut.events.some((e) => e.type === 'message_stop'));
    const error = await errorOf(c.send(new InvokeModelCommand(
      { modelId: 'mock.text', contentType: 'application/json', body: '{"max_tokens":1}' })));
    assert.equal(error.name, 'ValidationException');
    assert.match(error.message, /anthropic_version/);
  });
}

export async function checkAws(mock) {
  const c = client(mock.base);
  await texts(c);
  await tools(c);
  await failuresInStream(c);
  await errors(c, mock.base, mock.log);
  await histories(c);
  await invoke(c);
}
