import { DomstartError } from '../../model/errors.ts';
import { nearestWord } from '../../model/nearest-word.ts';

/** Groups whose members may become root: of Debian, of old Ubuntus, of others. */
const ADMINISTRATORS = ['sudo', 'admin', 'wheel'];

export function accountError(stanza: string, problem: string, hint: string): DomstartError {
  return new DomstartError('job-invalid', `\`${stanza}\`: ${problem}`, { hint });
}

export function noGroup(user: string, group: string, groups: readonly string[]): DomstartError {
  const near = ADMINISTRATORS.includes(group)
    ? ADMINISTRATORS.find((name) => groups.includes(name))
    : nearestWord(group, groups);
  return accountError(
    `image user ${user} … ${group}`,
    `there is no group ${group} in /etc/group of the image`,
    near === undefined
      ? `make it in \`image script\` (addgroup --system ${group}), or install what makes it`
      : `the group that is there is ${near}`,
  );
}

export function noUser(user: string, users: readonly string[]): DomstartError {
  const near = nearestWord(user, users);
  return accountError(
    `image password ${user}`,
    `there is no user ${user} in /etc/passwd of the image`,
    near === undefined ? `\`image user ${user}\` makes one` : `did you mean ${near}?`,
  );
}
