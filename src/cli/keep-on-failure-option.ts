import { InvalidArgumentError, Option } from 'commander';

/** As long as it takes to notice, and to look. */
const DEFAULT_SECONDS = 600;

const MOST = 2_147_483;

/** In the place of `domain keep-on-failure`. */
export function keepOnFailureOption(): Option {
  const flags = '--keep-on-failure [seconds]';
  const about = `keep a failed domain so long, to look into it (${DEFAULT_SECONDS} where it is not said)`;
  return new Option(flags, about).preset(String(DEFAULT_SECONDS)).argParser((value) => {
    const seconds = Number(value);
    if (Number.isSafeInteger(seconds) && seconds > 0 && seconds <= MOST) return seconds;
    throw new InvalidArgumentError(`It is no number of seconds from 1 to ${MOST}.`);
  });
}
