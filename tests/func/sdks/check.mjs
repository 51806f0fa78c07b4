// check.mjs FOLDER: the three SDKs against the mock that MOCK_MODEL names.
import { checkAnthropic } from './anthropic.mjs';
import { checkAws } from './aws.mjs';
import { assert, check, failures, startMock } from './common.mjs';
import { checkOpenai } from './openai.mjs';

const mock = await startMock(process.argv[2]);
await checkAws(mock);
await checkAnthropic(mock);
await checkOpenai(mock);
await check('the mock ends when told', async () => {
  assert.equal(await mock.stop(), 0);
});
process.exit(failures() > 0 ? 1 : 0);
