import type { ImageUser } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import { nearestWord } from '../../model/nearest-word.ts';

/** Groups whose members may become root: of Debian, of old Ubuntus, of others. */
const ADMINISTRATORS = ['sudo', 'admin', 'wheel'];

export function accountError(stanza: string, problem: string, hint: string): DomstartError {
  return new DomstartError('job-invalid', `\`${stanza}\`: ${problem}`, { hint });
}

export function noGroup(user: ImageUser, group: string, known: readonly string[]): DomstartError {
  return accountError(
    `image user ${[user.name, ...user.groups].join(' ')}`,
    `there is no group ${group} in /etc/group of the image`,
    groupHint(group, known),
  );
}

function groupHint(group: string, known: readonly string[]): string {
  const administrators = ADMINISTRATORS.find((name) => known.includes(name));
  if (ADMINISTRATORS.includes(group) && administrators !== undefined) {
    return `its group of administrators is ${administrators}`;
  }
  const near = nearestWord(group, known);
  return near === undefined
    ? `make it in \`image script\` (addgroup --system ${group}), or install what makes it`
    : `did you mean ${near}?`;
}

export function noUser(user: string, users: readonly string[]): DomstartError {
  const near = nearestWord(user, users);
  return accountError(
    `image password ${user}`,
    `there is no user ${user} in /etc/passwd of the image`,
    near === undefined ? `\`image user ${user}\` makes one` : `did you mean ${near}?`,
  );
}
