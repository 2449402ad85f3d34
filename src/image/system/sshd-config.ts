/** What may not be, whatever a configuration says. */
const REFUSED = ['PermitRootLogin', 'PermitEmptyPasswords'] as const;

const SETTING = new RegExp(`^(\\s*)(${REFUSED.join('|')})(?:\\s*=\\s*|\\s+)(.*)$`, 'i');
/** What follows a `Match` is not for everybody, and what is included elsewhere says who knows what. */
const ELSEWHERE = /^\s*(?:match|include)\b/i;
const INCLUDE = /^\s*include\s+"?\/etc\/ssh\/sshd_config\.d\/\*(?:\.conf)?"?\s*(?:#.*)?$/i;

/** A file of sshd_config.d that says it for everybody. */
export const DROP_IN_TEXT = REFUSED.map((keyword) => `${keyword} no\n`).join('');

/** A text of sshd_config(5) in which no line allows it, not even in a `Match` block. */
export function withoutPermits(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, indent = '', keyword, value = ''] = SETTING.exec(line) ?? [];
      if (keyword === undefined || /^"?no"?\s*(?:#.*)?$/i.test(value)) return line;
      return `${indent}${keyword} no`;
    })
    .join('\n');
}

/** Whether the drop-ins are read before a setting of the file's own: the first one counts. */
export function readsDropIns(text: string): boolean {
  for (const line of text.split('\n')) {
    if (INCLUDE.test(line)) return true;
    if (ELSEWHERE.test(line)) return false;
  }
  return false;
}

/** With both said for everybody, on top, where they are not. */
export function withRefusals(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => ELSEWHERE.test(line));
  const global = lines.slice(0, end < 0 ? lines.length : end);
  const said = global.map((line) => SETTING.exec(line)?.[2]?.toLowerCase());
  const missing = REFUSED.filter((keyword) => !said.includes(keyword.toLowerCase()));
  return [...missing.map((keyword) => `${keyword} no`), ...lines].join('\n');
}
