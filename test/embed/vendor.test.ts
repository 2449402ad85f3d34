import { expect, test } from 'vitest';
import { createEngine, DomstartError, parseJob } from '../../src/index.ts';

test('what only one vendor’s init does is refused by its name, not left out', () => {
  const text = 'import A\ntmpfiles /usr/lib/tmpfiles.d/a.conf\nexec true\n';
  const { job } = parseJob({ text, file: 'a.conf', dialect: 'chromeos' });
  expect(job).toBeDefined();
  const load = () => createEngine({ jobs: job === undefined ? [] : [job] });
  expect(load).toThrow(DomstartError);
  expect(load).toThrow('job a: `tmpfiles` is not built');
});
