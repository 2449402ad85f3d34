export { sweepTemporaries as sweepLeftBuilds } from '../system/cache-entry.ts';
