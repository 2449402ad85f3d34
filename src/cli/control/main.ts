import { control } from './control.ts';
import { speakerOf } from './speaker.ts';

// Built, this is one file by itself: each file costs the start of a script's command a millisecond.
const question = speakerOf(process.argv.slice(2));
if (question !== undefined) process.exitCode = await control(question.typed, question.speaker);
