// Loaded into the daemon under test with --import: kills it at its TORTURE_STEP-th step. A step is
// what touches the disk for the spool or its journal; each counts twice, before it is done and after.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import sqlite from 'node:sqlite';

const wanted = Number(process.env.TORTURE_STEP ?? 0);
let count = 0;

function step() {
  count += 1;
  if (count === wanted) process.kill(process.pid, 'SIGKILL');
}

if (wanted > 0) {
  const { exec } = sqlite.DatabaseSync.prototype;
  sqlite.DatabaseSync.prototype.exec = function (sql) {
    const isCommit = /^\s*COMMIT/i.test(sql);
    if (isCommit) step();
    const result = exec.call(this, sql);
    if (isCommit) step();
    return result;
  };
  for (const name of ['rename', 'rm', 'rmdir', 'unlink', 'mkdir', 'writeFile']) {
    const original = fs.promises[name];
    fs.promises[name] = async (...args) => {
      step();
      const result = await original.apply(fs.promises, args);
      step();
      return result;
    };
  }
  syncBuiltinESMExports();
}
