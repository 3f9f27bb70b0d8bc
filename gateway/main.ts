// The entry point of the `tributary` command.

import { runProgram } from "./cli/program.ts";

await runProgram(process.argv);
