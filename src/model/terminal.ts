// biome-ignore-all lint/suspicious/noControlCharactersInRegex: control characters are the subject

/**
 * Text from a guest or a job, made safe to show: whatever it holds, no terminal acts on it.
 *
 * Complete escape sequences (colours, cursor moves, window titles) are taken out, because they are
 * noise in a log. Every control character that is left is shown as its picture (`␛`, `␇`), so
 * nothing is hidden and a cut-off sequence cannot be completed by what is printed after it. Tabs
 * stay. Characters that turn the direction of text around become `�`.
 */
export function neutralise(text: string): string {
  const end = lengthWithoutReturns(text);
  const line = end === text.length ? text : text.slice(0, end);
  return suspicious.test(line) ? line.replace(sequenceOrControl, picture) : line;
}

/** Serial consoles end a line in CR LF or CR CR LF; whoever splits lines leaves the CRs. */
function lengthWithoutReturns(text: string): number {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x0d) end -= 1;
  return end;
}

const suspicious =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

// One pass, and every alternative ends at the next ESC at the latest: time is linear in the text,
// and taking a sequence out cannot form a new one.
const sequenceOrControl =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]+[0-~]|\u001b[0-OQ-WYZ\\`-~]|[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function picture(match: string): string {
  if (match.length > 1) return '';
  const code = match.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
