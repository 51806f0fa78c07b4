// What the checks share: the mock, cases, the conversation about shoes, the captured data.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

export { assert };
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
export const QUESTION = 'Do you have red café shoes? 📦 And "socks"?';
export const TOOLS = [
  { name: 'escalate', description: 'Hand over.', schema: { type: 'object', properties: {} } },
  {
    name: 'search_product_catalog',
    description: 'Search.',
    schema: {
      type: 'object',
      properties: {
        query: { type: 'string' },
        limit: { type: 'integer', minimum: 3 },
        sort: { enum: ['price', 'name'] },
      },
      required: ['query', 'limit'],
    },
  },
  { name: 'get_order', description: 'An order.', schema: {
    type: 'object', properties: { order_id: { type: 'string' } }, required: ['order_id'] } },
];
export const RESULT = '{"found":"Trailblazer"}';

let failed = 0;

export async function check(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}`);
    console.error(`# ${name}: ${error.stack}`);
  }
}

export function failures() {
  return failed;
}

// Start the mock; {base, log(), stop()}.
export async function startMock(folder) {
  const log = path.join(folder, 'requests.jsonl');
  fs.rmSync(log, { force: true });
  const mock = spawn(process.env.MOCK_MODEL,
    ['--aws-secret', SECRET, '--log', log, '--retry-after', '0'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((done) => mock.on('exit', (code) => done(code)));
  const line = await new Promise((done, fail) => {
    readline.createInterface({ input: mock.stdout }).once('line', done);
    mock.once('error', fail);
    exited.then((code) => fail(new Error(`the mock ended at once: ${code}`)));
  });
  return {
    base: `http://${line.replace('listening on ', '')}`,
    log: () => fs.readFileSync(log, 'utf8').trim().split('\n').map((l) => JSON.parse(l)),
    stop: () => {
      mock.kill('SIGTERM');
      return exited;
    },
  };
}

// A captured file, parsed; undefined where the shared data is not there.
export function captured(name) {
  const file = path.join(process.env.DESKHAND_SHARED ?? '', 'vectors', 'captured', name);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}

// The error of PROMISE, which must fail.
export async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('there was no error');
}

// Read STREAM to its end; {events, error}.
export async function collect(stream) {
  const events = [];
  try {
    for await (const event of stream) {
      events.push(event);
    }
  } catch (error) {
    return { events, error };
  }
  return { events };
}

// KINDS without neighbours that are equal.
export function collapse(kinds) {
  return kinds.filter((kind, i) => i === 0 || kind !== kinds[i - 1]);
}
