#!/usr/bin/env node
import { runProgram } from "./program.ts";

/** 128 + SIGPIPE: what a program ends with whose reader has gone, as in `lanegrad … | head`. */
const BROKEN_PIPE = 141;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(BROKEN_PIPE);
  throw error;
});
process.exitCode = await runProgram(process.argv.slice(2));
