import type { Command } from 'commander';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { commandWords } from './completion/words.ts';
import { zshCompletion } from './completion/zsh.ts';
import { EXIT } from './exit-codes.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** `domstart completion SHELL`: prints what that shell needs to complete our words. */
export function completion(shell: Shell, program: Command): number {
  process.stdout.write(SCRIPTS[shell](commandWords(program)));
  return EXIT.ok;
}
