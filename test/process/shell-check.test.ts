import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkScripts } from '../../src/process/shell-check.ts';

describe('what sh -n says of scripts', () => {
  test('each gets its own answer, in the order of the scripts', async () => {
    const scripts = [
      'echo one\n',
      'if true; then\n  echo two\n',
      '',
      "echo 'open\n",
      'cat <<EOF\nnever ended\n',
      'fi\n',
      'for x in a b; do\n  echo $x\ndone\n',
    ];
    const found = await checkScripts(scripts);
    expect(found.map((problem) => problem?.line)).toEqual([
      undefined,
      expect.any(Number),
      undefined,
      expect.any(Number),
      undefined,
      1,
      undefined,
    ]);
    expect(found[5]?.message).toMatch(/syntax error.*fi/i);
  });

  test('no script is run, whatever stands in it', async () => {
    const trace = join(tmpdir(), `domstart-shell-check-${process.pid}`);
    const hostile = [
      `touch ${trace}\n`,
      `}\ntouch ${trace}\n{\n`,
      `EOF\ntouch ${trace}\n`,
      `$(touch ${trace})\n\`touch ${trace}\`\n`,
      `end-0\n'\ntouch ${trace}\n`,
      `set +n\ntouch ${trace}\n`,
      `trap 'touch ${trace}' EXIT\nexit\n`,
    ];
    await checkScripts(hostile);
    expect(existsSync(trace)).toBe(false);
  });

  test('many are checked by few shells', async () => {
    const scripts = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? 'case x in\n' : `${'# long\n'.repeat(index * 20)}echo ${index}`,
    );
    const found = await checkScripts(scripts);
    expect(found).toHaveLength(300);
    expect(found.flatMap((problem, index) => (problem ? [index % 3] : []))).toEqual(
      new Array(100).fill(0),
    );
  });

  test('of nothing there is nothing to say', async () => {
    expect(await checkScripts([])).toEqual([]);
  });

  test('a NUL in a script takes nobody else along', async () => {
    expect(await checkScripts(['echo \0\n', 'done\n'])).toEqual([
      undefined,
      expect.objectContaining({ line: 1 }),
    ]);
  });

  test('it can be cut short', async () => {
    await expect(checkScripts(['echo\n'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
